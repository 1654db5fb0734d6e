"""`prepare` on small folders: what it writes, and what it does not do twice."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.prepared import SIZE, contents, discs, photo, places, run
from training.__main__ import main
from training.data.datasets import Dataset
from training.data.photos import load_photo
from training.errors import UserError
from training.prepare.background import focus_on_drawn
from training.prepare.sketches import SKETCHES
from training.prepare.sketches.scene import analyse
from training.prepare.update import place_in_split
from training.prepare.workers import source_rng


@pytest.fixture
def photos(tmp_path) -> Path:
    return discs(tmp_path / "photos")


def test_writes_a_dataset_that_opens(photos, tmp_path):
    info = run(photos, tmp_path / "out", name="discs", licence="CC0")
    dataset = Dataset.open(tmp_path / "out")
    assert (dataset.name, dataset.licence, dataset.sketch) == ("discs", "CC0", "mixed")
    assert dataset.size == SIZE and info["complete"] and info["skipped"] == {}
    assert len(dataset.train) + len(dataset.test) == info["photos"] == 8
    assert info["counts"] == {"train": len(dataset.train), "test": len(dataset.test)}
    assert json.loads((tmp_path / "out" / "dataset.json").read_text()) == info
    with Image.open(tmp_path / "out" / "sheet.png") as sheet:
        assert sheet.size == (8 * 128, 2 * 128)


def test_a_pair_is_the_photo_and_its_own_sketch(photos, tmp_path):
    run(photos, tmp_path / "out", sketch="outline", seed=3, focus="all", plants="no")
    for source, place in places(tmp_path / "out").items():
        photo = load_photo(photos / source, SIZE)
        sketch = SKETCHES["outline"](analyse(photo), source_rng(3, source))
        assert distance(tmp_path / "out", place, "input", sketch) < 6, "no more than JPEG changes"
        assert distance(tmp_path / "out", place, "target", photo) < 6


def test_what_the_sketch_leaves_empty_is_out_of_focus_in_what_is_trained_on_only(photos, tmp_path):
    run(photos, tmp_path / "out", sketch="outline", seed=3, plants="no")
    sides = set()
    for source, place in places(tmp_path / "out").items():
        photo = load_photo(photos / source, SIZE)
        sketch = SKETCHES["outline"](analyse(photo), source_rng(3, source))
        soft = focus_on_drawn(analyse(photo), sketch)
        expected, other = (soft, photo) if place[0] == "train" else (photo, soft)
        near = distance(tmp_path / "out", place, "target", expected)
        assert near < 6 and near < distance(tmp_path / "out", place, "target", other)
        sides.add(place[0])
    assert sides == {"train", "test"}


def distance(dataset: Path, place: tuple[str, str], side: str, expected: np.ndarray) -> float:
    with Image.open(dataset / place[0] / side / place[1]) as image:
        return float(np.abs(np.asarray(image).astype(int) - expected).mean())


def test_the_number_of_processes_and_the_order_change_nothing(photos, tmp_path):
    for n in range(8, 24):
        photo(photos / f"{n}.png", n)
    run(photos, tmp_path / "one", processes=1)
    run(photos, tmp_path / "two", processes=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_running_it_twice_does_no_work_twice(photos, tmp_path):
    run(photos, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.jpg")}
    content = contents(tmp_path / "out")
    run(photos, tmp_path / "out")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert contents(tmp_path / "out") == content


def test_adding_photos_moves_none_and_removing_one_removes_its_pair(photos, tmp_path):
    run(photos, tmp_path / "out")
    before = places(tmp_path / "out")
    for n in range(20):
        photo(photos / "more" / f"{n}.png", 100 + n)  # the same stems in another folder
    run(photos, tmp_path / "out")
    after = places(tmp_path / "out")
    assert len(after) == 28 and after.items() >= before.items()
    assert len(set(after.values())) == 28

    split, name = after["3.png"]
    (photos / "3.png").unlink()
    assert run(photos, tmp_path / "out")["photos"] == 27
    assert not (tmp_path / "out" / split / "input" / name).exists()
    assert not (tmp_path / "out" / split / "target" / name).exists()


def test_pictures_that_a_file_names_are_left_out_and_come_back(photos, tmp_path):
    whole = run(photos, tmp_path / "out")
    sources = sorted(places(tmp_path / "out"))
    named = tmp_path / "named.txt"
    named.write_text("\n".join([*sources[:2], "none-of-these.jpg"]))
    before = places(tmp_path / "out")
    info = run(photos, tmp_path / "out", leave_out=named)
    assert (info["photos"], info["removed"]) == (whole["photos"] - 2, 2)
    assert info["left_out"] == {"named to be left out": 2}
    assert places(tmp_path / "out") == {each: before[each] for each in sources[2:]}
    assert all((photos / each).exists() for each in sources)
    assert run(photos, tmp_path / "out")["photos"] == whole["photos"]
    with pytest.raises(UserError, match="--leave-out .*nowhere.txt: cannot be read"):
        run(photos, tmp_path / "out", leave_out=tmp_path / "nowhere.txt")


def test_a_changed_photo_is_drawn_again_in_its_place(photos, tmp_path):
    run(photos, tmp_path / "out")
    before, place = contents(tmp_path / "out"), places(tmp_path / "out")["2.png"]
    photo(photos / "2.png", 77, (60, 60))
    run(photos, tmp_path / "out")
    after = contents(tmp_path / "out")
    changed = {name for name in after if after[name] != before.get(name)}
    assert places(tmp_path / "out")["2.png"] == place
    assert {name for name in changed if name.endswith(".jpg")} == {
        f"{place[0]}/{side}/{place[1]}" for side in ("input", "target")
    }


def test_a_pair_that_was_lost_is_made_again(photos, tmp_path):
    run(photos, tmp_path / "out")
    content = contents(tmp_path / "out")
    lost = sorted((tmp_path / "out").rglob("*.jpg"))
    lost[0].unlink()
    lost[-1].write_bytes(b"")  # as a power cut leaves it
    run(photos, tmp_path / "out")
    assert contents(tmp_path / "out") == content


def test_the_split_is_by_share_and_by_seed():
    names = [f"{n}.jpg" for n in range(4000)]
    held_out = np.array([[place_in_split(seed, name) < 0.05 for name in names] for seed in (0, 1)])
    assert np.abs(held_out.mean(axis=1) - 0.05).max() < 0.012
    assert (held_out[0] != held_out[1]).any()


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("share", [0.001, 0.999])
def test_both_splits_of_a_small_folder_have_a_pair_and_keep_it(tmp_path, count, share):
    for n in range(count):
        photo(tmp_path / "photos" / f"{n}.png", n)
    info = run(tmp_path / "photos", tmp_path / "out", test_share=share)
    assert min(info["counts"].values()) == 1
    before = places(tmp_path / "out")
    photo(tmp_path / "photos" / "new.png", 9)
    run(tmp_path / "photos", tmp_path / "out", test_share=share)
    assert places(tmp_path / "out").items() >= before.items()


def test_one_photo_is_enough_to_train_on(tmp_path):
    photo(tmp_path / "photos" / "only.png", 0)
    info = run(tmp_path / "photos", tmp_path / "out", test_share=0.001)
    assert info["counts"] == {"train": 1, "test": 0}


@pytest.mark.parametrize(
    "options, message",
    [
        ({"size": 100}, "--size 100: expected a multiple of 32"),
        ({"size": 16}, "--size 16"),
        ({"focus": "none"}, "--focus none: expected one of drawn, all"),
        ({"sketch": "oil"}, "--sketch oil: expected one of blobs, outline, mixed"),
        ({"layout": "abc"}, "--layout abc"),
        ({"test_share": 1.0}, "--test-share 1.0"),
        ({"processes": 0}, "--processes 0"),
        ({"layout": "pairs"}, "--layout pairs: expected a folder at"),
    ],
)
def test_options_are_refused_before_any_work(photos, tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        run(photos, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options",
    [{"size": 64}, {"seed": 1}, {"sketch": "blobs"}, {"focus": "all"}, {"test_share": 0.1}],
)
def test_other_options_on_the_same_dataset_are_refused_with_the_difference(
    photos, tmp_path, options
):
    run(photos, tmp_path / "out")
    before = contents(tmp_path / "out")
    (name, value), *_ = options.items()
    with pytest.raises(UserError, match=f"was prepared with {name} .*, not {value}"):
        run(photos, tmp_path / "out", **options)
    assert contents(tmp_path / "out") == before


def test_somebody_elses_folder_is_left_alone(photos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("precious")
    with pytest.raises(UserError, match="not empty and not a dataset"):
        run(photos, tmp_path / "out")
    assert contents(tmp_path / "out") == {"thesis.txt": b"precious"}


def test_a_dataset_inside_the_folder_of_its_photos_is_not_read_as_photos(photos):
    run(photos, photos / "out")
    assert run(photos, photos / "out")["photos"] == 8


def test_pairs_are_taken_as_they_are(tmp_path):
    for n in range(4):
        for side, seed in (("input", n), ("target", 50 + n)):
            photo(tmp_path / "given" / side / f"{n}.png", seed, (SIZE, SIZE))
    info = run(tmp_path / "given", tmp_path / "out", layout="pairs")
    assert info["sketch"] == "given" and info["photos"] == 4
    split, name = places(tmp_path / "out")["1.png"]
    for side in ("input", "target"):
        with Image.open(tmp_path / "out" / split / side / name) as image:
            given = load_photo(tmp_path / "given" / side / "1.png", SIZE)
            assert np.abs(np.asarray(image).astype(int) - given).mean() < 6


def test_unequal_names_between_the_two_folders_are_named(tmp_path):
    for name in ("a.png", "b.png"):
        photo(tmp_path / "given" / "input" / name, 0)
    photo(tmp_path / "given" / "target" / "b.png", 0)
    with pytest.raises(UserError, match="only one of them has a.png"):
        run(tmp_path / "given", tmp_path / "out", layout="pairs")


@pytest.mark.parametrize("direction", ["ab", "ba"])
def test_side_by_side_images_are_cut_in_either_direction(tmp_path, direction):
    image = Image.new("RGB", (2 * SIZE, SIZE), (10, 10, 10))
    image.paste((200, 200, 200), (SIZE, 0, 2 * SIZE, SIZE))
    (tmp_path / "given").mkdir()
    for n in range(2):
        image.save(tmp_path / "given" / f"{n}.png")
    photo(tmp_path / "given" / "square.png", 0)
    info = run(tmp_path / "given", tmp_path / "out", layout="ab", direction=direction)
    inputs, _ = Dataset.open(tmp_path / "out").train.load()
    assert abs(int(inputs.mean()) - (10 if direction == "ab" else 200)) <= 1
    assert "expected two pictures side by side" in info["skipped"]["square.png"]


def test_the_photos_of_another_folder_take_no_datasets_place(photos, tmp_path):
    run(photos, tmp_path / "out")
    before = contents(tmp_path / "out")
    for n in range(8):
        photo(tmp_path / "others" / f"holiday-{n}.png", 100 + n)
    with pytest.raises(UserError, match="holds pairs of 8 other pictures, none of which is in"):
        run(tmp_path / "others", tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_photos_that_moved_go_on_where_they_were(photos, tmp_path):
    run(photos, tmp_path / "out")
    before = places(tmp_path / "out")
    photos.rename(tmp_path / "moved")
    info = run(tmp_path / "moved", tmp_path / "out")
    assert places(tmp_path / "out") == before and info["removed"] == 0


def test_it_says_how_many_pairs_it_removed(photos, tmp_path, capsys):
    run(photos, tmp_path / "out")
    for n in range(3):
        (photos / f"{n}.png").unlink()
    command = ["training", "prepare", str(photos), str(tmp_path / "out")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", [*command, "--size", str(SIZE), "--test-share", "0.3"])
        main()
    assert "pairs, 3 removed whose picture is gone, 0 pictures skipped" in capsys.readouterr().out


def test_the_last_line_is_honest(tmp_path, monkeypatch, capsys):
    """So many pairs; what was left out, by kind; what looks empty, and what is there twice."""
    photos = discs(tmp_path / "photos")
    shutil.copy(photos / "0.png", photos / "copy.png")
    (photos / "film.mp4").touch()
    (photos / "cut.jpg").write_bytes(b"\xff\xd8\xff")
    told = ["training", "prepare", photos, tmp_path / "out", "--size", 32, "--processes", 1]
    monkeypatch.setattr("sys.argv", [*map(str, told)])
    main()
    out = capsys.readouterr().out
    assert "1 pictures skipped, left out: 1 .mp4, 1 photos nearly the same as others; see" in out
    for side in ("input", "target"):
        (tmp_path / "pairs" / side).mkdir(parents=True)
        for number in range(3):
            pixels = np.full((40, 40, 3), 60 * number * (side == "target"), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pairs" / side / f"{number}.png")
    assert run(tmp_path / "pairs", tmp_path / "other", layout="pairs")["empty"] == 3
