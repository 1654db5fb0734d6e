"""What the page's list shows: the projects, the line, the trash, how much room there is."""

import shutil
import time
from typing import Any

from demo.studio import plans, reports
from demo.studio.files import address
from demo.studio.jobs import OPEN, Job, State, jobs_of
from demo.studio.line import Line
from demo.studio.projects import SHIPPED, STARTS, TRASH, Project, Projects, name_of

SIZE = "256"  # Of what ships.
FRESH = 3.0  # Seconds for which nobody adds up again how large the projects are.


def job(told: Job) -> dict[str, Any]:
    """Say where a job is: its state, step, share done (0..1) and seconds left, where known."""
    standing = told.standing()
    step = reports.latest(told.progress).get("step", {}) if standing.state in OPEN else {}
    done, total, left = step.get("done"), step.get("total"), step.get("seconds_left")
    share = done / total if done is not None and total else None
    if share is None and left is not None and step.get("seconds") is not None:
        whole = step["seconds"] + left  # Of a training for a time.
        share = step["seconds"] / whole if whole else None
    return {
        "project": told.project.name,
        "number": told.number,
        "kind": told.kind,
        "state": standing.state,
        "why": standing.why,
        "step": step.get("step"),
        "share": None if share is None else max(0.0, min(1.0, share)),
        "left": left,
        "asked": told.asked,
    }


def newest(jobs: list[Job]) -> Job | None:
    """The job of a project that a list shows: the one at work, or else what went wrong last."""
    for each in jobs:
        if each.standing().state == State.RUNNING:
            return each
    waiting = [each for each in jobs if each.standing().state == State.WAITING]
    if waiting:
        return waiting[0]
    last = jobs[-1] if jobs else None
    ended_well = (State.FINISHED, State.CANCELLED)
    return None if last is None or last.standing().state in ended_well else last


class Listed:
    """Answers `/api/state`, and adds up the sizes of projects not more often than it must."""

    def __init__(self, projects: Projects, line: Line, local: bool) -> None:
        self.projects, self.line, self.local = projects, line, local
        self._seen: tuple[float, list[Project]] = (0.0, [])

    def state(self) -> dict[str, Any]:
        """Return all of it; sizes and ages are a few seconds old."""
        return {
            "projects": [self._project(each) for each in self._listed()],
            "line": [job(each) for each in self.line.open_jobs()],
            "trash": [
                {"id": thrown, "name": name_of(self.projects.place / TRASH / thrown)}
                for thrown in self.projects.thrown_away()
            ],
            "free": shutil.disk_usage(self.projects.place).free,
            "local": self.local,
            "starts": [{"id": id, "name": id, "size": SIZE} for id in SHIPPED] + self._learned(),
        }

    def _learned(self) -> list[dict[str, str]]:
        """The projects that another one can begin with, beside what ships."""
        folders = ((each.id, self.projects.place / each.id) for each in self._listed())
        return [
            {"id": id, "name": name_of(folder), "size": plans.size_of(folder)}
            for id, folder in folders
            if id not in STARTS and plans.has_learned(folder)
        ]

    def _listed(self) -> list[Project]:
        when, seen = self._seen
        ids = {folder.name for folder in self.projects.folders()}
        if time.monotonic() - when > FRESH or ids != {each.id for each in seen}:
            self._seen = (time.monotonic(), self.projects.listed())
        return self._seen[1]

    def _project(self, seen: Project) -> dict[str, Any]:
        folder = self.projects.place / seen.id
        shown = newest(jobs_of(folder))
        return {
            "id": seen.id,
            "name": name_of(folder),
            "changed": seen.changed,
            "size": seen.size,
            "thumbnail": address(folder, seen.thumbnail),
            "job": job(shown) if shown else None,
        }
