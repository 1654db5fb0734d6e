"""A job: one command of a project, in a folder that says all there is to know of it.

    jobs/0001/  job.json  begun/process.json  progress.jsonl  log.txt  cancelled

The state of a job is what these files and the machine say, nothing that a process remembers: so it
lives without the page and without the studio, and a studio that starts sees what goes on, what was
interrupted, and what waits. Commands run in their project's folder and name what is in it by
relative paths, so that a project may be moved, also to another machine.
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from demo.errors import UserError
from demo.studio import processes, reports
from demo.studio.processes import Process
from demo.studio.start import CANCELLED, PROCESS

REPOSITORY = Path(__file__).resolve().parents[2]
JOBS = "jobs"
LEAST_ROOM = 100_000_000  # Bytes on the disk, below which no job begins: a checkpoint has as many.
LOG_TAIL = 4_096  # Bytes


class State(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


OPEN = (State.WAITING, State.RUNNING)


class Busy(UserError):
    """The project is at work, and cannot do that at the same time."""


@dataclass(frozen=True)
class Standing:
    """Where a job is, and a sentence that says why, and what to do, where it did not finish."""

    state: State
    why: str = ""


@dataclass(frozen=True)
class Job:
    """A command that was asked for.

    Attributes:
        folder: its own, in `jobs/` of its project.
        command: the module, `training` or `export`, and its arguments.
        asked: when, in seconds since 1970.
        after: the number of a job of the same project without which it has no sense.
    """

    folder: Path
    command: tuple[str, ...]
    asked: float
    after: int | None = None

    @classmethod
    def ask(
        cls, project: Path, command: Sequence[str], after: int | None = None, place: str = JOBS
    ) -> "Job":
        """Write down a job to do, in a folder of the project; it appears whole or not at all."""
        jobs = project / place
        beside = jobs / f".new.{os.getpid()}.{time.monotonic_ns()}"
        asked = time.time()
        try:
            jobs.mkdir(exist_ok=True)  # Of a project that was thrown away meanwhile there is none.
            beside.mkdir()
            told = {"command": list(command), "asked": asked, "after": after}
            (beside / "job.json").write_text(json.dumps(told), encoding="utf-8")
            numbers = [int(path.name) for path in jobs.glob("[0-9]*")]
            for number in itertools.count(max(numbers, default=0) + 1):
                folder = jobs / f"{number:04d}"
                if not folder.exists():
                    beside.rename(folder)
                    return cls(folder, tuple(command), asked, after)
        except OSError as error:
            shutil.rmtree(beside, ignore_errors=True)
            raise UserError(f"cannot write {jobs}: {error.strerror}; make room there") from None
        raise AssertionError("numbers do not end")

    @classmethod
    def open(cls, folder: Path) -> "Job":
        """Read a job. Raises `UserError` where there is none, or it is damaged."""
        try:
            told = json.loads((folder / "job.json").read_text(encoding="utf-8"))
            after = told.get("after")
            return cls(
                folder,
                tuple(map(str, told["command"])),
                float(told["asked"]),
                None if after is None else int(after),
            )
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError(f"{folder} holds no job that can be read; remove it") from None

    @property
    def project(self) -> Path:
        """The folder of its project."""
        return self.folder.parents[1]

    @property
    def number(self) -> int:
        """Its place among the jobs of its project, from 1."""
        return int(self.folder.name)

    @property
    def kind(self) -> str:
        """What it does: prepare, fit, preview, evaluate, export or page."""
        module, name = self.command[:2]
        return name if module == "training" or name == "page" else module

    @property
    def progress(self) -> Path:
        """What it tells of itself; see `reports`."""
        return self.folder / "progress.jsonl"

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / "log.txt"

    def process(self) -> Process | None:
        """Return the process that is, or was, the job; None where it has not begun."""
        try:
            return Process(**json.loads((self.folder / PROCESS).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def standing(self) -> Standing:
        """See where it is."""
        process, cancelled = self.process(), (self.folder / CANCELLED).exists()
        if process is None:
            return Standing(State.CANCELLED if cancelled else State.WAITING)
        if processes.lives(process):
            return Standing(State.RUNNING)
        end = reports.latest(self.progress).get("end", {})
        if end.get("state") == "finished":
            return Standing(State.FINISHED)
        if cancelled:
            return Standing(State.CANCELLED)
        if why := end.get("error") or self._last_error():
            return Standing(State.FAILED, str(why))
        if end:
            return Standing(State.INTERRUPTED, "somebody stopped it; it can go on")
        return Standing(State.INTERRUPTED, self._why(process))

    def is_vain(self) -> bool:
        """Tell whether what it comes after is over, and has not finished."""
        if self.after is None:
            return False
        before = Job.open(self.folder.parent / f"{self.after:04d}")
        return before.standing().state not in (*OPEN, State.FINISHED)

    def begin(self) -> subprocess.Popen[bytes]:
        """Start it, as a process of its own session, which goes on without this one."""
        command = [sys.executable, "-P", "-m", "demo.studio.start", str(self.folder.absolute())]
        command += [*self.command, "--progress", str(self.progress.absolute())]
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.project,
                # With -P nothing that lies in the project is taken for code.
                env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def cancel(self) -> None:
        """End it within a second, or take it out of the line; what it has made so far stays."""
        if self.standing().state not in OPEN:
            return
        (self.folder / CANCELLED).touch()
        if process := self.process():
            processes.end(process)

    def _last_error(self) -> str:
        """What it said before it could write its progress: options that are not understood, say."""
        try:
            with open(self.log, "rb") as file:
                file.seek(max(0, self.log.stat().st_size - LOG_TAIL))
                lines = file.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return next((each[7:] for each in reversed(lines) if each.startswith("error: ")), "")

    def _why(self, process: Process) -> str:
        if process.boot != processes.boot():
            return "the machine was switched off in the middle, or is another one; it can go on"
        if not room(self.folder):
            return "the disk is full; make room, then it can go on"
        return (
            "something ended it in the middle, most likely as there was not enough memory; "
            "close other programs, then it can go on"
        )


def jobs_of(project: Path, place: str = JOBS) -> list[Job]:
    """The jobs of a project, in the order in which they were asked for; damaged ones are left."""
    found = []
    folders = project.glob(f"{place}/[0-9]*")
    for folder in sorted(folders, key=lambda path: (len(path.name), path.name)):
        try:
            found.append(Job.open(folder))
        except UserError:
            continue
    return found


def at_work(project: Path, kind: str | None = None) -> bool:
    """Tell whether a project has a job, or one of a kind, that runs or waits."""
    kinds = (job for job in jobs_of(project) if kind in (None, job.kind))
    return any(job.standing().state in OPEN for job in kinds)


def rest(project: Path) -> None:
    """Raise `Busy` where a project is at work."""
    if at_work(project):
        raise Busy("this project is at work; wait until it is done, or stop it first")


def room(folder: Path) -> bool:
    """Tell whether the disk of a folder has room for what a job writes."""
    return shutil.disk_usage(folder).free >= LEAST_ROOM
