"""What a studio reads of a command's progress file."""

import json

from demo.studio.reports import TAIL, latest, read


def line(event: str, **facts: object) -> str:
    return json.dumps({"event": event, **facts}) + "\n"


def test_it_goes_on_where_it_stopped_reading(tmp_path):
    path = tmp_path / "progress.jsonl"
    assert read(path) == ([], 0)
    path.write_text(line("begin") + '{"event": "st')
    events, place = read(path)
    assert [event["event"] for event in events] == ["begin"]
    with open(path, "a") as file:
        file.write('ep", "done": 1}\n')
    events, place = read(path, place)
    assert [event["done"] for event in events] == [1]
    assert read(path, place) == ([], place)


def test_lines_that_nobody_can_read_are_passed_over(tmp_path):
    path = tmp_path / "progress.jsonl"
    path.write_bytes(b'{"event": "st\n\xff\xfe\n[1]\n7\n{"event": 3}\n{}\n' + line("end").encode())
    assert [event["event"] for event in read(path)[0]] == ["end"]


def test_what_is_new_is_of_the_last_command(tmp_path):
    path = tmp_path / "progress.jsonl"
    assert latest(path) == {}
    path.write_text(line("begin") + line("end", state="failed") + line("begin", process=2))
    assert latest(path) == {"begin": {"event": "begin", "process": 2}}
    with open(path, "a") as file:
        for done in range(TAIL // 20):
            file.write(line("step", done=done))
    assert latest(path)["step"]["done"] == TAIL // 20 - 1
