"""The notebook: no run has left anything in it, and it runs from the top, in a fresh folder."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

from tests.pictures import pairs

REPOSITORY = Path(__file__).parent.parent
NOTEBOOK = REPOSITORY / "training" / "garabato.ipynb"
TINY = "--width 8 --discriminator-width 4 --batch 2 --precision float32 --squeezenet none"

# Told after the last cell: where the packages came from, and what a sketchpad must not load.
ASKED = """
import urllib.request
import demo
loaded = [name for name in ("tensorflow", "keras") if name in sys.modules]
print(demo.__file__, loaded, urllib.request.urlopen(page.local_url + "healthz").status, sep="|")
page.close(verbose=False)
"""


def test_it_holds_no_outputs_and_says_at_each_step_what_to_expect():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell for cell in cells if cell.outputs or cell.execution_count]
    words = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert words.count("## ") == 6 and words.count("**What to expect:**") >= 6
    pictures = {name for cell in notebook.cells for name in cell.get("attachments", {})}
    assert pictures and all(f"(attachment:{name})" in words for name in pictures)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The packages as a hosted notebook has them: of a wheel, far from the repository."""
    place = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True)
    if listed.returncode:
        pytest.skip("no git checkout to build a wheel of")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (place / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, place / "source" / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", "wheels", "./source"]
    subprocess.run([*pip, *build], cwd=place, check=True)
    [wheel] = (place / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


@pytest.mark.slow
def test_a_wheel_brings_all_that_the_packages_read(installed):
    listed = subprocess.run(
        ["git", "ls-files", "training", "export", "demo"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    missing = {name for name in listed.stdout.splitlines() if not (installed / name).is_file()}
    read_by_nobody = {"training/garabato.ipynb", "training/README.md", "export/README.md"}
    beside = ("training/experiments/", "training/gpu/", "demo/studio/screenshots/")
    told = {name for name in missing if name.startswith(beside)}
    assert missing - told == read_by_nobody
    assert not (installed / "tests").exists()


@pytest.mark.release
def test_it_runs_from_the_top_where_only_a_wheel_is_installed(installed, tmp_path, monkeypatch):
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, photo in enumerate(pairs(12, 64)[1]):
        Image.fromarray(photo).save(photos / f"{number}.png")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    [place] = [
        index
        for index, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", ())
    ]
    fit = [*TINY.split(), "--images", "4", "--epoch-images", "2"]
    given = f"PHOTOS, SIZE, FIT = {str(photos)!r}, 64, {json.dumps(fit)}"
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(given))
    notebook.cells.append(nbformat.v4.new_code_cell(ASKED))
    own = {"PYTHONPATH": str(installed), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "fresh"
    folder.mkdir()
    client = NotebookClient(notebook, timeout=280, resources={"metadata": {"path": str(folder)}})
    client.execute(env=os.environ.copy())
    work = folder / "garabato-work"
    card = json.loads((work / "bundle" / "card.json").read_text())
    assert set(card["files"]) == {"tflite-int8", "tflite-float16"} and card["size"] == 64
    assert "card.json" in zipfile.ZipFile(work / "garabato-bundle.zip").namelist()
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    shown = [data for cell in outputs for output in cell for data in output.get("data", {})]
    assert shown.count("image/png") == 4  # Sketches, samples, the preview, a program's drawing.
    html = [
        output["data"].get("text/html", "")
        for cell in outputs
        for output in cell
        if "data" in output
    ]
    assert any("<iframe" in text for text in html)
    came_from, loaded, status = outputs[-1][0]["text"].strip().split("|")
    assert Path(came_from).is_relative_to(installed) and (loaded, status) == ("[]", "200")
