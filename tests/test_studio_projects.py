"""The projects of a studio: folders that are made, named, copied and thrown away."""

import os
import time

import pytest

from demo.errors import UserError
from demo.studio.jobs import Job
from demo.studio.line import Line
from demo.studio.listed import Listed
from demo.studio.plans import begin_with
from demo.studio.projects import KEPT, SHIPPED, Projects


@pytest.fixture
def projects(tmp_path) -> Projects:
    return Projects(tmp_path / "studio")


def names(projects: Projects) -> set[str]:
    return {project.name for project in projects.listed()}


def test_a_project_has_a_folder_by_its_name(projects):
    assert projects.create("  Mis  Rosas ✿ ").name == "mis-rosas"
    assert projects.create("mis rosas").name == "mis-rosas-2"
    assert projects.create("花").name == "project"
    assert names(projects) == {"Mis Rosas ✿", "mis rosas", "花"}
    projects.rename("project", "flowers")
    assert names(projects) == {"Mis Rosas ✿", "mis rosas", "flowers"}
    assert projects.folder("project").is_dir()


def test_a_project_is_not_taken_for_what_ships(projects):
    assert [projects.create("Flowers").name for _ in range(2)] == ["flowers-2", "flowers-3"]


def test_a_project_that_has_learned_is_one_to_begin_with(projects):
    tulips, roses = projects.create("Tulips"), projects.create("My <roses>")
    listed = Listed(projects, Line(projects), local=True)
    shipped = [{"id": id, "name": id, "size": "256"} for id in SHIPPED]
    assert listed.state()["starts"] == shipped
    (roses / "run").mkdir()
    for name in ("config.json", "card.json"):
        (roses / "run" / name).write_text('{"size": "384x256"}')
    assert listed.state()["starts"] == shipped, "no weights yet"
    with pytest.raises(UserError, match="has learned nothing yet"):
        begin_with(projects, tulips, roses.name)
    (roses / "run" / "generator.weights.h5").write_bytes(b"weights")
    learned = {"id": "my-roses", "name": "My <roses>", "size": "384x256"}
    assert listed.state()["starts"] == [*shipped, learned]
    # What it learns later on, or that it is thrown away, is nothing to who began with it.
    assert begin_with(projects, tulips, roses.name) == "my-roses"
    projects.delete("my-roses")
    assert (tulips / "start" / "generator.weights.h5").read_bytes() == b"weights"
    assert listed.state()["starts"] == shipped


@pytest.mark.parametrize(
    "id", ["", ".", "..", "../studio", "trash", "a/b", "A", "none", "-a", "a\n"]
)
def test_no_other_folder_is_taken_for_a_project(projects, id):
    with pytest.raises(UserError, match="there is no project"):
        projects.folder(id)


@pytest.mark.parametrize("name", ["", "   ", "a" * 81, "a\x00b"])
def test_a_name_is_short_and_can_be_read(projects, name):
    with pytest.raises(UserError, match="expected a name"):
        projects.create(name)
    assert projects.folders() == []


def test_a_list_tells_size_age_and_a_picture(projects):
    older, newer = projects.create("older"), projects.create("newer")
    (older / "data").mkdir()
    (older / "data" / "sheet.png").write_bytes(b"x" * 1000)
    (older / "run" / "samples").mkdir(parents=True)
    for name in ("00001.png", "00002.png"):
        (older / "run" / "samples" / name).write_bytes(b"x" * 500)
    for folder, age in ((older, 100.0), (newer, 10.0)):
        for path in folder.rglob("*.*"):
            os.utime(path, (time.time() - age,) * 2)
    first, second = projects.listed()
    assert (first.id, first.thumbnail) == ("newer", None)
    assert (second.id, second.thumbnail) == ("older", older / "run" / "samples" / "00002.png")
    assert second.size == 2000 + (older / "project.json").stat().st_size
    assert 99 < time.time() - second.changed < 110


def test_a_damaged_project_is_still_listed(projects):
    folder = projects.create("roses")
    (folder / "project.json").write_text("{")
    assert names(projects) == {"roses"}
    projects.rename("roses", "Roses")
    assert names(projects) == {"Roses"}


def test_a_copy_has_all_but_the_jobs(projects):
    folder = projects.create("roses")
    (folder / "photos" / "a.jpg").write_bytes(b"photo")
    job = Job.ask(folder, ["training", "prepare", "photos", "data"])
    with pytest.raises(UserError, match="at work"):
        projects.copy("roses", "other roses")
    job.cancel()
    copied = projects.copy("roses", "other roses")
    assert (copied / "photos" / "a.jpg").read_bytes() == b"photo"
    assert not (copied / "jobs").exists()
    assert names(projects) == {"roses", "other roses"}


def test_what_is_thrown_away_can_be_had_back_for_a_week(projects):
    (projects.create("roses") / "photos" / "a.jpg").write_bytes(b"photo")
    thrown = projects.delete("roses")
    assert (projects.folders(), projects.thrown_away()) == ([], [thrown])
    projects.create("roses")
    back = projects.restore(thrown)
    assert back.name == "roses-2" and (back / "photos" / "a.jpg").read_bytes() == b"photo"
    with pytest.raises(UserError, match="in the trash"):
        projects.restore("../roses")

    thrown = projects.delete("roses-2")
    projects.purge(time.time() + KEPT - 60)
    assert projects.thrown_away() == [thrown]
    projects.purge(time.time() + KEPT + 60)
    assert projects.thrown_away() == []


def test_a_project_that_is_at_work_is_not_thrown_away(projects):
    folder = projects.create("roses")
    job = Job.ask(folder, ["training", "prepare", "photos", "data"])
    with pytest.raises(UserError, match="at work"):
        projects.delete("roses")
    job.cancel()
    projects.delete("roses")
    with pytest.raises(UserError, match="cannot write"):  # The other browser did not know.
        Job.ask(folder, ["training", "prepare", "photos", "data"])
    assert not folder.exists()
