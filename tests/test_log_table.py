"""The log is a plain file: people open it, and crashes cut it."""

import csv

import pytest

from training.runs.callbacks import LogTable

WHOLE = "epoch,l1,images/s\n0,3.5,20\n1,2.5,21\n"


def resumed(path, text, epochs_done=2):
    path.write_text(text, newline="")
    table = LogTable(path, epochs_done)
    table.on_epoch_end(epochs_done, {"l1": 1.5, "images/s": 22.0})
    return path.read_text()


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        WHOLE + "\n",
        "\n" + WHOLE.replace("\n", "\n\n"),
        WHOLE.replace("\n", "\r\n"),  # As earlier versions wrote it.
        WHOLE + "2,9.9,19\n3,9.9,19\n",
        WHOLE + "2,9.",
        WHOLE + "1",  # Of 10, say.
        WHOLE + "2,9.9\n",
        WHOLE + "\0\0\0\0\0\0",
        WHOLE + "total,2,3\n",
    ],
)
def test_what_is_no_row_of_the_epochs_done_is_mended(tmp_path, text):
    assert resumed(tmp_path / "log.csv", text) == WHOLE + "2,1.5,22\n"


@pytest.mark.parametrize("text", ["", "\n", "epoch,l1,ima", "\0\0\0\0"])
def test_a_table_that_was_cut_in_its_header_begins_anew(tmp_path, text):
    rows = list(csv.DictReader(resumed(tmp_path / "log.csv", text).splitlines()))
    assert rows == [{"epoch": "2", "l1": "1.5", "images/s": "22"}]


def test_a_row_whose_last_number_was_cut_is_not_taken_for_another_number(tmp_path):
    text = WHOLE.removesuffix("1\n")  # 21 images/s became 2
    assert resumed(tmp_path / "log.csv", text) == "epoch,l1,images/s\n0,3.5,20\n2,1.5,22\n"
