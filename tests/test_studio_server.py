"""The studio over HTTP: from a zip of photos to a page to take away, with every process killed."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo.studio import processes
from demo.studio.jobs import jobs_of
from tests.demo_server import REPOSITORY
from tests.studio_server import Studio, png, studio, wait, zipped

pytestmark = pytest.mark.slow


def job(served: Studio, kind: str, project: str = "roses") -> dict[str, Any]:
    """The newest job of a kind."""
    jobs = served.tell("GET", f"/projects/{project}")["jobs"]
    return next((each for each in jobs if each["kind"] == kind), {"state": None})


def ended(served: Studio, kind: str, project: str = "roses") -> dict[str, Any]:
    over = ("finished", "failed", "interrupted", "cancelled")
    return wait(lambda: (found := job(served, kind, project))["state"] in over and found, 300)


@pytest.mark.timeout(900)  # Eight commands, each of which loads TensorFlow.
def test_from_a_zip_to_a_page_to_take_away_though_all_is_killed_on_the_way(tmp_path):
    place = tmp_path / "studio"
    with studio(place) as served:
        assert served.tell("POST", "/projects", {"name": "Roses"}) == {"id": "roses"}
        sent = zipped({f"{number}.png": png(number) for number in range(12)})
        assert served.send("roses", "roses.zip", sent).told == {"added": 12, "left_out": []}
        options = {"style": "blobs", "background": "black", "plants": "no", "size": 64}
        asked = served.tell("POST", "/projects/roses/train", options | {"minutes": 3})
        assert [each["kind"] for each in asked["jobs"]] == ["prepare", "fit"]
        busy = served.ask("POST", "/api/projects/roses/train", options | {"minutes": 1})
        assert busy.status == 409 and "at work" in busy.told["error"]
        assert served.ask("DELETE", "/api/projects/roses").status == 409
        # The second sheet comes after the first checkpoint.
        wait(lambda: served.tell("GET", "/projects/roses")["training"]["samples"][1:], 300)
        told = served.tell("GET", "/projects/roses")
        training = told["training"]
        assert training["minutes"] == 3 and training["ends"] > time.time()
        assert training["images_per_second"] > 0 and not training["can_go_on"]
        assert training["losses"][0][1]["generator_loss"] > 0
        sheet = served.ask("GET", training["samples"][-1]["url"])
        assert Image.open(io.BytesIO(sheet.content)).height > 64
        assert training["samples"][0]["images"] == training["losses"][0][0] > 0
        assert told["data"]["pairs"] > 12 and told["prepare"]["shape"] == "square"
        served.process.kill()
        fit = next(each for each in jobs_of(place / "roses") if each.kind == "fit")
        process = fit.process()
        assert process
        os.kill(process.number, signal.SIGKILL)
        # It takes its time to die, and what lives when the block is left is cancelled.
        wait(lambda: not processes.lives(process))

    # As on another machine, to which the folder was moved.
    place = place.rename(tmp_path / "moved")
    with studio(place) as served:
        stopped = job(served, "fit")
        assert stopped["state"] == "interrupted" and "can go on" in stopped["why"]
        shown = served.tell("GET", "/state")["projects"][0]
        assert shown["job"]["state"] == "interrupted" and shown["thumbnail"]
        before = served.tell("GET", "/projects/roses")["training"]
        assert before["can_go_on"] and before["images"] > 0

        # A canvas is answered by the half-trained model.
        def newest() -> Any:  # An older one is shown until that of the last checkpoint is written.
            model = served.tell("GET", "/projects/roses")["model"]
            return model if model and model["images"] >= before["images"] else None

        model = wait(newest, 300)
        assert model == {"card": model["card"], "images": before["images"], "final": False}
        light = served.ask("GET", model["card"]).told["files"]["tflite-float16"]
        file = served.ask("GET", f"/files/roses/live/{light['path']}").content
        assert len(file) == light["bytes"]
        served.tell("POST", "/projects/roses/more", {"minutes": 0.5})
        assert ended(served, "fit")["state"] == "finished"
        after = served.tell("GET", "/projects/roses")["training"]
        assert after["images"] > before["images"] and after["minutes"] > 0
        assert [row[0] for row in after["losses"]] == sorted(row[0] for row in after["losses"])

        words = {"title": "My roses", "licence": "CC BY 4.0", "author": "Ada"}
        assert served.ask("GET", "/api/projects/roses/download/page").status == 409
        served.tell("POST", "/projects/roses/export", words)
        assert ended(served, "export")["state"] == "finished", job(served, "export")
        told = served.tell("GET", "/projects/roses")
        assert told["card"] == words and told["model"]["final"] and told["bundle"]["is_newest"]
        card = served.ask("GET", told["bundle"]["card"]).told
        assert (card["title"], card["author"], card["data"]["licence"]) == tuple(
            words[name] for name in ("title", "author", "licence")
        )
        for file in told["bundle"]["files"]:
            assert file["bytes"] > 0 and file["likeness"] > 28
        page = ended(served, "page")
        check_downloads(served, page["why"] if page["state"] == "failed" else "")
        begin_another(served, sent)


def begin_another(served: Studio, photos: bytes) -> None:
    """A project that begins with the first ends long before its hour, and says so."""
    served.tell("POST", "/projects", {"name": "Tulips"})
    served.send("tulips", "tulips.zip", photos)
    options = {"style": "blobs", "background": "black", "plants": "no", "size": 64}
    served.tell("POST", "/projects/tulips/train", options | {"minutes": 60, "start": "roses"})
    assert not served.tell("GET", "/projects/tulips")["training"]["enough"]
    assert ended(served, "fit", "tulips")["state"] == "finished", job(served, "fit", "tulips")
    told = served.tell("GET", "/projects/tulips")
    assert told["training"]["enough"] and told["training"]["seconds"] < 600
    # Some of the pairs are held out.
    assert 19 < told["training"]["images"] / told["data"]["pairs"] <= 20


def check_downloads(served: Studio, no_page: str) -> None:
    """Each is a zip of files that are what they say."""
    if not no_page:  # Where there is npm, or the page was built before.
        page = downloaded(served, "page")
        assert "roses-page/index.html" in page
        assert json.loads(page["roses-page/models.json"]) == ["bundle/"]
        assert json.loads(page["roses-page/bundle/card.json"])["title"] == "My roses"
    else:
        assert "npm" in no_page
    bundle = downloaded(served, "bundle")
    readme = bundle["roses/README.md"].decode()
    assert readme.startswith("---\n") and "# My roses" in readme and "Made by Ada." in readme
    card = json.loads(bundle["roses/card.json"])
    assert len(bundle["roses/generator.int8.tflite"]) == card["files"]["tflite-int8"]["bytes"]
    space = downloaded(served, "space")
    assert "bundles/roses" in space["roses-space/app.py"].decode()
    assert "- My roses (`roses`), by Ada: trained on" in space["roses-space/README.md"].decode()
    assert not list((served.place / "roses").glob(".space*"))


def downloaded(served: Studio, kind: str) -> dict[str, bytes]:
    answer = served.ask("GET", f"/api/projects/roses/download/{kind}")
    assert answer.status == 200 and "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        return {entry.filename: packed.read(entry) for entry in packed.infolist()}


def test_projects_are_named_copied_thrown_away_and_brought_back(tmp_path):
    with studio(tmp_path / "studio") as served:
        served.tell("POST", "/projects", {"name": "Roses"})
        assert served.send("roses", "a.png", png()).status == 200
        served.tell("POST", "/projects/roses/rename", {"name": "Wild roses"})
        copied = served.tell("POST", "/projects/roses/copy", {"name": "Tulips"})
        told = served.tell("GET", f"/projects/{copied['id']}")
        assert told["name"] == "Tulips" and told["photos"]["count"] == 1
        thrown = served.tell("DELETE", "/projects/roses")["trash"]
        state = served.tell("GET", "/state")
        assert [each["name"] for each in state["projects"]] == ["Tulips"]
        assert state["trash"] == [{"id": thrown, "name": "Wild roses"}]
        assert state["local"] and state["free"] > 0
        assert served.tell("POST", f"/trash/{thrown}/restore") == {"id": "roses"}
        assert len(served.tell("GET", "/state")["projects"]) == 2


def test_what_follows_a_job_that_failed_is_cancelled_and_stop_takes_all_out_of_the_line(tmp_path):
    with studio(tmp_path / "studio") as served:
        served.tell("POST", "/projects", {"name": "Roses"})
        folder = tmp_path / "mine"
        folder.mkdir()
        for number in range(2):
            (folder / f"{number}.png").write_bytes(b"no picture")
        served.tell("POST", "/projects/roses/folder", {"path": str(folder)})
        served.tell("POST", "/projects/roses/train", {"size": 64, "minutes": 1})
        failed = ended(served, "prepare")
        assert failed["state"] == "failed" and "none of the 2 pictures" in failed["why"]
        assert ended(served, "fit")["state"] == "cancelled"
        assert served.tell("GET", "/state")["line"] == []
        for number in range(4):
            (folder / f"{number}.png").write_bytes(png(number))
        served.tell("POST", "/projects/roses/train", {"size": 64, "minutes": 1})
        served.tell("POST", "/projects/roses/stop")
        wait(lambda: served.tell("GET", "/state")["line"] == [], 3)


def test_a_second_studio_and_a_port_that_is_taken_are_one_line(tmp_path):
    with studio(tmp_path / "studio") as served:
        for place, sentence in (("studio", "another studio has"), ("other", "port is taken")):
            command = [sys.executable, "-m", "demo", "studio", str(tmp_path / place)]
            command += ["--port", str(served.port)]
            done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
            assert done.returncode == 2 and sentence in done.stderr
            assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_ends_when_it_is_told_to(tmp_path, number):
    with studio(tmp_path / "studio") as served:
        served.process.send_signal(number)
        assert served.process.wait(10) == 0


def test_it_needs_neither_gradio_nor_what_it_starts():
    code = (
        "import sys, demo.studio.server\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}"
        " & {'gradio', 'keras', 'tensorflow', 'training', 'export'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_scripts_of_the_canvas_are_served(tmp_path):
    with studio(tmp_path / "studio") as served:
        texts = served.ask("GET", "/pad/texts.js")
        assert texts.status == 200 and texts.content.startswith(b"export const TEXTS")
        assert served.ask("GET", "/pad/studio.js").status == 200
        built = Path(REPOSITORY, "demo/web/dist/page/garabato-pad.js")
        status = served.ask("GET", "/engines/garabato-pad.js").status
        assert status == (200 if built.exists() else 404)
