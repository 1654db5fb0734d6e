"""The cache of decoded photos and pairs, a memory-mapped file."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data.cache import user_cache
from training.data.datasets import Dataset, Split
from training.data.folders import open_photos
from training.errors import UserError

SIZE = 64


def save(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (SIZE, SIZE), (level, level, level)).save(path)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def photos(tmp_path, home) -> Path:
    for number in range(25):
        save(tmp_path / "photos" / f"{number:03d}.png", number)
    return tmp_path / "photos"


@pytest.fixture
def pairs(tmp_path, home) -> Path:
    for number in range(3):
        save(tmp_path / "pairs/train/input" / f"{number}.png", number)
        save(tmp_path / "pairs/train/target" / f"{number}.png", 100 + number)
    return tmp_path / "pairs"


def levels(split: Split) -> list[int]:
    return split.load()[0][:, 0, 0, 0].tolist()


def kept(folder: Path) -> dict[str, int]:
    """The files in a folder, and which they are: one that is replaced is another."""
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


def test_photos_are_decoded_once_and_their_folder_is_left_alone(photos, home):
    before = sorted(photos.iterdir())
    first = open_photos(photos, SIZE).train
    assert isinstance(first.load()[0], np.memmap)
    assert sorted(photos.iterdir()) == before
    place = user_cache(photos)
    assert place.is_relative_to(home)
    files = kept(place)
    assert set(files) == {"photos-64-train.npy", "photos-64-test.npy", "photos-64.json"}
    again = open_photos(photos, SIZE)
    assert isinstance(again.train.load()[0], np.memmap)
    assert again.train.fingerprint() == first.fingerprint()
    assert levels(again.test) == [0, 20]
    assert kept(place) == files


def test_a_photo_that_changes_is_decoded_again(photos):
    first = open_photos(photos, SIZE).train
    print_before, columns = first.fingerprint(), first.load()[0]
    save(photos / "003.png", 200)
    changed = open_photos(photos, SIZE).train
    assert levels(changed)[2] == 200 and changed.fingerprint() != print_before
    assert columns[2, 0, 0, 0] == 3  # Whoever trains on it goes on with what was there.
    (photos / "003.png").unlink()
    assert len(open_photos(photos, SIZE).train) == 22


def test_a_photo_that_becomes_readable_is_taken_up(photos, capsys):
    content = (photos / "003.png").read_bytes()
    (photos / "003.png").unlink()
    (photos / "003.png").symlink_to(photos / "gone")
    assert 3 not in levels(open_photos(photos, SIZE).train)
    assert "skipped" in capsys.readouterr().out
    (photos / "gone").write_bytes(content)
    assert levels(open_photos(photos, SIZE).train)[2] == 3


def test_two_sizes_of_the_same_photos_do_not_displace_each_other(photos):
    small, large = open_photos(photos, 32).train, open_photos(photos, SIZE).train
    assert small.load()[0].shape[1:] == (32, 32, 3) and large.load()[0].shape[1:] == (64, 64, 3)
    before = kept(user_cache(photos))
    for size in (32, SIZE):
        open_photos(photos, size).train.load()
    assert kept(user_cache(photos)) == before


MEMORY = """
import sys, tracemalloc
from pathlib import Path
import numpy as np
folder, size = Path(sys.argv[1]), int(sys.argv[2])
if folder.name == "pairs":
    from training.data.datasets import Dataset
    open_data = Dataset.open
else:
    from training.data.folders import open_unpaired as open_data
tracemalloc.start()
for _ in range(2):
    columns = open_data(folder, size).train.load()
    assert all(isinstance(column, np.memmap) for column in columns)
print(sum(map(len, columns)), tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "rows"), [("photos", 760), ("pairs", 800)])
def test_memory_does_not_grow_by_the_photo(kind, rows, tmp_path, home):
    """In a process that does nothing else."""
    count = 400
    picture = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    for side in ("train/input", "train/target") if kind == "pairs" else ("a", "b"):
        (tmp_path / kind / side).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(picture).save(tmp_path / kind / side / f"{number:03d}.jpg")
    told = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path / kind, str(SIZE)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    found, peak = map(int, told.stdout.split()[-2:])
    assert found == rows
    assert peak < 0.4 * 2 * count * picture.nbytes


def test_a_dataset_that_cannot_be_written_is_decoded_elsewhere(pairs, home):
    (pairs / "cache").write_text("in the way")  # Of the administrator too, whom no mode stops.
    dataset = Dataset.open(pairs)
    assert levels(dataset.train) == [0, 1, 2]
    before = kept(user_cache(pairs))
    assert "train-64-input.npy" in before
    assert Dataset.open(pairs).train.fingerprint() == dataset.train.fingerprint()
    assert kept(user_cache(pairs)) == before
    (pairs / "cache").unlink()
    Dataset.open(pairs).train.load()
    assert not (pairs / "cache").exists()  # Found where it is.


def test_no_place_to_write_is_told_in_one_line(pairs, home):
    (pairs / "cache").write_text("in the way")
    home.write_text("in the way")
    with pytest.raises(UserError, match="cannot write the cache .*set KERAS_HOME"):
        Dataset.open(pairs).train.load()


def test_a_disk_that_fills_leaves_nothing_behind(photos):
    """A file size limit of the process stands for the disk: the write fails half-way, for real."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(UserError, match=r"cannot write .*photos-64-\w+\.npy"):
            open_photos(photos, SIZE).train.load()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert kept(user_cache(photos)) == {}
    assert len(open_photos(photos, SIZE).train) == 23


def damage_array(place: Path) -> None:
    os.truncate(place / "photos-64-train.npy", 5000)


def damage_record(place: Path) -> None:
    (place / "photos-64.json").write_text("[1, 2")


def other_record(place: Path) -> None:
    record = json.loads((place / "photos-64.json").read_text())
    (place / "photos-64.json").write_text(json.dumps(record | {"sha256": {}}))


def lose_array(place: Path) -> None:
    (place / "photos-64-test.npy").unlink()


@pytest.mark.parametrize("damage", [damage_array, damage_record, other_record, lose_array])
def test_what_is_damaged_is_decoded_again(photos, damage):
    whole = levels(open_photos(photos, SIZE).train)
    damage(user_cache(photos))
    assert levels(open_photos(photos, SIZE).train) == whole
    assert levels(open_photos(photos, SIZE).test) == [0, 20]


def test_a_user_without_a_home_is_told_of_the_variable(tmp_path, monkeypatch):
    """As in a container, under a number that the system has no name for."""

    def nobody(number):
        raise KeyError(number)

    for name in ("HOME", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(UserError, match="^~/.keras has no place.*: set KERAS_HOME to a folder"):
        user_cache(tmp_path)
