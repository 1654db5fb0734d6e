"""--progress FILE: whole lines, at any time, and no command that fails for want of one."""

import json
from pathlib import Path

import pytest

from training import progress
from training.__main__ import main
from training.errors import UserError


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_command_begins_and_ends(tmp_path):
    path = tmp_path / "progress.jsonl"
    with progress.told_to(path, "fit"):
        progress.tell("sheet", path=Path("runs", "one.png"), far=float("nan"))
    with pytest.raises(UserError), progress.told_to(path, "export"):
        raise UserError("expected a run")
    with pytest.raises(KeyboardInterrupt), progress.told_to(path, "fit"):
        raise KeyboardInterrupt
    progress.tell("sheet", path="nobody asked")
    told = [{k: v for k, v in line.items() if k not in ("time", "process")} for line in lines(path)]
    assert told == [
        {"event": "begin", "command": "fit"},
        {"event": "sheet", "path": "runs/one.png", "far": None},
        {"event": "end", "state": "finished", "error": None},
        {"event": "begin", "command": "export"},
        {"event": "end", "state": "failed", "error": "expected a run"},
        {"event": "begin", "command": "fit"},
        {"event": "end", "state": "interrupted", "error": None},
    ]


def test_a_line_that_a_crash_cut_short_is_not_continued(tmp_path):
    path = tmp_path / "progress.jsonl"
    path.write_text('{"event": "st')
    with progress.told_to(path, "fit"):
        pass
    torn, *whole = path.read_text().splitlines()
    assert torn == '{"event": "st'
    assert [json.loads(line)["event"] for line in whole] == ["begin", "end"]


def test_a_disk_that_fills_up_is_one_warning(capfd):
    with progress.told_to(Path("/dev/full"), "fit"):
        progress.tell("sheet", path="a.png")
    [warning] = capfd.readouterr().err.splitlines()
    assert warning.startswith("warning: cannot write /dev/full: No space left")


def test_a_file_that_cannot_be_made_is_told_before_any_work(tmp_path, monkeypatch, capsys):
    path = tmp_path / "nowhere" / "progress.jsonl"
    monkeypatch.setattr("sys.argv", ["training", "fit", "pix3pix", "--progress", str(path)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    [error] = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: --progress {path}: ")


def test_a_refused_command_says_so_in_the_file(tmp_path, monkeypatch, capsys):
    path = tmp_path / "progress.jsonl"
    monkeypatch.setattr("sys.argv", ["training", "fit", "--progress", str(path), "pix3pix"])
    with pytest.raises(SystemExit):
        main()
    [error] = capsys.readouterr().err.splitlines()
    assert f"error: {lines(path)[-1]['error']}" == error


def test_a_step_is_told_at_both_ends_and_now_and_then(tmp_path, monkeypatch):
    path = tmp_path / "progress.jsonl"
    with progress.told_to(path, "prepare"):
        for _ in progress.Bar(range(5000), step="pairs", unit="photo", mininterval=0):
            pass
    steps = [line for line in lines(path) if line["event"] == "step"]
    assert (steps[0]["done"], steps[-1]["done"], steps[-1]["total"]) == (0, 5000, 5000)
    assert (steps[-1]["unit"], steps[-1]["seconds_left"]) == ("photo", 0)
    assert len(steps) <= 5


def test_a_step_that_is_broken_off_is_not_told_as_done(tmp_path):
    path = tmp_path / "progress.jsonl"
    with pytest.raises(UserError), progress.told_to(path, "prepare"):
        for number in progress.Bar(range(9), step="pairs"):
            if number == 4:
                raise UserError("enough")
    assert all(line["done"] < 9 for line in lines(path) if line["event"] == "step")


def test_the_help_of_a_command_names_it(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["training", "prepare", "--help"])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    assert "--progress FILE" in " ".join(capsys.readouterr().out.split())
