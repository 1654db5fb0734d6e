"""Pairs as people have them: names nearly the same, sides of any shape, either direction."""

import contextlib
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.prepared import photo, places, run
from training.data.datasets import Dataset
from training.data.pairs import match_names, read_pair
from training.data.photos import UnreadablePhoto
from training.data.side_by_side import shapes_of, split_halves
from training.errors import UserError

RED, BLUE = (200, 30, 40), (20, 60, 220)


def write(folder: Path, inputs: list[str], targets: list[str]) -> tuple[Path, Path]:
    for side, names, colour in (("input", inputs, RED), ("target", targets, BLUE)):
        for name in names:
            path = folder / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (48, 48), colour).save(path)
    return folder / "input", folder / "target"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.png", "a.png"),
        ("a.png", "a.jpg"),
        ("a.JPG", "a.jpg"),
        ("Rose.png", "rose.PNG"),
        ("001_A.png", "001_B.jpg"),
        ("001-b.png", "001-a.png"),
        ("rose/1.png", "rose/1.jpg"),
        (unicodedata.normalize("NFC", "café.png"), unicodedata.normalize("NFD", "café.png")),
    ],
)
def test_names_that_people_take_for_the_same_are_the_same(tmp_path, one, other):
    sides = write(tmp_path, [one, "x_a.png"], [other, "x_a.png"])  # Equal names come first.
    [first, second] = match_names(*sides)
    assert first == (one, other)
    assert second[0] == "x_a.png"


def test_names_of_which_two_could_be_meant_are_left_over(tmp_path):
    sides = write(tmp_path, ["a.png", "a.jpg", "b.png"], ["a.webp", "b.png"])
    with pytest.raises(UserError, match="only one of them has a.jpg, a.png, a.webp"):
        match_names(*sides)
    assert [name for name, _ in match_names(*sides, strict=False)] == ["b.png"]


def test_sides_of_another_shape_do_not_lie_on_each_other(tmp_path):
    Image.new("RGB", (96, 96), RED).save(tmp_path / "a.png")
    Image.new("RGB", (160, 96), BLUE).save(tmp_path / "b.png")
    with pytest.raises(UnreadablePhoto, match=r"differ in shape \(96x96 and 160x96\)"):
        read_pair((tmp_path / "a.png", tmp_path / "b.png"), 64)
    Image.new("RGB", (321, 192), BLUE).save(tmp_path / "c.png")  # As a resize may round.
    one, other = read_pair((tmp_path / "b.png", tmp_path / "c.png"), 64)
    assert one.shape == other.shape == (64, 64, 3)


def picture(width: int, height: int, seed: int) -> Image.Image:
    """Some discs before a ground of its own colour."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), tuple(rng.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(5):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(8, height / 3)
        colour = tuple(rng.integers(0, 256, 3).tolist())
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image


def in_a_row(*pictures: Image.Image) -> Image.Image:
    row = Image.new("RGB", (sum(each.width for each in pictures), pictures[0].height))
    left = 0
    for each in pictures:
        row.paste(each, (left, 0))
        left += each.width
    return row


@pytest.mark.parametrize(
    ("width", "height"), [(96, 96), (96, 144), (60, 160), (160, 96), (96, 104)]
)
@pytest.mark.parametrize("seed", range(4))
def test_halves_of_any_shape_are_cut_apart(width, height, seed):
    left, right = (picture(width, height, 2 * seed + side) for side in range(2))
    halves = split_halves(in_a_row(left, right))
    assert [each.tobytes() for each in halves] == [left.tobytes(), right.tobytes()]


def test_halves_on_one_white_ground_are_cut_apart():
    left = Image.new("RGB", (96, 96), "white")
    right = left.copy()
    for each in (left, right):
        ImageDraw.Draw(each).ellipse((20, 20, 70, 70), outline="black")
    assert split_halves(in_a_row(left, right))[0].size == (96, 96)


@pytest.mark.parametrize("seed", range(4))
def test_one_picture_alone_and_three_in_a_row_are_refused(seed):
    for image in (
        picture(96, 96, seed),
        picture(160, 96, seed),
        in_a_row(*(picture(96, 96, 3 * seed + n) for n in range(3))),
    ):
        with pytest.raises(UnreadablePhoto, match="expected two pictures side by side"):
            split_halves(image)


def on_paper(width: int, height: int, seed: int, filled: bool) -> Image.Image:
    """Some discs on white, outlined or filled, which its borders may cut."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(1, 5)):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(5, height / 4)
        colour = tuple(rng.integers(0, 220, 3).tolist())
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=colour if filled else None, outline=None if filled else "black")
    return image


def of_one_folder(folder: Path, images: list[Image.Image]) -> list[Image.Image]:
    """Those that are taken apart, where the whole folder decides."""
    folder.mkdir(exist_ok=True)
    for number, image in enumerate(images):
        image.save(folder / f"{number}.png")
    shapes, two = shapes_of(sorted(folder.iterdir())), []
    for image in images:
        with contextlib.suppress(UnreadablePhoto):
            split_halves(image, shapes)
            two.append(image)
    return two


@pytest.mark.parametrize(("width", "height"), [(128, 128), (96, 144), (96, 104), (160, 96)])
@pytest.mark.parametrize("same", [True, False])
def test_a_folder_of_pairs_on_white_paper_is_one(tmp_path, width, height, same):
    """An outline may have its edges anywhere, and in the middle there may be nothing."""
    images = []
    for seed in range(60):
        left = on_paper(width, height, seed, filled=False)
        right = on_paper(width, height, seed if same else 100 + seed, filled=True)
        images.append(in_a_row(left, right))
    assert of_one_folder(tmp_path / "pairs", images) == images


@pytest.mark.parametrize(("width", "height"), [(192, 144), (96, 96), (160, 96)])
def test_a_folder_of_single_pictures_or_of_three_in_a_row_is_refused(tmp_path, width, height):
    singles = [on_paper(width, height, seed, filled=True) for seed in range(40)]
    assert of_one_folder(tmp_path / "singles", singles) == []
    threes = [
        in_a_row(*(on_paper(96, 96, 3 * seed + n, filled=True) for n in range(3)))
        for seed in range(40)
    ]
    assert of_one_folder(tmp_path / "threes", threes) == []


def test_a_stray_among_pairs_is_refused_by_itself(tmp_path):
    pairs = [in_a_row(*(picture(96, 144, 2 * n + side) for side in range(2))) for n in range(9)]
    stray = picture(96, 96, 50)
    assert of_one_folder(tmp_path / "some", [*pairs, stray]) == pairs


def mean(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).mean(axis=(0, 1))


@pytest.mark.parametrize("layout", ["pairs", "ab"])
@pytest.mark.parametrize("direction", ["ab", "ba"])
def test_prepare_takes_either_side_for_the_input(tmp_path, layout, direction):
    names = [f"{number}.png" for number in range(4)]
    sides = write(tmp_path / "data", names, names)
    if layout == "ab":
        for name in names:
            row = in_a_row(*(Image.open(side / name) for side in sides))
            row.save(tmp_path / "data" / name)
        for side in sides:
            side.rename(tmp_path / side.name)
    run(tmp_path / "data", tmp_path / "out", layout=layout, direction=direction)
    [first, *_] = sorted((tmp_path / "out" / "train" / "input").iterdir())
    expected = RED if direction == "ab" else BLUE
    assert np.abs(mean(first) - expected).max() < 8
    with pytest.raises(UserError, match=f"prepared with direction {direction}"):
        other = "ba" if direction == "ab" else "ab"
        run(tmp_path / "data", tmp_path / "out", layout=layout, direction=other)


def test_fit_takes_either_side_for_the_input(tmp_path):
    names = ["a.png", "b.png"]
    for split in ("train", "test"):
        write(tmp_path / split, names, names)
    there, back = (Dataset.open(tmp_path, direction=direction) for direction in ("ab", "ba"))
    for one, other in zip(there.train.load(), back.train.load()[::-1], strict=True):
        np.testing.assert_array_equal(one, other)
    assert there.train.fingerprint() != back.train.fingerprint()


@pytest.mark.parametrize(
    "names", [("train", "valid"), ("train", "validation"), ("Train", "Test"), ("TRAIN", "Val")]
)
def test_other_names_of_a_split_are_known(tmp_path, names):
    train, held_out = names
    for folder, count in ((train, 4), (held_out, 3)):
        photos = [f"{number}.png" for number in range(count)]
        write(tmp_path / "data" / folder, photos, photos)
    dataset = Dataset.open(tmp_path / "data")
    assert (len(dataset.train), len(dataset.test)) == (4, 3)
    info = run(tmp_path / "data", tmp_path / "out", layout="pairs")
    assert info["counts"] == {"train": 4, "test": 3}


@pytest.mark.parametrize(
    ("folders", "held_out"), [(["train", "val"], 3), (["train", "test", "val"], 2)]
)
def test_val_is_held_out_where_there_is_no_test(tmp_path, folders, held_out):
    for folder, count in zip(folders, ([4, 3] if len(folders) == 2 else [4, 2, 3]), strict=True):
        names = [f"{number}.png" for number in range(count)]
        write(tmp_path / folder, names, names)
    assert len(Dataset.open(tmp_path).test) == held_out


def test_a_target_that_is_damaged_is_named(tmp_path):
    names = ["a.png", "b.png", "c.png"]
    _, targets = write(tmp_path / "data" / "train", names, names)
    (targets / "b.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"train/target/b.png: not a picture"):
        Dataset.open(tmp_path / "data").train.load()
    info = run(tmp_path / "data" / "train", tmp_path / "out", layout="pairs")
    assert info["skipped"]["b.png"].startswith("its target target/b.png: not a picture")


def test_what_is_no_picture_is_counted_beside_pairs_too(tmp_path):
    names = ["a.png", "b.png"]
    for side in write(tmp_path / "data", names, names):
        (side / "extra.svg").touch()
    (tmp_path / "data" / "input" / "raw.cr2").touch()
    info = run(tmp_path / "data", tmp_path / "out", layout="pairs")
    assert info["left_out"] == {".svg": 2, ".cr2": 1}


@pytest.mark.parametrize("layout", ["photos", "pairs"])
def test_prepare_keeps_a_split_that_is_there(tmp_path, layout):
    for folder, count in (("train", 5), ("val", 4)):
        names = [f"{number}.png" for number in range(count)]
        if layout == "pairs":
            write(tmp_path / "data" / folder, names, names)
        else:
            for number, name in enumerate(names):
                photo(tmp_path / "data" / folder / name, number)
    info = run(tmp_path / "data", tmp_path / "out", layout=layout)
    assert info["counts"] == {"train": 5, "test": 4}
    for source, (split, _) in places(tmp_path / "out").items():
        assert source.startswith("train/" if split == "train" else "val/")
