"""The light bundle beside a training: at once, as nobody trains, and seldom while somebody does."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.cards import load_card
from demo.studio import plans, processes
from demo.studio.jobs import Job, State, jobs_of
from demo.studio.line import Line
from demo.studio.live import JOBS, NICE, Live
from demo.studio.projects import Projects
from tests.studio_server import wait
from tests.tiny_recipes import data, trained

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path, store) -> Iterator[Path]:
    """One whose training was stopped half way."""
    folder = Projects(tmp_path / "studio").create("roses")
    shutil.copytree(trained(store, "pix2pix").folder, folder / plans.RUN)
    shutil.copytree(data(store, "pix2pix"), folder / plans.DATA)
    yield folder
    for job in jobs_of(folder, JOBS):
        job.cancel()


def as_if_it_trained(project: Path) -> Job:
    """A job that is this process."""
    job = Job.ask(project, plans.fit(None, 1, ()))
    me = processes.of(os.getpid())
    assert me
    (job.folder / "begun").mkdir()
    (job.folder / "begun" / "process.json").write_text(json.dumps(me._asdict()))
    assert job.standing().state == State.RUNNING
    return job


def see_more(project: Path, images: int) -> None:
    """As if a checkpoint were written."""
    card = project / plans.RUN / "card.json"
    told = json.loads(card.read_text())
    told["training"]["images_seen"] = images
    card.write_text(json.dumps(told))


def test_a_model_is_shown_at_once_and_not_often_while_it_trains(project):
    projects = Projects(project.parent)
    live = Live(projects, Line(projects))
    job = live.tend()
    assert job and live.tend() is None, "one at a time"
    process = wait(job.process)
    assert os.getpriority(os.PRIO_PROCESS, process.number) == NICE
    # Its threads end after it: until then it is waited for.
    wait(lambda: live.tend() is None and not live.children)
    assert job.standing().state == State.FINISHED, job.log.read_text()
    card = load_card(project / "live")
    assert list(card.files) == ["tflite-float16"]
    assert live.tend() is None, "there is nothing new"

    training = as_if_it_trained(project)
    see_more(project, 1000)
    assert live.tend() is None, "the training has the processor for 20 times as long"
    shutil.rmtree(training.folder)
    again = live.tend()
    assert again and again.folder.parent.name == JOBS
    live.let_go(project)
    wait(lambda: again.standing().state == State.CANCELLED)
    assert load_card(project / "live").files, "the one before is still there"
    # What was let go is not begun again, until there is something new.
    assert live.tend() is None
    see_more(project, 2000)
    anew = Live(projects, Line(projects))
    assert anew.tend(), "a studio that starts anew goes on"
    anew.let_go(project)
    for child in (*live.children, *anew.children):
        child.wait()


def test_a_model_that_the_whole_bundle_shows_needs_no_light_one(project):
    shutil.copytree(project / plans.RUN, project / plans.BUNDLE)
    projects = Projects(project.parent)
    assert Live(projects, Line(projects)).tend() is None
