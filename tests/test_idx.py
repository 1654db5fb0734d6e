import gzip
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.static_server import StaticServer
from tests.tiny_recipes import write_digits
from training.data import downloads
from training.data.downloads import Source, locate
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


@pytest.fixture
def server(digits, tmp_path, monkeypatch):
    """A server of the digits, and `drawn-digits` known by name to be there."""
    place = tmp_path / "served"
    shutil.copytree(digits, place)
    files = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in place.iterdir()}
    served = StaticServer(place)
    source = Source("Drawn digits", "CC0", served.address, files)
    monkeypatch.setitem(downloads.SOURCES, "drawn-digits", source)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    yield served
    served.stop()


def test_a_dataset_is_downloaded_by_name_once(server, tmp_path):
    folder = locate(Path("drawn-digits"))
    assert folder == tmp_path / "garabato" / "drawn-digits"
    assert len(list(folder.iterdir())) == 4
    before = len(server.sent)
    assert locate(Path("drawn-digits")) == folder
    assert len(server.sent) == before
    assert len(open_labelled(folder).train) == 20


def test_another_content_than_promised_is_refused(server, monkeypatch):
    files = dict.fromkeys(downloads.SOURCES["drawn-digits"].files, "0" * 32)
    changed = Source("Drawn digits", "CC0", server.address, files)
    monkeypatch.setitem(downloads.SOURCES, "drawn-digits", changed)
    with pytest.raises(UserError, match="cannot download Drawn digits: .*hash does not match"):
        locate(Path("drawn-digits"))


def test_without_a_network_one_line_names_the_option(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    gone = Source("Drawn digits", "CC0", "http://127.0.0.1:9", {"a.gz": "0" * 32, "b.gz": "1" * 32})
    monkeypatch.setitem(downloads.SOURCES, "drawn-digits", gone)
    with pytest.raises(
        UserError, match=r"cannot download .*a\.gz and b\.gz: --data FOLDER"
    ) as told:
        locate(Path("drawn-digits"))
    assert "\n" not in str(told.value)


def test_neither_a_folder_nor_a_name_is_one_line(tmp_path):
    with pytest.raises(UserError, match="a dataset's name .*mnist, fashion-mnist"):
        locate(tmp_path / "nowhere")
