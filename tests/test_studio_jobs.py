"""Jobs of the studio: real commands, which live without it, wait for each other and can end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.errors import UserError
from demo.studio import jobs, processes, reports
from demo.studio.jobs import Job, Standing, State
from demo.studio.line import Line, alone
from demo.studio.projects import Projects
from tests.prepared import discs

REPOSITORY = Path(__file__).resolve().parent.parent
SHORT = ["training", "prepare", "photos", "data", "--size", "32", "--processes", "1"]
LONG = [*SHORT[:-1], "2", "--drawings", "64"]  # Some 400 pairs, by two workers.


@pytest.fixture
def projects(tmp_path) -> Iterator[Projects]:
    made = Projects(tmp_path / "studio")
    yield made
    for project in made.folders():  # Whatever a test that failed left at work.
        for job in jobs.jobs_of(project):
            job.cancel()


@pytest.fixture
def project(projects) -> Path:
    folder = projects.create("roses")
    discs(folder / "photos")
    return folder


def wait(until: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_over(job: Job) -> bool:
    return job.standing().state not in jobs.OPEN


def pairs_made(job: Job) -> int:
    return int(reports.latest(job.progress).get("step", {}).get("done") or 0)


@pytest.mark.slow
def test_jobs_run_one_after_the_other_in_their_project(projects, project):
    # Nothing that lies among somebody's pictures is code.
    for name in ("training.py", "json.py", "sitecustomize.py"):
        (project / name).write_text("raise SystemExit('taken for code')")
    other = projects.create("gone")
    (other / "photos").rmdir()
    line = Line(projects)
    first, second = line.ask(project, SHORT), line.ask(other, SHORT)
    assert line.ask(project, SHORT) == first, "a second browser does not put it there twice"
    assert line.open_jobs() == [first, second]
    assert line.tend() == first
    assert line.tend() is None, "one at a time"
    wait(lambda: is_over(first))
    assert first.standing() == Standing(State.FINISHED), first.log.read_text()
    told = reports.latest(first.progress)
    assert told["prepared"]["source"] == "photos", "the project may be moved"
    assert told["prepared"]["photos"] == 8 and told["end"]["state"] == "finished"
    wait(lambda: line.tend() == second)
    wait(lambda: is_over(second))
    failed = second.standing()
    assert failed.state == State.FAILED and "found no folder at photos" in failed.why
    wait(lambda: line.tend() is None and not line.children)
    assert line.open_jobs() == []


@pytest.mark.slow
def test_a_job_outlives_the_studio_and_goes_on_after_its_own_end(projects, project):
    """Both are killed by force, one after the other."""
    code = (
        "import sys, threading; from pathlib import Path; from demo.studio.line import Line\n"
        "from demo.studio.projects import Projects\n"
        "Line(Projects(Path(sys.argv[1]))).tend_until(threading.Event())"
    )
    job = Line(projects).ask(project, LONG)
    command = [sys.executable, "-c", code, str(projects.place)]
    studio = subprocess.Popen(command, cwd=REPOSITORY)
    try:
        wait(lambda: pairs_made(job) > 0)
    finally:
        studio.kill()
        studio.wait()
    line = Line(projects)
    assert line.open_jobs() == [job] and job.standing() == Standing(State.RUNNING)
    assert line.tend() is None, "it is not begun a second time"
    process = job.process()
    assert process
    os.kill(process.number, signal.SIGKILL)
    wait(lambda: is_over(job))
    assert job.standing().state == State.INTERRUPTED and "it can go on" in job.standing().why
    kept = {path: path.stat().st_mtime_ns for path in project.glob("data/train/input/*.jpg")}
    assert kept

    again = line.ask(project, [*SHORT, "--drawings", "2"])
    assert line.tend() == again
    wait(lambda: is_over(again))
    assert again.standing() == Standing(State.FINISHED), again.log.read_text()
    wait(lambda: line.tend() is None and not line.children)
    left = {path: path.stat().st_mtime_ns for path in project.glob("data/train/input/*.jpg")}
    assert left.items() & kept.items(), "nothing was made anew"


@pytest.mark.slow
def test_a_cancel_works_within_a_second_with_all_that_was_started(projects, project):
    line = Line(projects)
    first, second = line.ask(project, LONG), line.ask(project, SHORT)
    line.tend()
    wait(lambda: pairs_made(first) > 0)
    process = first.process()
    assert process
    second.cancel()
    began = time.monotonic()
    first.cancel()
    assert time.monotonic() - began < 1
    wait(lambda: is_over(first), 1)
    states = [job.standing().state for job in (first, second)]
    assert states == [State.CANCELLED, State.CANCELLED]
    wait(lambda: line.tend() is None and not line.children)
    wait(lambda: not at_work(process.number), 5)
    assert line.open_jobs() == []


def at_work(group: int) -> list[str]:
    """The processes of a group; those that have ended may stay in the list of all."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state, _, its_group = path.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                found.append(path.parent.name)
    return found


@pytest.mark.slow
def test_options_that_are_not_understood_are_a_sentence(projects, project):
    job = Line(projects).ask(project, [*SHORT, "--size", "33"])
    job.begin().wait()
    assert job.standing().state == State.FAILED
    assert job.standing().why.startswith("--size 33: expected a multiple of 32")


def test_a_full_disk_keeps_jobs_waiting(projects, project, monkeypatch):
    job = Line(projects).ask(project, SHORT)
    monkeypatch.setattr(jobs, "LEAST_ROOM", 2**62)
    with pytest.raises(UserError, match="the disk is full; make room"):
        Line(projects).tend()
    assert job.standing() == Standing(State.WAITING)


def begun(job: Job, **changes: object) -> None:
    """As if this process were the job, but for the changes."""
    me = processes.of(os.getpid())
    assert me
    (job.folder / "begun").mkdir()
    told = me._asdict() | changes
    (job.folder / "begun" / "process.json").write_text(json.dumps(told))


def test_what_was_interrupted_says_why_and_that_it_can_go_on(project, monkeypatch):
    job = Job.ask(project, SHORT)
    begun(job, boot="another")
    assert job.standing().state == State.INTERRUPTED
    assert "switched off" in job.standing().why and "can go on" in job.standing().why
    other = Job.ask(project, SHORT)
    begun(other, began=1)  # The number is of another process by now.
    assert "not enough memory" in other.standing().why and "can go on" in other.standing().why
    monkeypatch.setattr(jobs, "LEAST_ROOM", 2**62)
    assert "the disk is full" in other.standing().why
    other.log.write_text("loading\nerror: cannot write data: No space left\n")
    assert other.standing() == Standing(State.FAILED, "cannot write data: No space left")
    other.progress.write_text('{"event": "end", "state": "finished"}\n')
    assert other.standing() == Standing(State.FINISHED)


def test_no_other_process_of_its_number_is_ended(project):
    job = Job.ask(project, SHORT)
    begun(job, began=1)
    job.cancel()  # Or else this test would end here.
    assert processes.of(os.getpid())


@pytest.mark.parametrize("name", ["begun", "cancelled"])
def test_a_job_is_begun_once_and_not_after_it_was_cancelled(project, name):
    job = Job.ask(project, SHORT)
    if name == "begun":
        begun(job, began=1)
    else:
        job.cancel()
    assert job.begin().wait() == 0
    assert not job.progress.exists() and not (project / "data").exists()


def test_nothing_but_our_commands_is_run(project):
    job = Job.ask(project, ["http.server", "1"])
    assert job.begin().wait() == 1
    assert "expected training or export, got http.server" in job.log.read_text()


def test_a_second_studio_is_kept_out(projects):
    with alone(projects.place), pytest.raises(UserError, match="another studio"):
        with alone(projects.place):
            pass
    with alone(projects.place):
        pass


def test_damaged_jobs_are_passed_over(project):
    job = Job.ask(project, SHORT)
    damaged = Job.ask(project, SHORT)
    (damaged.folder / "job.json").write_text("{")
    assert jobs.jobs_of(project) == [job]
    assert Job.ask(project, SHORT).folder.name == "0003"
