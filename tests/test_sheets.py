"""Sheets of a training, and the animation that they become."""

import pytest
from PIL import Image

from training.runs.sheets import animate


@pytest.fixture
def three(tmp_path):
    """Three sheets, the second of them damaged by each test in a way of its own."""
    paths = [tmp_path / f"{number:05d}.png" for number in range(1, 4)]
    for path, colour in zip(paths, ("red", "white", "blue"), strict=True):
        Image.new("RGB", (32, 16), colour).save(path)
    return paths


@pytest.mark.parametrize("content", [b"", b"no picture", "cut"])
def test_a_damaged_sheet_is_left_out_of_the_animation(three, tmp_path, capsys, content):
    whole = three[1].read_bytes()
    three[1].write_bytes(whole[: len(whole) // 2] if content == "cut" else content)
    animate(three, tmp_path / "progress.gif")
    with Image.open(tmp_path / "progress.gif") as animation:
        assert getattr(animation, "n_frames", 1) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: progress.gif leaves out ") and "00002.png, which is" in line


def test_of_damaged_sheets_alone_there_is_no_animation(three, tmp_path):
    for path in three:
        path.write_bytes(b"")
    animate(three, tmp_path / "progress.gif")
    assert not (tmp_path / "progress.gif").exists()
