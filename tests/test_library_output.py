import errno
import os
import subprocess

import pytest

from training.errors import UserError
from training.library_output import output_to, shown_on_failure


def test_what_programs_and_libraries_write_goes_to_the_log(tmp_path, capfd):
    with output_to(tmp_path / "log"):
        os.write(1, b"from C\n")
        subprocess.run(["sh", "-c", "echo from a child >&2"], check=True)
    print("afterwards")
    assert (tmp_path / "log").read_text() == "from C\nfrom a child\n"
    assert capfd.readouterr().out == "afterwards\n"


def test_success_is_silent(capfd):
    with shown_on_failure("this"):
        os.write(2, b"chatter\n")
    assert capfd.readouterr() == ("", "")


def test_failure_shows_what_was_written_and_where_it_failed(capfd):
    with pytest.raises(UserError, match="this failed with ZeroDivisionError"):
        with shown_on_failure("this"):
            os.write(2, b"the converter's reason\n")
            _ = 1 / 0
    error = capfd.readouterr().err
    assert "the converter's reason" in error and "Traceback" in error


@pytest.mark.parametrize("error", [UserError("one line"), KeyError("expected"), OSError(5, "io")])
def test_what_speaks_for_itself_passes_without_noise(error, capfd):
    with pytest.raises(type(error)):
        with shown_on_failure("this", (KeyError,)):
            raise error
    assert capfd.readouterr().err == ""


def test_a_full_disk_is_known_behind_another_librarys_error(capfd):
    with pytest.raises(OSError) as caught:
        with shown_on_failure("this"):
            raise RuntimeError(f"part-00000: {os.strerror(errno.ENOSPC)} [Op:SaveV2]")
    assert caught.value.errno == errno.ENOSPC
    assert capfd.readouterr().err == ""


def test_streams_are_restored_after_ctrl_c(capfd, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        with output_to(tmp_path / "log"):
            raise KeyboardInterrupt
    os.write(1, b"heard\n")
    assert capfd.readouterr().out == "heard\n"
