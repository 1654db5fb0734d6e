"""Missing formats of a bundle are made from its float file, where there is no run folder."""

import dataclasses
import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from export import page
from export.bundle import write_bundle
from export.complete import complete_bundle
from export.parity import Drift
from tests.export_networks import drawings, randomised, sketches
from training.errors import UserError
from training.networks.shuffle_unet import slim_unet
from training.recipes.pix2pix import Pix2Pix
from training.recipes.vae import VAE
from training.transfer.bundle import fingerprint

pytestmark = pytest.mark.slow

SIZE = 64
OPTIONS = dataclasses.asdict(Pix2Pix(width=8, grain=0))
ABOUT = {
    "name": "petals",
    "training": {"recipe": "pix2pix", "options": OPTIONS, "images_seen": 3},
    "data": {"name": "drawn", "licence": "CC0", "photos": 8},
}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "petals"
    generator = randomised(slim_unet(SIZE, width=8))
    formats = ("tflite-float16", "tflite-int8")
    write_bundle(generator, folder, formats, sketches(32, SIZE, 1), sketches(4, SIZE), ABOUT)
    return folder


@pytest.fixture
def source(written, tmp_path) -> Path:
    return shutil.copytree(written, tmp_path / "source")


def read(bundle: Path) -> dict:
    return json.loads((bundle / "card.json").read_text())


def change(bundle: Path, **keys) -> None:
    (bundle / "card.json").write_text(json.dumps(read(bundle) | keys))


def test_what_is_missing_is_made_and_what_is_there_is_kept(source, tmp_path):
    card = complete_bundle(
        source, tmp_path / "out", ["tflite-int8", "tflite-float32", "onnx-float32"]
    )
    made = ["tflite-float32", "onnx-float32"]
    assert list(card["files"]) == ["tflite-float16", "tflite-int8", *made]
    assert card["parity"]["tflite-float32"]["psnr"] > 60
    assert card["parity"]["onnx-float32"]["psnr"] > 60
    assert read(tmp_path / "out") == card
    for name in ("generator.int8.tflite", "generator.float16.tflite", "check/answer.png"):
        assert (tmp_path / "out" / name).read_bytes() == (source / name).read_bytes()


def test_a_bundle_is_completed_in_its_place(source):
    complete_bundle(source, source, ["tflite-float32"])
    assert "tflite-float32" in read(source)["files"]
    assert (source / "generator.int8.tflite").exists()


def test_a_bundle_without_a_known_drawing_gets_one(source, tmp_path):
    card = read(source)
    del card["check"]
    (source / "card.json").write_text(json.dumps(card))
    shutil.rmtree(source / "check")
    (source / "examples").mkdir()
    for number, pixels in enumerate(drawings(2, SIZE, seed=5)):
        Image.fromarray(pixels).save(source / "examples" / f"{number}.png")
    card = complete_bundle(source, tmp_path / "out", [])
    assert card["examples"] == ["examples/0.png", "examples/1.png"]
    answer = np.asarray(Image.open(tmp_path / "out" / card["check"]["answer"]))
    assert answer.shape == (SIZE, SIZE, 3) and answer.std() > 0


def test_int8_takes_a_run(source, tmp_path):
    card = read(source)
    del card["files"]["tflite-int8"]
    change(source, files=card["files"])
    with pytest.raises(UserError, match="only a run has sketches to calibrate"):
        complete_bundle(source, tmp_path / "out", ["tflite-int8"])
    assert not (tmp_path / "out").exists()


def test_an_altered_file_is_refused(source, tmp_path):
    path = source / "generator.float16.tflite"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="is not what the card describes"):
        complete_bundle(source, tmp_path / "out", ["tfjs"])


@pytest.mark.parametrize("part", ["files", "check"])
@pytest.mark.parametrize("absolute", [False, True])
def test_a_path_that_leads_out_writes_nothing(source, tmp_path, part, absolute):
    """A file of the card's size and hash lies there, and would have been copied beside `out`."""
    outside = tmp_path / "profile"
    shutil.copyfile(source / "generator.int8.tflite", outside)
    card, path = read(source), str(outside) if absolute else "../profile"
    if part == "files":
        card["files"]["tflite-int8"]["path"] = path
    else:
        card["check"]["answer"] = path
    change(source, **card)
    before = set(tmp_path.rglob("*"))
    (tmp_path / "deep").mkdir()
    with pytest.raises(UserError, match="names a file outside of the bundle"):
        complete_bundle(source, tmp_path / "deep" / "out", ["tflite-int8"])
    assert set(tmp_path.rglob("*")) == before | {tmp_path / "deep"}


@pytest.mark.parametrize("entry", [{}, {"path": ["a"]}, {"path": 3}])
def test_an_entry_without_a_path_is_refused(source, tmp_path, entry):
    change(source, files={"tflite-float16": entry})
    with pytest.raises(UserError, match="names a file outside of the bundle"):
        complete_bundle(source, tmp_path / "out", ["tflite-float32"])


def test_a_file_in_a_folder_of_its_own_is_kept_there(source, tmp_path):
    files = read(source)["files"]
    for entry in files.values():
        place = source / "files" / entry["path"]
        place.parent.mkdir(exist_ok=True)
        (source / entry["path"]).rename(place)
        entry["path"] = f"files/{entry['path']}"
    change(source, files=files)
    complete_bundle(source, tmp_path / "out", [])
    assert (tmp_path / "out" / "files" / "generator.int8.tflite").is_file()


def test_a_file_that_holds_weights_and_cannot_be_run_is_told(source, tmp_path):
    path = source / "generator.float16.tflite"
    path.write_bytes(path.read_bytes().replace(b"serving_default", b"serving_nothing"))
    files = read(source)["files"]
    files["tflite-float16"] |= fingerprint(path)
    change(source, files=files)
    with pytest.raises(UserError, match="cannot be run as a TFLite file"):
        complete_bundle(source, tmp_path / "out", ["tflite-float32"])
    assert not (tmp_path / "out").exists()


def test_a_folder_of_examples_that_is_a_link_out_is_refused(source, tmp_path):
    shutil.copytree(source / "check", tmp_path / "photos")
    (source / "examples").symlink_to(tmp_path / "photos")
    with pytest.raises(UserError, match="leads out of the bundle"):
        complete_bundle(source, tmp_path / "out", ["tflite-float32"])
    assert not (tmp_path / "out").exists()


def test_a_task_of_another_version_is_refused(source, tmp_path):
    change(source, task="text-to-image")
    with pytest.raises(UserError, match="expected a task of image-to-image"):
        complete_bundle(source, tmp_path / "out", [])


def test_options_of_another_network_are_refused(source, tmp_path):
    training = read(source)["training"]
    change(source, training=training | {"options": OPTIONS | {"width": 16}})
    with pytest.raises(UserError, match="other convolutions"):
        complete_bundle(source, tmp_path / "out", ["tflite-float32"])


def test_weights_that_draw_otherwise_here_are_refused(tmp_path):
    """As a file of another version's: every kernel fits, and the picture is another."""
    network = randomised(slim_unet(SIZE, width=8))
    crop = keras.layers.Cropping2D(((0, 2), (0, 2)))
    before = keras.Model(network.input, crop(network.layers[-2].input))  # No mean of neighbours.
    formats = ("tflite-float16",)
    write_bundle(before, tmp_path / "old", formats, sketches(0, SIZE), sketches(4, SIZE), ABOUT)
    with pytest.raises(Drift, match="does not generate what"):
        complete_bundle(tmp_path / "old", tmp_path / "out", ["tflite-float32"])


@pytest.fixture(scope="module")
def latent(tmp_path_factory) -> Path:
    """A bundle of one float16 file that noise comes into."""
    folder = tmp_path_factory.mktemp("latent") / "digits"
    generator = VAE().build_generator(28, seed=0)
    noise = {"noise": np.random.default_rng(0).standard_normal((4, 10)).astype(np.float32)}
    about = ABOUT | {"training": {"recipe": "vae", "options": {}, "images_seen": 3}}
    write_bundle(generator, folder, ("tflite-float16",), noise, noise, about)
    return folder


def test_where_noise_comes_in_the_page_takes_what_is_there(latent, tmp_path):
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    card = complete_bundle(latent, tmp_path / "out", ["web"])
    assert list(card["files"]) == ["tflite-float16"]
    assert read(tmp_path / "out") == card == read(latent)
    for name in ("generator.float16.tflite", "check/answer.png"):
        assert (tmp_path / "out" / name).read_bytes() == (latent / name).read_bytes()
    for name in page.NAMES:
        assert (tmp_path / "out" / name).exists()


@pytest.mark.parametrize(
    ("formats", "lacking"),
    [(("tfjs", "web"), "tfjs"), (("all",), "saved-model, tflite-float32, .*, onnx-float16")],
)
def test_where_noise_comes_in_nothing_is_made(latent, tmp_path, formats, lacking):
    with pytest.raises(UserError, match=f"has no {lacking}, and only a run"):
        complete_bundle(latent, tmp_path / "out", formats)
    assert not (tmp_path / "out").exists()


def test_where_noise_comes_in_the_page_takes_a_tflite_file(latent, tmp_path):
    source = shutil.copytree(latent, tmp_path / "source")
    change(source, files={})
    with pytest.raises(UserError, match="has no TFLite file"):
        complete_bundle(source, tmp_path / "out", ["web"])


def test_the_page_lies_beside_the_files(source, tmp_path):
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    complete_bundle(source, tmp_path / "out", ["web"])
    for name in page.NAMES:
        assert (tmp_path / "out" / name).exists()
    assert not list((tmp_path / "out" / "page").rglob("*.map"))
    # Exported again without it, no half of it stays.
    complete_bundle(source, tmp_path / "out", [])
    assert not any((tmp_path / "out" / name).exists() for name in page.NAMES)
