"""From a folder of photos to a picture over the wire, by the commands that the README gives."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from tests.demo_server import serve
from tests.pictures import pairs

REPOSITORY = Path(__file__).resolve().parents[2]
TINY = ["--width", "8", "--discriminator-width", "4", "--batch", "2", "--precision", "float32"]
TINY += ["--squeezenet", "none"]


def command(*arguments, code: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    # Users are told what happens, not what a GPU library thinks of this machine.
    assert "E0000" not in done.stderr
    return done


@pytest.mark.slow
def test_photos_become_a_sketchpad(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    sketches, targets = pairs(10, 96)
    for index, photo in enumerate(targets):
        Image.fromarray(photo).save(photos / f"{index}.jpg")
    (photos / "torn.jpg").write_bytes((photos / "0.jpg").read_bytes()[:500])
    data, run, bundle = tmp_path / "data", tmp_path / "run", tmp_path / "bundle"

    done = command("training", "prepare", photos, data, "--size", 64)
    assert "1 pictures skipped" in done.stdout
    assert "torn.jpg" in done.stderr

    fit = ["training", "fit", "pix2pix", "--data", data, "--run", run, *TINY]
    done = command(*fit, "--epoch-images", 4, "--images", 4)
    assert "images/s" in done.stdout
    done = command(*fit, "--epoch-images", 4, "--images", 8, "--l1", 3, code=2)
    assert "options.l1: was 10.0, now 3.0" in done.stderr

    command("training", "preview", run, "--count", 1)
    with Image.open(run / "preview.png") as sheet:
        assert np.asarray(sheet).shape == (3 * 66 - 2, 64, 3)
    measures = tmp_path / "measures.json"
    assert "PSNR" in command("training", "evaluate", run, "--json", measures).stdout
    assert measures.exists()

    done = command("export", run, bundle, "--formats", "tflite-int8", "tflite-float16")
    assert "generator.int8.tflite" in done.stdout

    Image.fromarray(sketches[0]).save(tmp_path / "drawing.png")
    with serve(bundle) as (address, _):
        client = Client(address, verbose=False, download_files=os.fspath(tmp_path / "answers"))
        answer = client.predict(handle_file(tmp_path / "drawing.png"), api_name="/generate")
    with Image.open(answer) as picture:
        assert picture.size == (64, 64)
