"""Dataset folders, plain and prepared, and the stream of batches."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures import pairs, write_dataset
from tests.tiny_recipe import Tiny
from training.data.batches import Batches
from training.data.datasets import Arrays, Dataset
from training.errors import UserError
from training.fit import FitOptions, fit
from training.prepare.prepare import prepare

SIZE = 32


def save(path: Path, level: int, size: tuple[int, int] = (SIZE, SIZE)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (level, level, level)).save(path)


@pytest.fixture
def plain(tmp_path) -> Path:
    """Five pairs as somebody else made them: input level n, target level 100 + n."""
    for n in range(5):
        split = "train" if n < 4 else "test"
        save(tmp_path / split / "input" / f"{n}.png", n)
        save(tmp_path / split / "target" / f"{n}.png", 100 + n)
    return tmp_path


def test_reads_two_folders_with_equal_names(plain):
    dataset = Dataset.open(plain)
    assert dataset.size == SIZE and dataset.sketch == "given" and dataset.licence == "unknown"
    inputs, targets = dataset.train.load()
    assert inputs.shape == targets.shape == (4, SIZE, SIZE, 3) and inputs.dtype == np.uint8
    assert inputs[:, 5, 5, 0].tolist() == [0, 1, 2, 3]
    assert targets[:, 5, 5, 0].tolist() == [100, 101, 102, 103]
    assert len(dataset.test) == 1


def test_resizes_pairs_when_asked(plain):
    inputs, _ = Dataset.open(plain, size=64).train.load()
    assert inputs.shape == (4, 64, 64, 3)


def test_unequal_names_are_named(plain):
    (plain / "train/target/2.png").unlink()
    save(plain / "train/input/extra.png", 0)
    with pytest.raises(UserError, match="equal file names.*only one of them has 2.png, extra.png"):
        Dataset.open(plain)


def test_reads_side_by_side_images(tmp_path):
    image = Image.new("RGB", (2 * SIZE, SIZE), (10, 10, 10))
    image.paste((200, 200, 200), (SIZE, 0, 2 * SIZE, SIZE))
    (tmp_path / "train").mkdir()
    image.save(tmp_path / "train" / "1.png")
    dataset = Dataset.open(tmp_path)
    inputs, targets = dataset.train.load()
    assert dataset.size == SIZE and len(dataset.test) == 0
    assert (inputs == 10).all() and (targets == 200).all()
    with pytest.raises(UserError, match="no test pictures"):
        dataset.test.load()


def test_an_image_that_is_not_side_by_side_is_named(tmp_path):
    save(tmp_path / "train" / "square.png", 0, (64, 64))
    with pytest.raises(UserError, match="square.png: 64x64 pixels: expected two pictures side"):
        Dataset.open(tmp_path).train.load()


def test_no_dataset_says_how_to_make_one(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match=f"python -m training prepare PHOTOS {folder}$"):
            Dataset.open(folder)
    save(tmp_path / "rose.png", 9)
    with pytest.raises(UserError, match=f"training prepare {tmp_path} {tmp_path}-pairs$"):
        Dataset.open(tmp_path)
    with pytest.raises(UserError, match="prepare fluent-emoji data/fluent-emoji$"):
        Dataset.open(Path("fluent-emoji"))


def test_no_pairs_is_an_error(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(UserError, match="no training pairs"):
        Dataset.open(tmp_path)


@pytest.mark.parametrize("text", ['{"size": 32,', "[]", "3", '{"size": "big"}', '{"size": -64}'])
def test_a_damaged_description_is_an_error(plain, text):
    (plain / "dataset.json").write_text(text)
    with pytest.raises(UserError, match="dataset.json is not what prepare writes"):
        Dataset.open(plain)


def test_half_a_pair_of_an_interrupted_prepare_is_passed_over(plain):
    (plain / "dataset.json").write_text(json.dumps({"size": SIZE, "complete": False}))
    (plain / "train/input/1.png").unlink()
    inputs, _ = Dataset.open(plain).train.load()
    assert inputs[:, 0, 0, 0].tolist() == [0, 2, 3]


def test_an_unreadable_pair_is_named_and_leaves_no_half_cache(plain):
    (plain / "train/target/2.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"2.png: not a picture \(JPEG"):
        Dataset.open(plain).train.load()
    assert list((plain / "cache").iterdir()) == []


def test_decodes_once_and_again_when_a_file_changes(plain):
    Dataset.open(plain).train.load()
    cached = plain / "cache" / f"train-{SIZE}-input.npy"
    before = cached.stat().st_ino
    Dataset.open(plain).train.load()
    assert cached.stat().st_ino == before
    save(plain / "train/input/0.png", 50)
    os.utime(plain / "train/input/0.png", ns=(1, 1))
    inputs, _ = Dataset.open(plain).train.load()
    assert inputs[0, 0, 0, 0] == 50
    (plain / "train/input/0.png").unlink()
    (plain / "train/target/0.png").unlink()
    assert len(Dataset.open(plain).train.load()[0]) == 3


def test_the_columns_are_mapped_and_cannot_be_written(plain):
    for _ in range(2):  # As written, and as found.
        inputs, _ = Dataset.open(plain).train.load()
        assert isinstance(inputs, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            inputs[0] = 0


def fingerprint(folder: Path, size: int | None = None) -> str:
    return Dataset.open(folder, size).train.fingerprint()


def test_a_changed_photo_that_keeps_its_name_is_other_data(plain):
    path = plain / "train/target/2.png"
    first, before = fingerprint(plain), path.stat()
    save(path, 103)  # As many bytes, and dated back, as tools that turn photos do.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert fingerprint(plain) != first
    save(path, 102)
    assert fingerprint(plain) == first


def test_other_sizes_pairs_and_sides_are_other_data(plain, tmp_path):
    first = fingerprint(plain)
    assert fingerprint(plain, 64) != first
    save(plain / "test/input/4.png", 77)
    assert fingerprint(plain) == first  # Nothing is trained on what is held out.
    (plain / "train/input").rename(plain / "train/other")
    (plain / "train/target").rename(plain / "train/input")
    (plain / "train/other").rename(plain / "train/target")
    assert fingerprint(plain) != first


@pytest.mark.parametrize("with_cache", [True, False])
def test_the_same_data_elsewhere_and_at_another_time_is_the_same(plain, tmp_path, with_cache):
    first = fingerprint(plain)
    copy = tmp_path / "another machine"
    shutil.copytree(plain / "train", copy / "train", copy_function=shutil.copyfile)
    if with_cache:
        shutil.copytree(plain / "cache", copy / "cache")
    assert fingerprint(copy) == first


def test_a_fingerprint_is_that_of_the_columns_whatever_holds_them(plain):
    train = Dataset.open(plain).train
    inputs, targets = train.load()
    assert Arrays((inputs, targets)).fingerprint() == train.fingerprint()
    assert Arrays((inputs[:3], inputs[3:])).fingerprint() != Arrays((inputs,)).fingerprint()
    assert Arrays((inputs.astype("int32"),)).fingerprint() != Arrays((inputs,)).fingerprint()


def test_one_folder_prepared_in_two_styles_is_two_data(tmp_path):
    (tmp_path / "photos").mkdir()
    for number, photo in enumerate(pairs(4, 64)[1]):
        Image.fromarray(photo).save(tmp_path / "photos" / f"{number}.png")
    found = set()
    for style in ("blobs", "outline"):
        prepare(tmp_path / "photos", tmp_path / style, size=64, sketch=style, processes=1)
        found.add(fingerprint(tmp_path / style))
    assert len(found) == 2


def test_a_run_does_not_go_on_with_other_data_of_the_same_names(tmp_path):
    data = write_dataset(tmp_path / "data", train=2, test=1, size=64)
    recipe = Tiny(width=2, discriminator_width=2, batch=2, adversarial="bce")
    options = FitOptions(data, tmp_path / "run", 2, epoch_images=2, precision="float32")
    fit(recipe, options, name="tiny", verbose=0)
    save(data / "train/target/0001.png", 7, (64, 64))
    with pytest.raises(UserError, match=r"data\.fingerprint: was '\w{16}', now '\w{16}'"):
        fit(recipe, options, name="tiny", verbose=0)


@pytest.fixture
def numbered() -> tuple[np.ndarray, np.ndarray]:
    """Ten pairs of 1 px whose value is their number, targets 100 more."""
    inputs = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1).repeat(3, axis=3)
    return inputs, inputs + 100


def batches_of(pairs, batch_size: int, seed: int, images_per_epoch: int | None = None) -> Batches:
    inputs, targets = pairs
    return Batches((inputs, targets), batch_size, seed, images_per_epoch)


def stream(batches: Batches, epochs: int) -> list[int]:
    seen = []
    for _ in range(epochs):
        for index in range(len(batches)):
            seen += batches[index][0][:, 0, 0, 0].tolist()
        batches.on_epoch_end()
    return seen


def test_a_batch_is_full_and_keeps_pairs_together(numbered):
    batches = batches_of(numbered, 4, seed=0)
    assert len(batches) == 2
    inputs, targets = batches[1]
    assert inputs.shape == (4, 1, 1, 3) and inputs.dtype == np.uint8
    np.testing.assert_array_equal(inputs + 100, targets)


def test_every_pair_comes_once_a_turn_across_epochs(numbered):
    seen = stream(batches_of(numbered, 4, seed=0), epochs=5)
    turns = [seen[start : start + 10] for start in range(0, 40, 10)]
    assert all(sorted(turn) == list(range(10)) for turn in turns)
    assert turns[0] != turns[1]


def test_a_resumed_stream_goes_on_where_it_was(numbered):
    whole = stream(batches_of(numbered, 4, seed=7, images_per_epoch=12), epochs=6)
    resumed = batches_of(numbered, 4, seed=7, images_per_epoch=12)
    resumed.epoch = 4
    assert stream(resumed, epochs=2) == whole[48:]


def test_any_order_of_asking_gives_the_same_batches(numbered):
    batches = batches_of(numbered, 4, seed=7, images_per_epoch=200)
    forward = [batches[index][0].tobytes() for index in range(len(batches))]
    backward = [batches[index][0].tobytes() for index in reversed(range(len(batches)))]
    assert backward[::-1] == forward


def test_another_seed_is_another_order(numbered):
    assert stream(batches_of(numbered, 5, seed=0), 2) != stream(batches_of(numbered, 5, seed=1), 2)


def test_an_epoch_may_be_longer_or_shorter_than_the_data(numbered):
    assert len(batches_of(numbered, 4, seed=0, images_per_epoch=100)) == 25
    assert len(batches_of(numbered, 16, seed=0)) == 1
    assert batches_of(numbered, 16, seed=0)[0][0].shape[0] == 16
