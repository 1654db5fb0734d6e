"""How well `prepare` finds the thing in a photo, and how near its fills are to the thing's colours.

Renders with a known mask are laid on grounds cut out of real photos' corners, in many sizes and
places, some touching the border; a quarter of them is drained of colour. Neither these renders nor
these photos are among those of `training/prepare/composites.py`.

    python -m tests.benchmarks.sketch_masks THINGS GROUNDS --count 300 --sheet sheet.png

THINGS is a folder of pictures with transparent parts, or a dataset's name; GROUNDS one of photos.
"""

import time
from pathlib import Path

import cv2
import numpy as np
import tyro
from PIL import Image

from training.data.photos import decode, load_photo
from training.prepare.composites import listed
from training.prepare.sketches.colours import flatten, to_lab
from training.prepare.sketches.drawing import Drawing
from training.prepare.sketches.scene import WORK, analyse

SIZE = 256
GREY = 0.25  # Share of things that are drained of colour.


def composed(
    thing: Image.Image, ground: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A thing on a ground: the picture, uint8 [SIZE, SIZE, 3], and its mask."""
    side = SIZE // 4
    row, column = rng.choice([0, SIZE - side], 2)
    corner = ground[row : row + side, column : column + side]
    behind = cv2.resize(corner, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    cut = thing.crop(thing.getchannel("A").getbbox())
    scale = rng.uniform(0.4, 0.95) * SIZE / max(cut.size)
    cut = cut.resize((max(1, round(cut.width * scale)), max(1, round(cut.height * scale))))
    free = np.array([SIZE - cut.width, SIZE - cut.height])
    over = 0.1 if rng.random() < 0.3 else 0
    left, top = np.rint(free * rng.uniform(-over, 1 + over, 2)).astype(int)
    placed = Image.new("RGBA", (SIZE, SIZE))
    placed.paste(cut, (int(left), int(top)))
    pixels = np.asarray(placed).astype(np.float32)
    if rng.random() < GREY:
        pixels[..., :3] = pixels[..., :3].mean(axis=2, keepdims=True)
    alpha = pixels[..., 3:] / 255
    photo = pixels[..., :3] * alpha + behind * (1 - alpha)
    photo += rng.normal(0, 3, photo.shape)
    return np.rint(photo).clip(0, 255).astype(np.uint8), pixels[..., 3] > 127


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """CIEDE2000 between colours in Lab [..., 3] (Sharma, Wu and Dalal, 2005)."""
    l1, a1, b1 = np.moveaxis(one.astype(float), -1, 0)
    l2, a2, b2 = np.moveaxis(other.astype(float), -1, 0)
    c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(c7 / (c7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where(c1 * c2 == 0, 0, turn)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rc = 2 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    rotation = -rc * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    parts = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return np.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2])


def main(
    things: Path,
    grounds: Path,
    /,
    count: int = 300,
    seed: int = 0,
    plants: bool = False,
    sheet: Path | None = None,
) -> None:
    """Print the figures of `count` composed photos; the worst 64 are on `sheet`."""
    renders, photos = listed(things, grounds, held_out=True)
    rng = np.random.default_rng(seed)
    rows: list[tuple] = []
    seconds = 0.0
    for place in rng.choice(len(renders), count, replace=count > len(renders)):
        ground = load_photo(photos[rng.integers(len(photos))], SIZE)
        photo, truth = composed(decode(renders[place], SIZE).convert("RGBA"), ground, rng)
        start = time.perf_counter()
        scene = analyse(photo, plants=plants)
        seconds += time.perf_counter() - start
        small = cv2.resize(truth.astype(np.float32), (WORK, WORK), interpolation=cv2.INTER_AREA)
        small = small > 0.5
        overlap = (scene.thing & small).sum() / max(1, (scene.thing | small).sum())
        pixels = scene.image[small].astype(int)
        grey = np.ptp(np.median(pixels, axis=0)) < 24 if len(pixels) else False
        drawing = Drawing(scene, np.random.default_rng([seed, len(rows)]))
        _, truly = flatten(scene.image, small, 1, lit=False)
        fill = difference(to_lab(drawing.main[None].astype(np.uint8)), to_lab(truly[:1]))[0]
        rows.append((overlap, grey, fill, photo, small, scene.thing))
    overlaps = np.array([row[0] for row in rows])
    greys = np.array([row[1] for row in rows])
    fills = np.array([row[2] for row in rows])
    print(
        f"{count} things: IoU {overlaps.mean():.3f} (median {np.median(overlaps):.3f}), "
        f"grey ones ({greys.sum()}) {overlaps[greys].mean():.3f}, "
        f"under 0.5 {(overlaps < 0.5).mean():.1%}, fills {np.mean(fills):.1f} CIEDE2000 "
        f"(median {np.median(fills):.1f}), "
        f"{1000 * seconds / count:.0f} ms a photo"
    )
    if sheet:
        order = np.argsort(overlaps)[:64]
        cells = [[_cell(*rows[k][3:]) for k in order[n : n + 8]] for n in range(0, len(order), 8)]
        Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in cells])).save(sheet)


def _cell(photo: np.ndarray, truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    small = cv2.resize(photo, (WORK, WORK), interpolation=cv2.INTER_AREA)
    marked = np.where(found[..., None], small, small // 5)
    marked[truth & ~found] = (255, 0, 0)
    marked[found & ~truth] = (0, 255, 255)
    return np.concatenate([small, marked], axis=1)


if __name__ == "__main__":
    tyro.cli(main)
