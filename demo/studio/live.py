"""A light bundle beside the training, so that a canvas is answered by the model as it is now.

    PROJECT/live/  card.json  generator.float16.tflite  check/
            showing/0001/  (the job that writes it)

An export takes processor time from the training. After one that took S seconds of it the next
begins when 20 S have gone by, so that it is less than a twentieth; at once where nothing trains.
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

from demo.errors import UserError
from demo.studio import objects, plans
from demo.studio.jobs import OPEN, Job, State, at_work, jobs_of, room
from demo.studio.line import Line
from demo.studio.projects import Projects

PLACE, JOBS = "live", "showing"
REST = 20.0  # Times the processor time of the last one.
INTERVAL = 1.0  # Seconds between two looks.
# A training takes all cores: at 19 an export gets a hundredth of one, and does not end before the
# next checkpoint. How much it may take is said by `REST`.
NICE = 5
# Of every size, right even where the training has just begun; int8 may be refused then.
FORMAT = "tflite-float16"
_TICKS = os.sysconf("SC_CLK_TCK")


class Live:
    """Exports what is newest, one project at a time."""

    def __init__(self, projects: Projects, line: Line) -> None:
        self.projects, self.line = projects, line
        self._job: Job | None = None
        self.children: list[subprocess.Popen[bytes]] = []  # Begun here, and not ended yet.
        self._began, self._spent, self._rest_until = 0.0, 0.0, 0.0
        self._tried: dict[Path, int] = {}  # When the model was written that was exported last.
        self._lock = threading.Lock()

    def tend(self) -> Job | None:
        """Look after the export that goes on; begin the next one if it is time, and return it."""
        with self._lock:
            self.children = [child for child in self.children if child.poll() is None]
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
        # A child may not have written down yet that it is the job.
        goes_on = bool(self.children) or job.standing().state in OPEN
        self._rest_until = self._began + max(REST * self._spent, INTERVAL)
        if not goes_on:
            self._job = None
        return goes_on

    def _training(self) -> Path | None:
        """The project that trains now."""
        for job in self.line.open_jobs():
            if job.kind == "fit" and job.standing().state == State.RUNNING:
                return job.project
        return None

    def _is_due(self, project: Path) -> bool:
        seen = _images(project / plans.RUN)
        if not seen or _written(project) == self._tried.get(project) or not room(project):
            return False
        # What another studio began, before this one, may go on still.
        goes_on = any(job.standing().state in OPEN for job in jobs_of(project, JOBS))
        shown = (_images(project / place) for place in (PLACE, plans.BUNDLE))
        return not at_work(project, "export") and not goes_on and seen not in shown

    def _begin(self, project: Path) -> Job:
        self._tried[project] = _written(project)
        shutil.rmtree(project / JOBS, ignore_errors=True)
        command = ["export", plans.RUN, PLACE, "--formats", FORMAT]
        command += ["--data", plans.DATA, "--name", project.name]
        self._job = Job.ask(project, command, place=JOBS)
        child = self._job.begin()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, NICE)
        self.children.append(child)
        self._began, self._spent = time.monotonic(), 0.0
        return self._job


def _images(place: Path) -> int | None:
    return int(objects.number(objects.training(place), "images_seen")) or None


def _written(project: Path) -> int:
    try:
        return (project / plans.RUN / "card.json").stat().st_mtime_ns
    except OSError:
        return 0


def _processor_seconds(number: int) -> float:
    """What a process has had of the processor, with the children that it has waited for."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(errors="replace")
    except (OSError, ValueError):
        return 0.0
    return sum(map(int, stat.rpartition(")")[2].split()[11:15])) / _TICKS
