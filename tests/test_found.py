"""Pictures are found by what they are, and what is left out is counted."""

import os
import shutil
import socket
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from training.data.found import find, find_photos, told
from training.errors import UserError


def names_in(folder: Path) -> list[str]:
    return find_photos(folder)


def test_finds_photos_in_sub_folders_and_passes_over_hidden_ones(tmp_path):
    for name in ("b.jpg", "a/x.PNG", "a/deep/y.webp", ".hidden.jpg", ".git/z.jpg", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert names_in(tmp_path) == ["a/deep/y.webp", "a/x.PNG", "b.jpg"]


@pytest.mark.parametrize("folder", [".", "photos", "photos/", "../here/photos", "./photos/.."])
def test_pictures_are_named_by_their_path_below_a_folder_however_that_is_named(
    folder, tmp_path, monkeypatch
):
    (tmp_path / "here" / "photos" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    for name in ("photos/deep/b.jpg", "photos/a.jpg"):
        Path(name).touch()
    names = find(Path(folder)).names
    assert names == sorted(names) and len(names) == 2
    assert all((Path(folder) / name).is_file() for name in names)


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.jpg").touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert names_in(tmp_path) == ["a/x.jpg"]


def test_a_folder_without_photos_is_an_error(tmp_path):
    with pytest.raises(UserError, match="found no photo in"):
        find_photos(tmp_path)
    with pytest.raises(UserError, match="no folder at"):
        find_photos(tmp_path / "missing")


def test_a_picture_is_known_by_its_first_bytes_where_its_name_says_nothing(tmp_path):
    for number, suffix in enumerate(("jpg", "png", "webp", "gif", "avif")):
        image = Image.new("RGB", (64, 64), "red")
        image.save(tmp_path / f"photo.{suffix}")
        (tmp_path / f"photo.{suffix}").rename(tmp_path / f"download ({number})")
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(40))
    (tmp_path / "raw.cr2").write_bytes(b"II*\0\x10\0\0\0CR" + bytes(40))
    (tmp_path / "notes.txt").write_text("II* is how a TIFF begins")
    found = find(tmp_path)
    assert found.names == [f"download ({n})" for n in range(5)]
    assert found.left_out == {".mp4": 1, ".cr2": 1, ".txt": 1}


def test_copies_that_machines_make_are_left_out_and_told(tmp_path):
    for name in ("@eaDir/a.jpg/THUMB.jpg", "__MACOSX/a.jpg", "sub/#recycle/b.jpg", "a.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "Thumbs.db").touch()
    assert names_in(tmp_path) == ["a.jpg"]
    left_out = {"in @eaDir": 1, "in __MACOSX": 1, "in #recycle": 1, ".db": 1}
    assert find(tmp_path).left_out == left_out


def test_libraries_of_photo_programs_give_what_was_taken_only(tmp_path):
    library = tmp_path / "Photos.photoslibrary"
    for name in ("originals/0/a.jpg", "resources/derivatives/a_1.jpg", "database/x.png"):
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).touch()
    (tmp_path / "@Recycle").mkdir()
    (tmp_path / "@Recycle" / "b.jpg").touch()
    assert names_in(tmp_path) == ["Photos.photoslibrary/originals/0/a.jpg"]
    assert names_in(library) == ["originals/0/a.jpg"]
    assert find(tmp_path).left_out == {"in @Recycle": 1, "in resources": 1, "in database": 1}


def test_a_folder_that_cannot_be_read_is_told(tmp_path):
    """Its path is longer than the system takes, which not even root can list."""
    (tmp_path / "a.jpg").touch()
    handle = os.open(tmp_path, os.O_RDONLY)
    for _ in range(17):
        os.mkdir("d" * 250, dir_fd=handle)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)
    found = find(tmp_path)
    shutil.rmtree(tmp_path / ("d" * 250))  # What walks the folders of other tests stumbles over it.
    [(kind, count)] = found.left_out.items()
    assert found.names == ["a.jpg"] and count == 1
    assert kind.startswith("in ddd") and kind.endswith(", which cannot be read")


def test_many_kinds_are_a_short_sentence():
    assert told(Counter({".txt": 1200, ".mp4": 2})) == "1,200 .txt, 2 .mp4"
    many = Counter({f".{number}x": 400 - number for number in range(300)})
    assert told(many).endswith(".7x, 71,978 of 292 other kinds") and len(told(many)) < 200


def test_files_with_a_number_at_the_end_are_one_kind(tmp_path):
    for number in range(20):
        (tmp_path / f"log.{number}").touch()
    assert find(tmp_path).left_out == {"with a number at the end": 20}


@pytest.mark.timeout(10)
def test_pipes_and_sockets_keep_nobody_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.png"))
        (tmp_path / "folder.jpg").mkdir()
        assert find(tmp_path).left_out == {".jpg": 1, ".png": 1}


def test_where_no_photo_is_it_says_what_is_there(tmp_path):
    for name in ("a.mp4", "b.mp4", "c"):
        (tmp_path / name).touch()
    with pytest.raises(UserError, match="no photo in .*; what is there: 2 .mp4, 1 without"):
        find_photos(tmp_path)
