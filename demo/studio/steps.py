"""The page's buttons: put into the line what a step needs, and write down what was chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.studio import objects, photos, plans, settings
from demo.studio.jobs import OPEN, Job, at_work, jobs_of, rest
from demo.studio.line import Line
from demo.studio.projects import Projects, name_of

_CARD = {"title": 80, "licence": 60, "author": 80}  # Letters at most.


class Steps:
    """What a page may ask of the projects; `extra` goes to every training."""

    def __init__(self, projects: Projects, line: Line, extra: Sequence[str]) -> None:
        self.projects, self.line, self.extra = projects, line, tuple(extra)

    def train(self, project: Path, told: Mapping[str, Any]) -> list[Job]:
        """Prepare the photos and train; goes on with the run that is there if nothing changed.

        Else a new run begins, and the one before is kept as an earlier one.
        """
        rest(project)
        options, minutes = plans.prepare_options(told), plans.minutes_of(told)
        if not minutes:
            raise UserError("expected some minutes to train for")
        prepare = plans.prepare_all(project, options, name_of(project))
        before = settings.read(project)
        chosen = told.get("start")
        trained = {"prepare": prepare, "photos": photos.listing(project).fingerprint()}
        same_drawings = bool(before["trained"]) and _drawn(before["trained"]) == _drawn(trained)
        same = same_drawings and before["trained"]["photos"] == trained["photos"]
        goes_on = same and chosen in (None, before["start"], project.name)
        if goes_on and (project / plans.RUN / "config.json").is_file():
            start, minutes = before["start"], minutes + spent(project) / 60
        else:
            start = plans.begin_with(self.projects, project, chosen)
            kept = same_drawings and plans.has_pairs_of(project, photos.listing(project))
            plans.set_aside(project, prepared_anew=not kept)
        settings.change(project, prepare=options, minutes=minutes, start=start, trained=trained)
        first = self.line.ask(project, prepare)
        return [first, self.line.ask(project, plans.fit(start, minutes, self.extra), first)]

    def more(self, project: Path, told: Mapping[str, Any]) -> list[Job]:
        """Go on with a training: for so many minutes more; 0 until the time that was asked for."""
        before = settings.read(project)
        if not before["trained"]:
            raise UserError("nothing was trained here yet; begin a training")
        minutes, asked = plans.minutes_of(told), float(before["minutes"] or plans.LONGEST)
        if minutes == 0:
            minutes = asked
        elif minutes < plans.LONGEST:
            minutes += asked if at_work(project, "fit") else spent(project) / 60
        settings.change(project, minutes=minutes)
        command = plans.fit(before["start"], minutes, self.extra)
        if at_work(project, "fit") or _is_prepared(project):
            return [self.line.ask(project, command)]
        first = self.line.ask(project, before["trained"]["prepare"])
        return [first, self.line.ask(project, command, first)]

    def stop(self, project: Path) -> None:
        """End what the project is at, within a second; what it has made so far stays."""
        for job in reversed(jobs_of(project)):
            if job.standing().state in OPEN:
                job.cancel()

    def cancel(self, project: Path, number: int) -> None:
        """End one job within a second, or take it out of the line; what comes after it goes too."""
        for job in jobs_of(project):
            if job.number == number:
                job.cancel()

    def export(self, project: Path, told: Mapping[str, Any]) -> list[Job]:
        """Write the bundle, whose card says what was told, and the page of it."""
        if not (project / plans.RUN / "card.json").is_file():
            raise UserError("there is nothing to take away yet; train it for some minutes first")
        card = {name: _line(told.get(name), name, most) for name, most in _CARD.items()}
        settings.change(project, card=card)
        first = self.line.ask(project, plans.export(card, project.name))
        return [first, self.line.ask(project, plans.page(), first)]


def spent(project: Path) -> float:
    """Seconds for which a project's run has trained, as its newest checkpoint says."""
    return objects.number(objects.training(project / plans.RUN), "seconds")


def _drawn(trained: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Of which folder pairs are made, and how; not of which of its photos, nor how many of each."""
    _, _, place, _, *rest = trained["prepare"]
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    return place, {
        name: options[name] for name in options.keys() - {"--drawings", "--name", "--leave-out"}
    }


def _is_prepared(project: Path) -> bool:
    return bool(objects.read(project / plans.DATA / "dataset.json").get("complete"))


def _line(value: Any, name: str, most: int) -> str:
    text = " ".join(str(value or "").split())
    if len(text) > most or not text.isprintable() or text.startswith("-"):
        raise UserError(f"expected {name} to be at most {most} letters, on one line")
    return text
