"""The line: all jobs of a studio, of which one runs and the others wait for their turn."""

import contextlib
import fcntl
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from demo.errors import UserError
from demo.studio.jobs import OPEN, Job, State, jobs_of, room
from demo.studio.projects import Projects

INTERVAL = 0.3  # Seconds between two looks at whether the next job can begin.


class Line:
    """Starts the jobs of a studio, one at a time, in the order in which they were asked for.

    It holds nothing that its folders do not say: after it was killed, another `Line` goes on.
    """

    def __init__(self, projects: Projects) -> None:
        self.projects = projects
        self.children: list[subprocess.Popen[bytes]] = []  # Begun here, and not ended yet.
        self._lock = threading.Lock()
        self._closed: set[Path] = set()  # Folders of jobs that are over, which stay so.

    def open_jobs(self) -> list[Job]:
        """The job that runs, if one does, and then those that wait, in their order."""
        found = []
        for project in self.projects.folders():
            for job in jobs_of(project):
                if job.folder in self._closed:
                    continue
                state = job.standing().state
                if state in OPEN:
                    found.append((state != State.RUNNING, job.asked, job.folder, job))
                else:
                    self._closed.add(job.folder)
        return [job for *_, job in sorted(found, key=lambda each: each[:3])]

    def ask(self, project: Path, command: Sequence[str], after: Job | None = None) -> Job:
        """Put a job at the end of the line; one that is in it already is not put there twice."""
        with self._lock:
            for job in self.open_jobs():
                if job.project == project and job.command == tuple(command):
                    return job
            return Job.ask(project, command, after.number if after else None)

    def tend(self) -> Job | None:
        """Begin the next job, if none runs, and return it.

        Raises:
            UserError: the disk has no room for it; it goes on waiting.
        """
        with self._lock:
            self.children = [child for child in self.children if child.poll() is None]
            jobs = self.open_jobs()
            # A child may not have written down yet that it is the job.
            if self.children or not jobs or jobs[0].standing().state == State.RUNNING:
                return None
            if jobs[0].is_vain():
                jobs[0].cancel()
                return None
            if not room(self.projects.place):
                raise UserError("jobs wait, as the disk is full; make room there")
            self.children.append(jobs[0].begin())
            return jobs[0]

    def tend_until(self, stopped: threading.Event) -> None:
        """Look after the line, until it is told to stop; jobs that run then go on."""
        while not stopped.wait(INTERVAL):
            with contextlib.suppress(UserError, OSError):  # It waits, and the page says why.
                self.tend()


@contextlib.contextmanager
def alone(place: Path) -> Iterator[None]:
    """Keep a second studio out of the folder of this one."""
    handle = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UserError(
            f"another studio has {place} open; go to its page, or name another folder"
        ) from None
    finally:
        os.close(handle)
