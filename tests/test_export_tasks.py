"""Every kind of generator that there is a recipe for, in every format that its task has."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from demo.bundles import load_generator, load_sampler
from demo.cards import load_card
from export import tfjs
from export.bundle import export_bundle
from export.formats import FORMATS, chosen
from export.parity import check
from export.serving import in_keras, serving_model
from tests.tiny_recipes import TINY, data, recipe, trained
from training.errors import UserError
from training.networks.inputs import names_of, task_of
from training.recipes import RECIPES
from training.runs.folder import Run
from training.runs.folder import load_generator as load_trained
from training.runs.samples import sample_inputs

OTHERS = [name for name in TINY if name != "pix2pix"]


def generator_of(name: str):
    return recipe(name).build_generator(TINY[name].get("size", 28), 0)


def inputs_of(generator, count: int = 3) -> dict[str, np.ndarray]:
    if task_of(generator) == "image-to-image":
        shape = (count, *generator.input_shape[1:3], 3)
        return {"sketch": np.random.default_rng(0).integers(0, 256, shape, np.uint8)}
    return sample_inputs(generator, count, classes=10)


def test_the_formats_of_a_task():
    assert chosen(["all"], "image-to-image") == list(FORMATS)
    assert "tflite-int8" not in chosen(["all"], "noise-to-image")
    assert chosen(["web"], "image-to-image") == ["tflite-int8", "tfjs"]
    assert chosen(["onnx"], "noise-to-image") == ["onnx-float32", "onnx-float16"]
    assert chosen(["web", "tflite-float32"], "label-to-image") == [
        "tflite-float32",
        "tflite-dynamic",
        "tfjs",
    ]
    with pytest.raises(UserError, match="tflite-int8 is for image-to-image; for noise-to-image"):
        chosen(["tflite-int8"], "noise-to-image")


@pytest.mark.parametrize("name", OTHERS)
def test_pixels_come_out_in_colour_of_whatever_goes_in(name):
    generator = generator_of(name)
    model, inputs = serving_model(generator), inputs_of(generator)
    shapes = {x.name: x.shape[0] for x in model.inputs}
    assert shapes == dict.fromkeys(names_of(generator), 1)
    reference = in_keras(generator, inputs)
    for row in range(3):
        given = {
            key: x[row : row + 1].astype(np.float32) if x.dtype == np.uint8 else x[row : row + 1]
            for key, x in inputs.items()
        }
        photo = np.asarray(model(given)["photo"])
        assert photo.shape == (1, *reference.shape[1:]) and photo.shape[3] == 3
        np.testing.assert_allclose(photo[0], reference[row], atol=0.02)
    assert 0 <= reference.min() and reference.max() <= 255


def test_the_reference_of_a_grey_generator_is_worked_out_by_hand():
    generator = generator_of("denoise")
    sketch = np.zeros((1, 28, 28, 3), np.uint8)
    sketch[..., 0] = 90  # the mean is 30
    grey = np.full((1, 28, 28, 1), 30, np.uint8).astype(np.float32) / 127.5 - 1
    expected = (np.asarray(generator(grey, training=False)) + 1) * 127.5
    found = in_keras(generator, {"sketch": sketch})
    np.testing.assert_allclose(found, expected.repeat(3, axis=3), atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_a_run_becomes_a_bundle_that_the_demo_opens(name, store, tmp_path):
    run = Run.open(shutil.copytree(trained(store, name).folder, tmp_path / "run"))
    every = next(iter(RECIPES[name].values())).shown
    # Weights as after a longer training: pictures that are all grey prove nothing.
    run.save_generators({each: spread(load_trained(run, each)) for each in every}, run.card)
    for generator_name in every:
        network = load_trained(run, generator_name)
        formats = ("tflite-float32", "tflite-dynamic", "saved-model", "onnx-float16")
        bundle = tmp_path / generator_name
        card = export_bundle(run, bundle, formats, data(store, name), generator=generator_name)
        assert set(card["files"]) == set(formats)
        assert card["parity"]["tflite-float32"]["psnr"] > 60
        assert card["parity"]["onnx-float16"]["psnr"] > 60
        assert card["task"] == task_of(network)
        opened = load_card(bundle)
        answer = np.asarray(Image.open(bundle / card["check"]["answer"])).astype(int)
        if card["task"] == "image-to-image":
            drawing = np.asarray(Image.open(bundle / card["check"]["drawing"]))
            drawn = load_generator(bundle, "tflite-float32")(drawing)
        else:
            assert "canvas" not in card
            assert len(card["labels"]) == (10 if card["task"] == "label-to-image" else 0)
            sampler = load_sampler(bundle, "tflite-float32")
            noise = np.array(card["check"]["noise"], np.float32)
            drawn = sampler(noise, card["check"].get("label", 0))
        assert opened.size == drawn.shape[0]
        assert np.abs(drawn.astype(int) - answer).max() <= 1
        assert answer.std() > 0
        json.dumps(card, allow_nan=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cgan", "denoise"])
def test_tensorflow_js_runs_what_ends_in_a_single_filter(name, tmp_path):
    generator = spread(generator_of(name))  # An untrained bias, 0, would pass in any case.
    inputs = inputs_of(generator)
    tfjs.write(serving_model(generator), tmp_path / "tfjs")
    try:
        outcome = tfjs.run(tmp_path / "tfjs", inputs)
    except tfjs.Unchecked as reason:
        pytest.skip(f"TensorFlow.js cannot be run: {reason}")
    check("tfjs", outcome.photos, in_keras(generator, inputs), floor=45)


def spread(network):
    """Move all weights a little from where they are."""
    rng = np.random.default_rng(1)
    moved = [
        np.abs(w) + 0.5 if "variance" in v.path else w + rng.normal(0, 0.05, w.shape)
        for v, w in zip(network.weights, network.get_weights(), strict=True)
    ]
    network.set_weights(moved)
    return network
