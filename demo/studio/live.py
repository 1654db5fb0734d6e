"""A light bundle beside the training, so that a canvas is answered by the model as it is now.

    PROJECT/live/  card.json  generator.float16.tflite  check/
            showing/0001/  (the job that writes it)

An export takes processor time from the training. After one that took S seconds of it the next
begins when 20 S have gone by, so that it is less than a twentieth; at once where nothing trains.
"""

import contextlib
import os
import shutil
import threading
import time
from pathlib import Path

from demo.errors import UserError
from demo.studio import plans
from demo.studio.described import read
from demo.studio.jobs import OPEN, Job, State, jobs_of, room
from demo.studio.line import Line
from demo.studio.projects import Projects

PLACE, JOBS = "live", "showing"
REST = 20.0  # Times the processor time of the last one.
INTERVAL = 1.0  # Seconds between two looks.
NICE = 19  # Whatever the training does not want is enough.
# Of every size, right even where the training has just begun; int8 may be refused then.
FORMAT = "tflite-float16"
_TICKS = os.sysconf("SC_CLK_TCK")


class Live:
    """Exports what is newest, one project at a time."""

    def __init__(self, projects: Projects, line: Line) -> None:
        self.projects, self.line = projects, line
        self._job: Job | None = None
        self._child: object = None  # Kept, or else Python waits for it somewhere else.
        self._began, self._spent, self._rest_until = 0.0, 0.0, 0.0
        self._tried: dict[Path, int] = {}  # Images seen by the model that was exported last.
        self._lock = threading.Lock()

    def tend(self) -> Job | None:
        """Look after the export that goes on; begin the next one if it is time, and return it."""
        with self._lock:
            if self._job and self._goes_on(self._job):
                return None
            training = self._training()
            if training and time.monotonic() < self._rest_until:
                return None
            for project in [training] if training else self.projects.folders():
                if self._is_due(project):
                    return self._begin(project)
            return None

    def tend_until(self, stopped: threading.Event) -> None:
        """Do so until told to stop; an export that goes on then comes to its end by itself."""
        while not stopped.wait(INTERVAL):
            with contextlib.suppress(UserError, OSError):  # A model that is not shown yet.
                self.tend()

    def let_go(self, project: Path) -> None:
        """End an export of a project, which is about to be moved or to begin anew."""
        with self._lock:
            for job in jobs_of(project, JOBS):
                job.cancel()

    def _goes_on(self, job: Job) -> bool:
        process = job.process()
        if process:
            self._spent = max(self._spent, _processor_seconds(process.number))
        goes_on = (
            job.standing().state in OPEN and getattr(self._child, "poll", lambda: None)() is None
        )
        self._rest_until = self._began + max(REST * self._spent, INTERVAL)
        if not goes_on:
            self._job = self._child = None
        return goes_on

    def _training(self) -> Path | None:
        """The project that trains now."""
        for job in self.line.open_jobs():
            if job.kind == "fit" and job.standing().state == State.RUNNING:
                return job.project
        return None

    def _is_due(self, project: Path) -> bool:
        seen = _images(project / plans.RUN)
        if not seen or seen == self._tried.get(project) or not room(project):
            return False
        exports = any(
            job.kind == "export" and job.standing().state in OPEN for job in jobs_of(project)
        )
        # What another studio began, before this one, may go on still.
        goes_on = any(job.standing().state in OPEN for job in jobs_of(project, JOBS))
        shown = (_images(project / place) for place in (PLACE, plans.BUNDLE))
        return not exports and not goes_on and seen not in shown

    def _begin(self, project: Path) -> Job:
        self._tried[project] = _images(project / plans.RUN) or 0
        shutil.rmtree(project / JOBS, ignore_errors=True)
        command = ["export", plans.RUN, PLACE, "--formats", FORMAT]
        command += ["--data", plans.DATA, "--name", project.name]
        self._job = Job.ask(project, command, place=JOBS)
        child = self._job.begin()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, NICE)
        self._child, self._began, self._spent = child, time.monotonic(), 0.0
        return self._job


def _images(place: Path) -> int | None:
    seen = read(place / "card.json").get("training", {}).get("images_seen")
    return seen if isinstance(seen, int) else None


def _processor_seconds(number: int) -> float:
    """What a process has had of the processor, with the children that it has waited for."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(errors="replace")
    except (OSError, ValueError):
        return 0.0
    return sum(map(int, stat.rpartition(")")[2].split()[11:15])) / _TICKS
