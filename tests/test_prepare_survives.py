"""What `prepare` survives: bad pictures, a full disk, a crash, being stopped."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.prepared import SIZE, contents, discs, photo, places, run
from training.data.datasets import Dataset
from training.data.photos import UnreadablePhoto, load_photo
from training.errors import UserError
from training.prepare.prepare import prepare
from training.prepare.update import place_in_split
from training.prepare.workers import Job, Plan, make_pair

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def photos(tmp_path) -> Path:
    return discs(tmp_path / "photos")


def test_bad_pictures_among_good_ones_are_skipped_with_their_reasons(photos, tmp_path):
    (photos / "cut.jpg").write_bytes((photos / "0.png").read_bytes()[:300])
    Image.new("RGB", (1, 1)).save(photos / "dot.png")
    (photos / "text.jpg").write_text("no picture")
    (photos / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    info = run(photos, tmp_path / "out")
    assert info["photos"] == 8
    assert list(info["skipped"]) == ["cut.jpg", "dangling.jpg", "dot.png", "text.jpg"]
    assert "too small" in info["skipped"]["dot.png"]
    assert "No such file" in info["skipped"]["dangling.jpg"]
    assert run(photos, tmp_path / "out") == info


def test_a_photo_that_breaks_later_keeps_its_pair(photos, tmp_path):
    run(photos, tmp_path / "out")
    split, name = places(tmp_path / "out")["4.png"]
    (photos / "4.png").write_bytes(b"")
    info = run(photos, tmp_path / "out")
    assert "4.png" in info["skipped"]
    assert (tmp_path / "out" / split / "input" / name).exists()


def test_a_folder_with_nothing_readable_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(UserError, match="found no pictures in"):
        run(tmp_path / "photos", tmp_path / "out")
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "photos" / name).write_bytes(b"no picture")
    with pytest.raises(UserError, match="none of the 2 pictures could be read; the first, a.jpg"):
        run(tmp_path / "photos", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_one_line_and_keeps_what_there_was(photos, tmp_path):
    run(photos, tmp_path / "out")
    before = contents(tmp_path / "out")
    photo(photos / "new.png", 50, (600, 600))
    # A file size limit stands in for a full disk: the kernel refuses to write in both.
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from training.errors import cli\n"
        "from training.prepare.prepare import prepare\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))\n"
        "    cli(lambda: prepare(Path(sys.argv[1]), Path(sys.argv[2]), size=32, test_share=0.3,"
        " processes=1))()\n"
    )
    script = tmp_path / "limited.py"
    script.write_text(code)
    finished = subprocess.run(
        [sys.executable, script, photos, tmp_path / "out"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in finished.stderr
    after = contents(tmp_path / "out")
    assert all(after[name] == before[name] for name in before if name.endswith(".jpg"))
    assert run(photos, tmp_path / "out")["photos"] == 9


def start(photos: Path, dataset: Path) -> subprocess.Popen:
    script = dataset.parent / "start.py"
    script.write_text(
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from training.errors import cli\n"
        "from training.prepare.prepare import prepare\n"
        "if __name__ == '__main__':\n"
        # Whoever runs the tests may ignore it, as shells do in the background.
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "    cli(lambda: prepare(Path(sys.argv[1]), Path(sys.argv[2]), size=64,"
        " test_share=0.3, processes=2))()\n"
    )
    return subprocess.Popen(
        [sys.executable, script, photos, dataset],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_pairs(dataset: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(places(dataset)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def workers_of(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ppid = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except OSError:  # it has just ended
            continue
        if ppid == parent and "spawn_main" in command:
            found.append(int(folder.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
def test_a_killed_worker_is_one_line(tmp_path):
    for n in range(80):
        photo(tmp_path / "photos" / f"{n}.png", n, (64, 64))
    process = start(tmp_path / "photos", tmp_path / "out")
    wait_for_pairs(tmp_path / "out", 5)
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2 and "Traceback" not in errors
    assert "error: a worker was killed, most likely for want of memory" in errors
    assert len(places(tmp_path / "out")) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_prepare_is_usable_and_goes_on(tmp_path, how):
    for n in range(400):  # More than a busy machine finishes before it tells of the first ten.
        photo(tmp_path / "photos" / f"{n}.png", n, (64, 64))
    process = start(tmp_path / "photos", tmp_path / "out")
    wait_for_pairs(tmp_path / "out", 10)
    if how == signal.SIGINT:
        os.killpg(process.pid, how)  # as a terminal does: to the workers too
    else:
        process.kill()
    _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors
    if how == signal.SIGINT:
        assert process.returncode == 130
    done = places(tmp_path / "out")
    assert 10 <= len(done) < 400
    assert len(Dataset.open(tmp_path / "out").train) > 0

    # What is left of the photos is enough to go on with.
    left = [path for path in (tmp_path / "photos").iterdir() if path.name not in done]
    for path in left[40:]:
        path.unlink()
    count = len(done) + len(left[:40])
    info = prepare(tmp_path / "photos", tmp_path / "out", size=64, test_share=0.3, processes=1)
    now = places(tmp_path / "out")
    assert info["photos"] == count and now.items() >= done.items()
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 2 * count
    # As without the interruption: a photo's own name decides.
    for source, (split, _) in now.items():
        assert split == ("test" if place_in_split(0, source) < 0.3 else "train")


def test_a_second_prepare_on_the_same_dataset_is_refused(photos, tmp_path):
    run(photos, tmp_path / "out")
    folder = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        with pytest.raises(UserError, match="another prepare is at work"):
            run(photos, tmp_path / "out")
    finally:
        os.close(folder)


def test_a_journal_cut_short_by_a_crash_loses_one_line_only(photos, tmp_path):
    run(photos, tmp_path / "out")
    journal = tmp_path / "out" / "photos.jsonl"
    journal.write_text(journal.read_text()[:-20])
    assert len(places(tmp_path / "out")) == 7
    assert run(photos, tmp_path / "out")["photos"] == 8
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 16


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'"key": "', b'"key": "\x80'),
        (b'"look": "', b'"look": "zz'),
        (b'"name": "0003.jpg"', b'"name": 3'),
        (b'"name": "0003.jpg"', b'"name": "' + b"9" * 5000 + b'.jpg"'),
        (b'"source": "', b'"source": {}, "other": "'),
        (b'"split": "', b'"split": ["'),
        (b'"empty": false', b'"empty": "no"'),
    ],
)
def test_a_damaged_line_of_the_journal_is_one_pair_to_make_again(photos, tmp_path, was, becomes):
    before = run(photos, tmp_path / "out")
    journal = tmp_path / "out" / "photos.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert was in lines[2]
    journal.write_bytes(b"".join([*lines[:2], lines[2].replace(was, becomes), *lines[3:]]))
    assert len(places(tmp_path / "out")) == 7
    assert run(photos, tmp_path / "out") == before
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 16


def test_a_pair_that_is_damaged_on_the_disk_is_named(photos, tmp_path):
    run(photos, tmp_path / "out")
    damaged = []
    for path in (tmp_path / "out").glob("*/target/*.jpg"):
        path.write_bytes(path.read_bytes()[:40])
        damaged.append(path)
    photo(photos / "new.png", 50)
    for _ in damaged:
        with pytest.raises(UserError, match="is damaged .*: remove it and run") as error:
            run(photos, tmp_path / "out")
        [named] = [path for path in damaged if str(error.value).startswith(str(path))]
        named.unlink()
    assert run(photos, tmp_path / "out")["photos"] == 9


def test_a_journal_cannot_lead_out_of_the_dataset(photos, tmp_path):
    run(photos, tmp_path / "out")
    (tmp_path / "precious.jpg").write_bytes(b"precious")
    with open(tmp_path / "out" / "photos.jsonl", "a") as journal:
        for name, split in (("../../../precious.jpg", "train"), ("precious.jpg", "../..")):
            entry = {"source": f"gone-{name}", "name": name, "split": split, "key": ""}
            journal.write(json.dumps(entry) + "\n")
    assert run(photos, tmp_path / "out")["photos"] == 8
    assert (tmp_path / "precious.jpg").exists()


def test_names_in_any_script_or_none_are_read(tmp_path):
    photo(tmp_path / "photos" / "flor de otoño 🌼.png", 0)
    photo(tmp_path / "photos" / "plain.png", 1)
    shutil.copy(tmp_path / "photos/plain.png", os.fsencode(tmp_path / "photos") + b"/\xff.png")
    assert run(tmp_path / "photos", tmp_path / "out")["photos"] == 3
    assert run(tmp_path / "photos", tmp_path / "out")["photos"] == 3


def test_a_worker_says_why_it_skipped(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    plan = Plan(tmp_path, tmp_path, SIZE, "mixed", 0, "photos", "all")
    job = Job("x.jpg", ("x.jpg", "x.jpg"), "0001.jpg", "train", "")
    with pytest.raises(UnreadablePhoto) as error:
        load_photo(tmp_path / "x.jpg", SIZE)
    assert make_pair(plan, job).skipped == str(error.value)
