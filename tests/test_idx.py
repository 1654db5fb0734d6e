import gzip

import numpy as np
import pytest

from tests.tiny_recipes import write_digits
from training.data.idx import open_labelled, read_idx
from training.errors import UserError


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("digits") / "mnist", count=20)


def test_pictures_and_labels_come_as_they_were_written(digits):
    dataset = open_labelled(digits)
    for split in (dataset.train, dataset.test):  # the second one is gzipped
        pictures, labels = split.load()
        assert (pictures.shape, pictures.dtype) == ((20, 28, 28, 1), np.uint8)
        assert labels.tolist() == [*range(10), *range(10)] and labels.dtype == np.int32
        assert pictures[3, 10, :, 0].nonzero()[0].tolist() == [10, 11, 12]
    assert (dataset.size, dataset.labels) == (28, tuple("0123456789"))
    assert (dataset.name, dataset.licence) == ("MNIST", "CC BY-SA 3.0")


def test_another_size_is_refused(digits):
    with pytest.raises(UserError, match="pictures of 28 px, expected 32 px"):
        open_labelled(digits, 32)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-1], "is damaged"),
        (lambda content: b"\x00\x00\x0d" + content[3:], "no idx file of bytes"),
        (lambda content: b"", "no idx file of bytes"),
    ],
)
def test_a_damaged_file_is_one_line(digits, tmp_path, damage, message):
    content = (digits / "train-images-idx3-ubyte").read_bytes()
    (tmp_path / "pictures").write_bytes(damage(content))
    with pytest.raises(UserError, match=message):
        read_idx(tmp_path / "pictures")


def test_a_missing_or_half_unpacked_file_is_one_line(digits, tmp_path):
    with pytest.raises(UserError, match="expected pictures or pictures.gz"):
        read_idx(tmp_path / "pictures")
    (tmp_path / "pictures.gz").write_bytes(gzip.compress(b"0123456789")[:-4])
    with pytest.raises(UserError, match="cannot be unpacked"):
        read_idx(tmp_path / "pictures")
