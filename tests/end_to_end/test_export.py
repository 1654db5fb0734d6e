"""python -m export on a real run folder and a real dataset folder, up to what the demo reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from demo.bundles import load_card
from demo.bundles import load_generator as load_from_bundle
from export.__main__ import main
from export.bundle import export_bundle
from export.serving import in_keras
from tests.export_networks import drawings, randomised
from training.recipes.pix2pix import Pix2Pix
from training.runs.folder import Run, load_generator

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
SIZE = 64  # The least that shuffle_unet takes.


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "squares"
    for split, count in (("train", 12), ("test", 5)):
        for side in ("input", "target"):
            (folder / split / side).mkdir(parents=True)
            for number, picture in enumerate(drawings(count, SIZE, seed=len(split))):
                Image.fromarray(picture).save(folder / split / side / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset) -> Run:
    """What `fit` leaves: configuration, weights and card, of a network that nobody trained."""
    recipe = Pix2Pix(width=8)
    config = {
        "recipe": "pix2pix",
        "options": vars(recipe),
        "size": SIZE,
        "seed": 0,
        "epoch_images": 12,
        "data": {"folder": str(dataset), "name": "squares"},
    }
    run = Run.start(tmp_path_factory.mktemp("runs") / "squares", config)
    about = {
        "training": {"recipe": "pix2pix", "images_seen": 0},
        "data": {"name": "squares", "licence": "CC0", "photos": 17},
    }
    run.save_generators({"generator": randomised(recipe.build_generator(SIZE, 0))}, about)
    return run


def command(monkeypatch, *arguments) -> int:
    """Run the command in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
    try:
        main()
    except SystemExit as exit:
        return int(exit.code or 0)
    return 0


def one_line(capfd) -> str:
    error = capfd.readouterr().err
    assert "Traceback" not in error
    lines = [line for line in error.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, error
    return lines[0]


def test_a_run_becomes_a_bundle_that_the_demo_draws_with(run, tmp_path):
    finished = subprocess.run(
        [sys.executable, "-m", "export", run.folder, tmp_path / "Squares", "--formats"]
        + ["tflite-float16", "tflite-int8"],
        cwd=REPOSITORY,
        env=os.environ | {"KERAS_BACKEND": "jax"},  # what trained the run does not matter
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    header, half, int8, total = finished.stdout.splitlines()
    assert header.split() == ["file", "MB", "ms", "threads", "PSNR"]
    assert half.startswith("generator.float16.tflite") and half.endswith(" dB")
    assert int8.startswith("generator.int8.tflite") and int8.endswith(" dB")
    assert "2 files in " in total
    assert "cuda" not in finished.stderr.lower()

    card = load_card(tmp_path / "Squares")
    assert (card.name, card.size) == ("squares", SIZE)
    told = json.loads((tmp_path / "Squares" / "card.json").read_text())
    assert told["data"]["licence"] == "CC0"
    assert told["parity"]["tflite-int8"]["drawings"] == 5
    sketch = drawings(1, SIZE)
    reference = in_keras(load_generator(run), {"sketch": sketch})[0]
    for file in card.files:
        photo = load_from_bundle(tmp_path / "Squares", file)(sketch[0])
        assert photo.dtype == np.uint8
        assert np.abs(photo - reference).mean() < 4


def test_keras_that_was_loaded_on_jax_is_refused():
    code = (
        "import keras, numpy as np\n"
        "from pathlib import Path\n"
        "from export.bundle import write_bundle\n"
        "x = keras.Input((8, 8, 3))\n"
        "none = {'sketch': np.zeros((1, 8, 8, 3), np.uint8)}\n"
        "about = {'name': 'a', 'training': {}, 'data': {}}\n"
        "write_bundle(keras.Model(x, x), Path('never'), ('tfjs',), none, none, about)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert "UserError: export runs on TensorFlow, but Keras was loaded with jax" in finished.stderr
    assert not (REPOSITORY / "never").exists()


def test_a_folder_that_is_no_run_is_one_line(monkeypatch, tmp_path, capfd):
    assert command(monkeypatch, tmp_path, tmp_path / "out") == 2
    assert "expected a run folder" in one_line(capfd)
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_that_moved_is_one_line_that_names_the_option(monkeypatch, run, tmp_path, capfd):
    config = run.config | {"data": {"folder": str(tmp_path / "gone")}}
    moved = tmp_path / "run"
    moved.mkdir()
    (moved / "config.json").write_text(json.dumps(config))
    for name in ("card.json", "generator.weights.h5"):
        (moved / name).write_bytes((run.folder / name).read_bytes())
    assert command(monkeypatch, moved, tmp_path / "out") == 2
    assert "--data" in one_line(capfd)
    assert not (tmp_path / "out").exists()


def test_altered_weights_are_one_line(monkeypatch, run, tmp_path, capfd):
    altered = tmp_path / "run"
    altered.mkdir()
    for name in ("config.json", "card.json", "generator.weights.h5"):
        (altered / name).write_bytes((run.folder / name).read_bytes())
    with open(altered / "generator.weights.h5", "r+b") as file:
        file.seek(5000)
        file.write(b"\xff" * 8)
    assert command(monkeypatch, altered, tmp_path / "out") == 2
    assert "does not match its card" in one_line(capfd)


def test_a_name_for_no_address_is_refused_before_work(monkeypatch, run, tmp_path, capfd):
    assert command(monkeypatch, run.folder, tmp_path / "out", "--name", "Mis flores") == 2
    assert "expected a name" in one_line(capfd)


def test_an_unknown_format_is_refused(monkeypatch, run, tmp_path, capfd):
    assert command(monkeypatch, run.folder, tmp_path / "out", "--formats", "gguf") == 2
    assert "gguf" in capfd.readouterr().err


def test_without_test_pairs_training_sketches_are_compared(run, dataset, tmp_path, capfd):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "train").symlink_to(dataset / "train")
    card = export_bundle(run, tmp_path / "out", ("tflite-float32",), data=plain)
    assert card["parity"]["tflite-float32"]["drawings"] == 12
    assert "no test pairs" in capfd.readouterr().err


def test_a_notebook_in_mixed_precision_exports_in_float32(run, tmp_path):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        card = export_bundle(run, tmp_path / "out", ("tflite-float32",))
    finally:
        keras.config.set_dtype_policy(policy)
    assert card["parity"]["tflite-float32"]["psnr"] > 60
