"""What finds the thing in a photo: the pictures that it learned from, and what it finds."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.benchmarks.sketch_masks import difference
from training.data.datasets import Dataset
from training.prepare.composites import LEAST, MOST, listed, main
from training.prepare.sketches.scene import WORK, analyse

SIZE = 64


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Ten cut-outs, and ten photos of something on a ground."""
    things, photos = (tmp_path_factory.mktemp(name) for name in ("things", "photos"))
    rng = np.random.default_rng(0)
    for number in range(10):
        image = Image.new("RGBA", (64, 64))
        shape = tuple(rng.integers(2, 20, 2)) + tuple(rng.integers(40, 62, 2))
        ImageDraw.Draw(image).ellipse(shape, fill=(*rng.integers(0, 256, 3), 255))
        image.save(things / f"{number}.png")
        Image.fromarray(rng.integers(90, 160, (80, 90, 3), np.uint8)).save(photos / f"{number}.png")
    return things, photos


def test_what_is_held_out_is_of_other_things_on_other_grounds(folders):
    things, photos = folders
    for trained_on, held_out in zip(
        listed(things, photos, held_out=False), listed(things, photos, held_out=True), strict=True
    ):
        assert (len(trained_on), len(held_out)) == (8, 2) and not set(trained_on) & set(held_out)


def test_a_dataset_of_photos_and_masks_opens_and_is_always_the_same(folders, tmp_path):
    for name in ("one", "two"):
        main(folders[0], folders[1], tmp_path / name, count=8, size=SIZE, seed=1, found=4)
    one, two = (Dataset.open(tmp_path / name) for name in ("one", "two"))
    assert (len(one.train), len(one.test), one.size) == (12, 1, SIZE)
    assert one.train.fingerprint() == two.train.fingerprint()
    photos, masks = one.train.load()
    white = masks.mean(axis=3) > 127
    assert (LEAST * 0.9 < white.mean(axis=(1, 2))).all()
    assert (white.mean(axis=(1, 2)) < MOST * 1.1).all()
    assert np.minimum(masks, 255 - masks).mean() < 4, "a mask is black and white"
    assert np.std(photos.reshape(12, -1), axis=1).min() > 1


def test_photos_as_they_are_come_with_what_is_found_in_them(tmp_path):
    for folder in ("things", "photos"):
        (tmp_path / folder).mkdir()
    cut_out = Image.new("RGBA", (64, 64))
    ImageDraw.Draw(cut_out).ellipse((8, 8, 56, 56), fill=(200, 30, 30, 255))
    for number in range(6):
        cut_out.save(tmp_path / "things" / f"{number}.png")
        photo = ground(np.random.default_rng(number), (176, 140, 104))
        ImageDraw.Draw(photo).ellipse((60, 60, 200, 200), fill=(40, 60, 160))
        photo.save(tmp_path / "photos" / f"{number}.png")
    main(
        *(tmp_path / name for name in ("things", "photos", "pairs")),
        **{"count": 8, "size": SIZE, "found": 8},
    )
    photos, masks = (x[8:].astype(int) for x in Dataset.open(tmp_path / "pairs").train.load())
    blue = photos[..., 2] > photos[..., 0]
    white = masks.mean(axis=3) > 127
    assert ((blue & white).sum((1, 2)) / (blue | white).sum((1, 2)) > 0.85).all()


def ground(rng: np.random.Generator, colour: tuple[int, int, int]) -> Image.Image:
    """A plain ground with light from one side and a little noise."""
    light = np.linspace(-14, 14, 256)[:, None, None]
    pixels = np.array(colour) + light + rng.normal(0, 4, (256, 256, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("at_border", [False, True])
@pytest.mark.parametrize(
    "colour", [(150, 150, 150), (70, 110, 60), (40, 40, 46), (235, 235, 230)], ids=str
)
def test_what_lies_on_a_ground_is_found_to_its_edge_grey_green_or_at_the_border(colour, at_border):
    photo = ground(np.random.default_rng(3), (176, 140, 104))
    corners = [(80, 60), (176, 60), (236, 120), (204, 150), (180, 126), (180, 214), (76, 214)]
    corners += [(76, 126), (52, 150), (20, 120)]
    if at_border:
        corners = [(x, 2 * y - 172) for x, y in corners]  # A coat that goes beyond the picture.
    ImageDraw.Draw(photo).polygon(corners, fill=colour)
    truth = Image.new("L", (256, 256))
    ImageDraw.Draw(truth).polygon(corners, fill=255)
    wanted = np.asarray(truth.resize((WORK, WORK), Image.Resampling.BOX)) > 127
    found = analyse(np.asarray(photo)).thing
    assert (found & wanted).sum() / (found | wanted).sum() > 0.97


@pytest.mark.parametrize(
    "one, other, expected",
    [  # Of the pairs published with the formula (Sharma, Wu and Dalal, 2005).
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_of_colours_is_the_published_one(one, other, expected):
    assert difference(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)
