"""Photos whose thing is known to the pixel: cut-outs, and pieces of cloth, laid on real grounds.

What finds the thing in a photo (`sketches/things.tflite`) learned from these, and is measured on
them. As pairs for `fit pix2pix`, photo to mask:

    python -m training.prepare.composites fluent-emoji ../shared/data/clothes data/things
"""

from pathlib import Path

import cv2
import numpy as np
import tyro
from PIL import Image, ImageOps
from tqdm import tqdm

from training.data.found import find_photos
from training.data.known import SOURCES
from training.data.pairs import SIDES, SPLITS
from training.data.photos import decode, load_photo
from training.files import write_image
from training.prepare.prepare import located
from training.prepare.sketches.scene import WORK, thing_mask
from training.prepare.sources import find_sources

GREY = 0.3  # Share of things that are drained of colour.
TWO = 0.1  # Share of pictures in which the thing lies twice, as shoes do.
SHARP = 0.6  # Share of grounds that are not enlarged.
TINTED = 0.3  # Share of pictures whose colours are others, of the thing and of the ground.
GAINS = (0.6, 1.4)  # What red, green and blue are multiplied by then.
LEAST, MOST = 0.04, 0.92  # Shares of a picture that its thing may take.
HELD_OUT = 5  # Every so many-th cut-out and ground is not trained on.


def main(
    things: Path,
    grounds: Path,
    dataset: Path,
    /,
    count: int = 8000,
    size: int = 128,
    seed: int = 0,
    found: int = 0,
) -> None:
    """Write a dataset of photos and masks.

    Args:
        things: Folder of pictures with transparent parts, or a dataset's name.
        grounds: Folder of photos, from whose corners grounds are cut, and from whose middles cloth.
        dataset: Folder to write.
        count: Pairs to train on; an eighth as many are held out, of other things and grounds.
        size: Side in px.
        seed: Decides everything.
        found: Pairs to train on beside these: photos as they are, with what `prepare` finds there.
            Most of that is right, and what learns from it may overrule the rest.
    """
    for split in SPLITS:
        rng = np.random.default_rng([seed, SPLITS.index(split)])
        cut_outs, photos = listed(things, grounds, held_out=split == "test")
        composed = count if split == "train" else count // 8
        for number in tqdm(range(composed + (found if split == "train" else 0)), desc=split):
            mask = np.zeros((1, 1))
            while not LEAST < mask.mean() < MOST:
                if number < composed:
                    photo, mask = compose(cut_outs, photos, size, rng)
                else:
                    photo, mask = _found(photos[rng.integers(len(photos))], size, rng)
            pair = photo, np.repeat(255 * mask[..., None].astype(np.uint8), 3, axis=2)
            for side, pixels in zip(SIDES, pair, strict=True):
                path = dataset / split / side / f"{number:05d}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                write_image(path, Image.fromarray(pixels))


def listed(things: Path, grounds: Path, held_out: bool) -> tuple[list[Path], list[Path]]:
    """The files of cut-outs and of photos that are held out, or those that are not."""
    named = str(things) if str(things) in SOURCES else ""
    folder = located(things)
    files = find_sources(folder, Path("-"), "photos", named).files
    cut_outs = [folder / files[source][0] for source in sorted(files)]
    chosen = [
        [path for place, path in enumerate(paths) if (place % HELD_OUT == 0) == held_out]
        for paths in (cut_outs, [grounds / name for name in find_photos(grounds)])
    ]
    return chosen[0], chosen[1]


def compose(
    cut_outs: list[Path], photos: list[Path], size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A thing on a ground: the picture, uint8 [size, size, 3], and where the thing is, boolean."""
    photo = load_photo(photos[rng.integers(len(photos))], 256)
    ground = _ground(photo, size, rng)
    cut_out = decode(cut_outs[rng.integers(len(cut_outs))], 256)
    pixels = _placed(cut_out, size, rng)
    if rng.random() < TWO:
        other = _placed(ImageOps.mirror(cut_out), size, rng)
        pixels = np.where(other[..., 3:] > pixels[..., 3:], other, pixels)
    alpha = pixels[..., 3] / 255
    thing = pixels[..., :3]
    if rng.random() < 0.45:
        cloth = load_photo(photos[rng.integers(len(photos))], 256)
        thing = _cloth(cloth, alpha, size, rng)
    if rng.random() < GREY:
        thing = np.repeat(thing.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < TINTED:
        ground = ground * rng.uniform(*GAINS, 3)
        thing = thing * rng.uniform(*GAINS, 3)
    if rng.random() < 0.4:  # Little contrast.
        share = rng.uniform(0.2, 0.7)
        thing = thing * (1 - share) + share * ground.mean(axis=(0, 1)) + rng.normal(0, 12, 3)
    if rng.random() < 0.5:
        right, down = (int(step) for step in rng.integers(-size // 20, size // 20 + 1, 2))
        moved = np.roll(alpha, (down, right), (0, 1)).astype(np.float32)
        shadow = cv2.GaussianBlur(moved, (0, 0), rng.uniform(1, size / 16))
        ground = ground * (1 - rng.uniform(0.1, 0.6) * shadow[..., None])
    composed = thing * alpha[..., None] + ground * (1 - alpha[..., None])
    composed = composed * rng.uniform(0.75, 1.15) + rng.normal(0, rng.uniform(0, 5), composed.shape)
    if rng.random() < 0.3:
        composed = cv2.GaussianBlur(composed, (0, 0), rng.uniform(0.4, 1.2))
    return np.rint(composed).clip(0, 255).astype(np.uint8), alpha > 0.5


def _found(path: Path, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A part of a photo, in colours of its own or others, and what `prepare` finds in the whole."""
    photo = load_photo(path, 256)
    small = cv2.resize(photo, (WORK, WORK), interpolation=cv2.INTER_AREA)
    mask = cv2.resize(thing_mask(small).astype(np.float32), photo.shape[1::-1])
    side = int(256 * rng.uniform(0.7, 1))
    top, left = rng.integers(257 - side, size=2)
    pair = np.dstack([photo, 255 * mask])[top : top + side, left : left + side]
    pair = cv2.resize(pair, (size, size), interpolation=cv2.INTER_AREA)
    gains = rng.uniform(*GAINS, 3) if rng.random() < TINTED else np.ones(3)
    return np.rint(pair[..., :3] * gains).clip(0, 255).astype(np.uint8), pair[..., 3] > 127


def _ground(photo: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A corner of a photo, where the thing hardly ever is: float32 [size, size, 3].

    Enlarged to the whole picture, which makes it soft, or beside its own mirror images, as sharp
    as the thing. Else what is sharp would be the thing.
    """
    side = int(len(photo) * rng.uniform(0.12, 0.28))
    row, column = rng.choice([0, len(photo) - side], 2)
    corner = np.ascontiguousarray(
        np.rot90(photo[row : row + side, column : column + side], rng.integers(4))
    )
    if rng.random() > SHARP:
        ground = cv2.resize(corner, (size, size), interpolation=cv2.INTER_CUBIC)
        return ground.astype(np.float32)
    side = int(size * rng.uniform(0.2, 0.6))
    ground = cv2.resize(corner, (side, side), interpolation=cv2.INTER_AREA)
    left, top = rng.integers(side, size=2)
    beyond = (top, size - top), (left, size - left), (0, 0)
    return np.pad(ground, beyond, "symmetric")[:size, :size].astype(np.float32)


def _placed(image: Image.Image, size: int, rng: np.random.Generator) -> np.ndarray:
    """A cut-out in any size and place, float32 RGBA [size, size, 4], the larger ones cut off."""
    image = image.convert("RGBA")
    cut = image.crop(image.getchannel("A").getbbox() or (0, 0, *image.size))
    if rng.random() < 0.3:
        cut = cut.rotate(rng.uniform(-180, 180), Image.Resampling.BILINEAR, expand=True)
    longest = size * (rng.uniform(0.35, 1) if rng.random() < 0.5 else rng.uniform(0.9, 1.6))
    wide = rng.uniform(0.8, 1.25)
    sides = np.array([cut.width * wide, cut.height])
    width, height = np.maximum(1, np.rint(sides * longest / sides.max())).astype(int)
    cut = cut.resize((int(width), int(height)), Image.Resampling.BILINEAR, reducing_gap=2.0)
    left, top = (
        int(round((size - side) * rng.uniform(*(0, 1) if rng.random() < 0.6 else (-0.3, 1.3))))
        for side in cut.size
    )
    placed = Image.new("RGBA", (size, size))
    placed.paste(cut, (left, top))
    return np.asarray(placed).astype(np.float32)


def _cloth(photo: np.ndarray, alpha: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """The middle of a photo, where something lies, as if cut into the shape of `alpha`."""
    side = int(len(photo) * rng.uniform(0.25, 0.5))
    row, column = ((len(photo) - side) // 2 + rng.integers(-30, 31, 2)).clip(0, len(photo) - side)
    piece = photo[row : row + side, column : column + side]
    cloth = cv2.resize(piece, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    coarse = rng.normal(1, 0.15, (5, 5)).astype(np.float32)
    light = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    inside = cv2.GaussianBlur(alpha.astype(np.float32), (0, 0), size / 24)
    edge = 1 - rng.uniform(0, 0.4) * (1 - np.clip(2 * inside - 1, 0, 1))
    return cloth * (light * edge)[..., None]


if __name__ == "__main__":
    tyro.cli(main)
