import errno
import fcntl
import os
import resource
import subprocess
import sys

import pytest

from tests.processes import ended_process
from training import files
from training.errors import UserError


@pytest.fixture
def no_file_beyond_100_bytes():
    """The kernel refuses the write, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "told.json"
    files.write_json(path, {"epoch": 1})
    with pytest.raises(ZeroDivisionError), files.replacing(path) as beside:
        beside.write_text("half of i")
        _ = 1 / 0
    assert path.read_text() == '{\n  "epoch": 1\n}\n'
    assert names(tmp_path) == ["told.json"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    for content in ("first", "second"):
        with files.replacing_folder(tmp_path / "made") as fresh:
            (fresh / "inside").mkdir()
            (fresh / "inside" / content).write_text(content)
    with pytest.raises(KeyboardInterrupt), files.replacing_folder(tmp_path / "made") as fresh:
        (fresh / "third").write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == ["made"] and names(tmp_path / "made" / "inside") == ["second"]


def test_a_folder_that_was_set_aside_when_a_process_was_killed_comes_back(tmp_path):
    (tmp_path / ".made.old").mkdir()
    with pytest.raises(ZeroDivisionError), files.replacing_folder(tmp_path / "made"):
        _ = 1 / 0
    assert names(tmp_path) == ["made"]


def test_a_file_in_a_folders_place_is_refused(tmp_path):
    (tmp_path / "made").write_text("a file")
    with (
        pytest.raises(UserError, match="made is a file"),
        files.replacing_folder(tmp_path / "made"),
    ):
        pass
    with pytest.raises(UserError, match="made is a file"), files.alone(tmp_path / "made", ""):
        pass


def write_file(folder):
    with files.replacing(folder / "x") as beside:
        beside.write_bytes(bytes(1000))


def write_folder(folder):
    with files.replacing_folder(folder / "x") as fresh:
        (fresh / "part").write_bytes(bytes(1000))


def append(folder):
    files.append(folder / "x", "0" * 1000)


@pytest.mark.parametrize("write", [write_file, write_folder, append])
def test_a_full_disk_is_one_line(tmp_path, write, no_file_beyond_100_bytes):
    with pytest.raises(UserError, match="cannot write .*x: File too large; .* make room") as caught:
        write(tmp_path)
    assert "\n" not in str(caught.value)
    assert write is append or names(tmp_path) == []


@pytest.mark.parametrize("write", [write_file, write_folder, append])
def test_a_place_that_cannot_be_is_one_line(tmp_path, write):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="cannot write .*x: Not a directory"):
        write(tmp_path / "file")


def test_a_full_disk_is_known_behind_a_librarys_many_lines(tmp_path):
    reason = os.strerror(errno.ENOSPC)
    with pytest.raises(UserError, match=f"cannot write .*x: {reason};") as caught:
        with files.replacing(tmp_path / "x"):
            raise OSError(f"unable to extend the file\nerror message = '{reason}'")
    assert "\n" not in str(caught.value)


def leftovers(process):
    return [
        f".00012.npz.{process}.tmp",
        f".config.json.{process}.tmp",
        f".progress.gif.{process}.gif",
        f".generator.weights.h5.{process}.weights.h5",
        f".00012.png.{process}.tmp",
    ]


STRANGERS = [".notes.tmp", ".photo.7.png", ".v1.2.h5", "00012.npz", ".00012.npz.tmp", ".v1.2"]


def test_what_killed_processes_left_half_written_is_removed(tmp_path):
    """Of whatever kind, wherever the next one writes; what others write, or have, stays."""
    dead = leftovers(ended_process()) + leftovers(os.getpid())
    alive = leftovers(os.getppid())
    for name in dead + alive + STRANGERS:
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / f".flowers.{ended_process()}.partial" / "inside").mkdir(parents=True)
    (tmp_path / ".mine.1.tmp").mkdir()
    files.write_json(tmp_path / "told.json", {})
    assert names(tmp_path) == sorted([*alive, *STRANGERS, ".mine.1.tmp", "told.json"])


def test_what_is_being_written_is_no_leftover(tmp_path):
    with files.replacing(tmp_path / "one") as one:
        one.write_text("half")
        with files.alone(tmp_path, "occupied"), files.replacing(tmp_path / "other") as other:
            other.write_text("whole")
    assert names(tmp_path) == ["one", "other"]


def test_a_second_process_is_kept_out_until_the_first_one_ends(tmp_path):
    folder = tmp_path / "run"
    with files.alone(folder, "occupied"):
        handle = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        with pytest.raises(UserError, match="^occupied$"), files.alone(folder, "occupied"):
            pytest.fail("two at a time")
        (folder / "kept").mkdir()
    hold = "import sys; from pathlib import Path; from training import files; import os\n"
    hold += "with files.alone(Path(sys.argv[1]), ''): os._exit(9)"
    assert subprocess.run([sys.executable, "-c", hold, folder]).returncode == 9
    left = folder / "kept" / f".00001.npz.{ended_process()}.tmp"
    left.write_bytes(b"half")
    with files.alone(folder, "occupied"):
        assert not left.exists()


def test_a_folder_that_stays_empty_is_not_left_behind(tmp_path):
    with pytest.raises(ZeroDivisionError), files.alone(tmp_path / "run", ""):
        _ = 1 / 0
    assert names(tmp_path) == []
