"""From a folder of photos to a picture over the wire, by the commands that the README gives."""

import json
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
TINY = ["--width", "16", "--discriminator-width", "4", "--batch", "2", "--precision", "float32"]
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


def assert_all_was_told(progress: Path, run: Path, bundle: Path) -> None:
    """A program that reads the file knows what each command did, and how it ended."""
    lines = [json.loads(line) for line in progress.read_text().splitlines()]
    told = {(line.get("command"), line["event"]): line for line in lines}
    begun = [line["command"] for line in lines if line["event"] == "begin"]
    assert begun == ["prepare", "fit", "fit", "preview", "evaluate", "export"]
    ended = [line["state"] for line in lines if line["event"] == "end"]
    assert ended == ["finished", "finished", "failed", "finished", "finished", "finished"]
    [refused] = [line["error"] for line in lines if line.get("error")]
    assert "options.l1: was 50.0, now 3.0" in refused
    [prepared] = [line for line in lines if line["event"] == "prepared"]
    assert list(prepared["skipped"]) == ["torn.jpg"] and prepared["alike"] == 1
    [epoch] = [line for line in lines if line["event"] == "epoch"]
    assert (epoch["images"], epoch["sheet"]) == (4, str(run / "samples" / "00001.png"))
    assert epoch["losses"]["l1"] > 0
    after_fit, evaluated = (line["measures"][0] for line in lines if line["event"] == "measured")
    assert after_fit["l1"] == pytest.approx(evaluated["l1"]) and after_fit["l1_inputs"] > 0
    assert told[None, "sheet"]["path"] == str(run / "preview.png")
    files = {row["format"]: row for row in told[None, "bundle"]["files"]}
    assert set(files) == {"tflite-int8", "tflite-float16"}
    for row in files.values():
        assert (bundle / row["path"]).stat().st_size == row["bytes"]
        assert row["milliseconds"] > 0 and row["psnr"] > 20
    steps = {line["step"]: line for line in lines if line["event"] == "step"}
    assert {"pairs", "decode", "build", "train", "generate", "convert"} <= set(steps)
    assert all(
        steps[name]["done"] == steps[name]["total"] for name in ("pairs", "train", "convert")
    )


@pytest.mark.slow
def test_photos_become_a_sketchpad(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    sketches, targets = pairs(10, 96)
    for index, photo in enumerate(targets):
        Image.fromarray(photo).save(photos / f"{index}.jpg")
    (photos / "torn.jpg").write_bytes((photos / "0.jpg").read_bytes()[:500])
    data, run, bundle = tmp_path / "data", tmp_path / "run", tmp_path / "bundle"
    progress = ["--progress", tmp_path / "progress.jsonl"]

    done = command("training", "prepare", photos, data, "--size", 64, *progress)
    assert "1 pictures skipped" in done.stdout
    assert "torn.jpg" in done.stderr

    fit = ["training", "fit", "pix2pix", "--data", data, "--run", run, *TINY]
    done = command(*fit, "--epoch-images", 4, "--images", 4, *progress)
    assert "images/s" in done.stdout
    done = command(*fit, "--epoch-images", 4, "--images", 8, "--l1", 3, *progress, code=2)
    assert "options.l1: was 50.0, now 3.0" in done.stderr

    command("training", "preview", run, "--count", 1, *progress)
    with Image.open(run / "preview.png") as sheet:
        assert np.asarray(sheet).shape == (3 * 66 - 2, 64, 3)
    measures = tmp_path / "measures.json"
    evaluate = ["training", "evaluate", run, "--json", measures]
    assert "PSNR" in command(*evaluate, *progress).stdout
    assert measures.exists()

    done = command("export", run, bundle, "--formats", "tflite-int8", "tflite-float16", *progress)
    assert "generator.int8.tflite" in done.stdout

    assert_all_was_told(tmp_path / "progress.jsonl", run, bundle)

    Image.fromarray(sketches[0]).save(tmp_path / "drawing.png")
    with serve(bundle) as (address, _):
        client = Client(address, verbose=False, download_files=os.fspath(tmp_path / "answers"))
        answer = client.predict(handle_file(tmp_path / "drawing.png"), api_name="/generate")
    with Image.open(answer) as picture:
        assert picture.size == (64, 64)
