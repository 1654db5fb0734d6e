import dataclasses
import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from demo.studio.projects import SHIPPED as NAMED
from export import tflite
from export.serving import image_to_image
from tests.export_networks import randomised
from tests.pictures import write_dataset
from tests.tiny_recipe import TINY
from training.data.datasets import Dataset
from training.errors import UserError
from training.evaluation import metrics
from training.fit import FitOptions, fit
from training.networks.normalization import BatchNorm
from training.networks.resized import resized
from training.networks.shuffle_unet import shuffle_unet, slim_unet
from training.networks.unet import unet
from training.options import NONE
from training.pixels import to_network
from training.recipes import RECIPES
from training.recipes.pix2pix import PRESETS, Pix2Pix
from training.runs import samples
from training.runs.folder import load_generator
from training.transfer.bundle import sources
from training.transfer.start import SHIPPED, chosen, found, identify, introduced, load_start

pytestmark = pytest.mark.slow

SIZE = 64


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("flowers"), train=16, test=2, size=SIZE)


@pytest.fixture(scope="module")
def sketches(dataset):
    return Dataset.open(dataset).train.load()[0]


@pytest.fixture(scope="module")
def learned():
    """A generator whose BatchNorms have something to say."""
    return randomised(shuffle_unet(SIZE, width=8))


@pytest.fixture(scope="module")
def exported(learned, sketches, tmp_path_factory):
    """Its exported files, by their numbers."""
    folder, files = tmp_path_factory.mktemp("bundle"), {}
    for numbers in ("float32", "float16", "int8"):
        files[numbers] = folder / f"generator.{numbers}.tflite"
        serving = image_to_image(learned, ranges=numbers == "int8")
        tflite.write(serving, files[numbers], numbers, {"sketch": sketches})
    return files


@pytest.mark.parametrize(("numbers", "least"), [("float32", 70), ("float16", 50)])
def test_an_exported_file_gives_its_weights_back(numbers, least, exported, learned, sketches):
    generator = shuffle_unet(SIZE, width=8)
    load_start(exported[numbers], generator, sketches)
    again, before = (samples.generate(each, {"sketch": sketches}) for each in (generator, learned))
    assert metrics.psnr(again, before).mean() > least


def test_normalising_by_the_batch_changes_little(exported, learned, sketches):
    """What training sees at its first step is what the file had learned."""
    generator = shuffle_unet(SIZE, width=8)
    load_start(exported["float16"], generator, sketches)
    norms = [layer for layer in generator.layers if isinstance(layer, BatchNorm)]
    statistics = [norm.get_weights()[2:] for norm in norms]
    for norm in norms:
        norm.momentum = 0.0  # What it moves to is then the batch's own.
    generator(to_network(sketches), training=True)
    for norm, (mean, variance) in zip(norms, statistics, strict=True):
        np.testing.assert_allclose(norm.get_weights()[2], mean, rtol=0.1, atol=0.1)
        np.testing.assert_allclose(norm.get_weights()[3], variance, rtol=0.2, atol=0.1)


def test_a_slim_network_begins_with_the_file_of_a_wide_one(exported, learned, sketches):
    slim = slim_unet(SIZE, width=8)
    before = samples.generate(slim, {"sketch": sketches})
    load_start(exported["float16"], slim, sketches)
    wanted = samples.generate(learned, {"sketch": sketches})
    near = metrics.psnr(samples.generate(slim, {"sketch": sketches}), wanted).mean()
    assert near > metrics.psnr(before, wanted).mean() + 6


def test_a_run_starts_from_a_run(dataset, tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})
    options = {"data": dataset, "precision": "float32", "epoch_images": 4, "images": 4}
    first = fit(TINY, FitOptions(run=tmp_path / "one", **options), name="tiny")
    start = first.folder
    # No step so small changes what is seen, so the second begins where the first ended.
    still = dataclasses.replace(TINY, learning_rate=1e-9)
    second = fit(still, FitOptions(run=tmp_path / "two", start=start, **options), name="tiny")
    told = json.loads((second.folder / "card.json").read_text())["training"]["start"]
    assert told == identify(start) and told["name"] == "one"
    for ours, theirs in zip(_kernels(second), _kernels(first), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    # It goes on without being told again, and though that has learned more since.
    shutil.rmtree(start)
    again = fit(still, FitOptions(run=second.folder, **options | {"images": 8}), name="tiny")
    assert again.card["training"]["images_seen"] == 8
    assert again.card["training"]["start"] == told


def _kernels(run):
    return [v.numpy() for v in load_generator(run).trainable_variables if "kernel" in v.path]


def test_what_cannot_be_started_from_is_told(exported, learned, sketches, tmp_path):
    generator = shuffle_unet(SIZE, width=8)
    with pytest.raises(UserError, match="integer weights; start from the float16 file"):
        load_start(exported["int8"], generator, sketches)
    with pytest.raises(UserError, match="holds other convolutions than this network"):
        load_start(exported["float16"], shuffle_unet(SIZE, width=16), sketches)
    with pytest.raises(UserError, match="holds other convolutions than this network"):
        load_start(exported["float16"], slim_unet(SIZE, width=16), sketches)  # It is no slimmer.
    with pytest.raises(UserError, match="cannot make pictures of 64 px"):
        load_start(exported["float16"], unet(128, width=8), sketches)
    with pytest.raises(UserError, match="no file at .*nowhere.tflite"):
        identify(tmp_path / "nowhere.tflite")
    with pytest.raises(UserError, match="expected a run folder"):
        identify(tmp_path)
    torn = tmp_path / "torn.tflite"
    torn.write_bytes(exported["float16"].read_bytes()[:5000])
    with pytest.raises(UserError, match="torn.tflite is no TFLite network"):
        load_start(torn, keras.models.clone_model(generator), sketches)


def test_a_start_may_be_of_another_size(exported, learned, sketches):
    large = shuffle_unet(2 * SIZE, width=8)
    load_start(exported["float16"], large, sketches.repeat(2, axis=1).repeat(2, axis=2))
    again, before = (
        samples.generate(resized(each, SIZE), {"sketch": sketches}) for each in (large, learned)
    )
    assert metrics.psnr(again, before).mean() > 50


FAST, PAPER = Pix2Pix(), PRESETS["paper"]


@pytest.mark.parametrize(
    "recipe, told, begun, begins",
    [
        (FAST, None, None, True),
        (FAST, NONE, None, False),
        (FAST, None, {"start": None}, False),  # It began before there was a usual start.
        (FAST, None, {"start": {"name": "flowers"}}, True),
        (dataclasses.replace(FAST, width=32), None, None, False),
        (dataclasses.replace(FAST, look=8, grain=0), None, None, True),
        (dataclasses.replace(FAST, generator="shuffle_unet"), None, None, False),
        (PAPER, None, None, False),
        (RECIPES["vae"]["published"], None, None, False),
    ],
)
def test_a_network_like_what_ships_begins_with_that_unless_told(recipe, told, begun, begins):
    usual = SHIPPED / "flowers" / "generator.float16.tflite"
    assert chosen(told, recipe, begun) == (usual if begins else None)


def test_what_a_start_had_learned_from_is_told_and_handed_on(dataset, tmp_path):
    shipped = identify(found(Path("flowers")))
    [of] = shipped["learned_from"]
    assert shipped["name"] == "flowers" and of["licence"].startswith("unknown")
    assert f"begins with flowers, which learned from {of['name']} (lic" in introduced(shipped)
    card = {"data": {"name": "mine", "licence": "mit"}, "training": {"start": shipped}}
    assert sources(card) == [{"name": "mine", "licence": "mit"}, of]
    assert sources({"training": {"start": {"name": "a"}}}) == [dict.fromkeys(of, "unknown")]


@pytest.mark.parametrize("name", NAMED)
def test_the_default_network_begins_with_what_ships(name, sketches):
    """Whatever looks, grain and size that has."""
    load_start(found(Path(name)), Pix2Pix().build_generator(SIZE, seed=0), sketches)


@pytest.mark.parametrize("name", NAMED)  # As the studio names them.
def test_what_ships_is_a_start_by_its_name(name, tmp_path, monkeypatch):
    file = SHIPPED / name / "generator.float16.tflite"
    assert found(Path(name)) == found(SHIPPED / name) == found(file) == file
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()  # A run of one's own that is called so.
    (tmp_path / name / "config.json").touch()
    (tmp_path / name / "card.json").touch()
    assert found(Path(name)) == Path(name)
    assert found(tmp_path / "elsewhere" / name) == tmp_path / "elsewhere" / name


def test_a_bundle_without_a_float_file_is_no_start(tmp_path):
    shutil.copytree(SHIPPED / "flowers", tmp_path / "bundle")
    card = json.loads((tmp_path / "bundle" / "card.json").read_text())
    del card["files"]["tflite-float16"]
    (tmp_path / "bundle" / "card.json").write_text(json.dumps(card))
    with pytest.raises(UserError, match="has no float16 or float32 file"):
        found(tmp_path / "bundle")


def test_what_began_with_what_ships_goes_on_by_the_same_command(dataset, tmp_path):
    """With the network that ships, and nothing said of a start, as the README has it."""
    recipe = dataclasses.replace(FAST, squeezenet=NONE, discriminator_width=4, batch=2)
    options = FitOptions(dataset, tmp_path / "run", images=2, epoch_images=2, precision="float32")
    begun = fit(recipe, options, name="pix2pix", verbose=0)
    assert begun.card["training"]["start"]["name"] == "flowers"
    again = fit(recipe, dataclasses.replace(options, images=4), name="pix2pix", verbose=0)
    assert again.card["training"]["images_seen"] == 4
    config = begun.folder / "config.json"  # As if another file shipped by now.
    config.write_text(config.read_text().replace(begun.config["start"]["sha256"], "0" * 64))
    again = fit(recipe, dataclasses.replace(options, images=6), name="pix2pix", verbose=0)
    assert again.card["training"]["images_seen"] == 6
