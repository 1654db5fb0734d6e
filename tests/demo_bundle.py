"""Tiny bundles for the tests of `demo`.

One is a convolution, which answers a drawing in other colours; the others turn noise into greys.
"""

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from demo.examples import EXAMPLES

SIZE = 64
BACKGROUND = "#000000"
LATENT_SIZE = 28
LATENT = 12  # More than there are sliders.
DIGITS = tuple(str(digit) for digit in range(10))
PALETTE = {
    "petal pink": "#e0399a",
    "petal white": "#f4f1ea",
    "petal yellow": "#f7d21e",
    "petal red": "#d7263d",
    "petal violet": "#7d4fc4",
    "centre yellow": "#f2c230",
    "centre brown": "#6b3e1f",
    "leaf green": "#2e7d32",
    "background black": "#000000",
}


def write_bundle(folder: Path, name: str = "flowers", files: tuple[str, ...] = ()) -> Path:
    """Write a bundle with a card, an int8 and a float16 file, and return its folder.

    One of flowers brings examples, too. Its picture is the drawing with red and blue swapped,
    blurred a little.
    """
    folder.mkdir(parents=True)
    models = tiny_models()
    entries = _write_files(folder, {key: models[key] for key in files or models})
    examples = []
    if name == "flowers":
        shutil.copytree(EXAMPLES, folder / "examples")
        examples = sorted(f"examples/{path.name}" for path in EXAMPLES.glob("*.png"))
    write_card(folder, name=name, files=entries, check=_check(folder), examples=examples)
    return folder


def write_look_bundle(folder: Path, name: str = "looks") -> Path:
    """Write a bundle whose model takes looks of three bytes; an int8 file and a float16 one.

    Its picture is the drawing, with red, green and blue more by as much as the bytes are over 128.
    """
    folder.mkdir(parents=True)
    pixels = {"dtype": "float32", "range": [0, 255]}
    inputs = [
        {"name": "sketch", "shape": [1, SIZE, SIZE, 3], **pixels},
        {"name": "look", "shape": [1, 1, 1, 3], **pixels},
    ]
    palette = [{"name": "dawn", "look": [200, 128, 100]}, {"name": "dark", "look": [60, 60, 60]}]
    look = {"names": ["light", "warmth", "green"], "mean": [0.3, 0, 0], "step": [0.01] * 3}
    write_card(
        folder,
        name=name,
        inputs=inputs,
        files=_write_files(folder, _convert_look()),
        look=look | {"palette": palette},
    )
    return folder


def write_latent_bundle(folder: Path, name: str, labels: tuple[str, ...] = ()) -> Path:
    """Write a bundle whose model takes noise, and a label where there are labels; two files.

    Each number of the noise is the grey of some of the picture's pixels, the label its red.
    """
    folder.mkdir(parents=True)
    entries = _write_files(folder, _convert_latent(bool(labels)))
    noise = {"name": "noise", "shape": [1, LATENT], "dtype": "float32", "distribution": "normal"}
    label = {"name": "label", "shape": [1], "dtype": "int32", "range": [0, len(labels) - 1]}
    shape = [1, LATENT_SIZE, LATENT_SIZE, 3]
    card = {
        "schema": 1,
        "name": name,
        "task": "label-to-image" if labels else "noise-to-image",
        "size": LATENT_SIZE,
        "inputs": [label, noise] if labels else [noise],
        "outputs": [{"name": "photo", "shape": shape, "dtype": "float32", "range": [0, 255]}],
        "labels": labels,
        "files": entries | {"saved-model": {"path": "saved_model"}},
        "parity": {key: {"psnr": 80.0} for key in ("saved-model", *entries)},
        "latency": {},
        "training": {},
        "data": {"name": "noise", "licence": "CC0"},
    }
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def _write_files(folder: Path, models: dict[str, bytes]) -> dict[str, Any]:
    """Write the files, and return what a card says of them."""
    entries = {}
    for key, model in models.items():
        path = folder / f"generator.{key.removeprefix('tflite-')}.tflite"
        path.write_bytes(model)
        entries[key] = {
            "path": path.name,
            "bytes": len(model),
            "sha256": hashlib.sha256(model).hexdigest(),
            "dtype": "uint8" if key == "tflite-int8" else "float32",
        }
    return entries


def _check(folder: Path) -> dict[str, Any]:
    """Write a known drawing and its answer: all colours, and each with red and blue swapped."""
    ramp = np.linspace(0, 255, SIZE, dtype=np.uint8)
    blue, red = np.meshgrid(ramp, ramp, indexing="ij")
    drawing = np.stack([red, np.full_like(red, 90), blue], axis=-1)
    (folder / "check").mkdir()
    for place, pixels in (("drawing", drawing), ("answer", drawing[..., ::-1])):
        Image.fromarray(np.ascontiguousarray(pixels)).save(folder / "check" / f"{place}.png")
    return {"drawing": "check/drawing.png", "answer": "check/answer.png", "psnr": 30.0}


def write_card(folder: Path, **changes: Any) -> None:
    """Write a valid `card.json`, with some of its keys changed."""
    image = {"shape": [1, SIZE, SIZE, 3], "range": [0, 255], "dtype": "float32"}
    card = {
        "schema": 1,
        "name": "flowers",
        "task": "image-to-image",
        "size": SIZE,
        "inputs": [{"name": "sketch", **image}],
        "outputs": [{"name": "photo", **image}],
        "canvas": {
            "background": BACKGROUND,
            "palette": [{"name": name, "color": color} for name, color in PALETTE.items()],
            "brush": 4,
        },
        "labels": [],
        "files": {},
        "parity": {},
        "latency": {},
        "training": {},
        "data": {"sketch": "mixed"},
    }
    (folder / "card.json").write_text(json.dumps(card | changes), encoding="utf-8")


def change_card(bundle: Path, **changes: object) -> None:
    """Write other values into a bundle's card."""
    card = json.loads((bundle / "card.json").read_text())
    (bundle / "card.json").write_text(json.dumps(card | changes))


def change_file(bundle: Path, file: str, **changes: object) -> None:
    """Write other values into what a bundle's card says of a file."""
    files = json.loads((bundle / "card.json").read_text())["files"]
    files[file] |= changes
    change_card(bundle, files=files)


def tiny_models() -> dict[str, bytes]:
    """Convert one small network to the two files that a sketchpad offers."""
    global _models
    if not _models:
        _models = _convert()
    return _models


_models: dict[str, bytes] = {}


def _convert() -> dict[str, bytes]:
    import keras

    pixels = keras.Input((SIZE, SIZE, 3), batch_size=1)
    blur = keras.layers.AveragePooling2D(3, 1, padding="same")(pixels)
    kernel = np.eye(3, dtype=np.float32)[::-1].reshape(1, 1, 3, 3)
    swap = keras.layers.Conv2D(3, 1, activation="relu", use_bias=False)
    output = swap(blur)
    swap.set_weights([kernel])
    model = keras.Model(pixels, output)
    ramp = np.linspace(0, 255, SIZE * SIZE * 3, dtype=np.float32).reshape(1, SIZE, SIZE, 3)
    return _int8_and_float16(model, [[ramp]] * 4)


def _int8_and_float16(model: Any, examples: list[list[np.ndarray]]) -> dict[str, bytes]:
    """Convert a Keras model; inputs to calibrate by are in the order of their names."""
    import tensorflow as tf

    float16 = tf.lite.TFLiteConverter.from_keras_model(model)
    float16.optimizations = [tf.lite.Optimize.DEFAULT]
    float16.target_spec.supported_types = [tf.float16]

    int8 = tf.lite.TFLiteConverter.from_keras_model(model)
    int8.optimizations = [tf.lite.Optimize.DEFAULT]
    int8.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    int8.inference_input_type = int8.inference_output_type = tf.uint8
    int8.representative_dataset = lambda: iter(examples)
    return {"tflite-int8": int8.convert(), "tflite-float16": float16.convert()}


@cache
def _convert_look() -> dict[str, bytes]:
    import keras

    sketch = keras.Input((SIZE, SIZE, 3), batch_size=1, name="sketch")
    look = keras.Input((1, 1, 3), batch_size=1, name="look")
    photo = keras.layers.ReLU(max_value=255.0)(sketch + (look - 128.0))
    model = keras.Model([sketch, look], photo)
    ramp = np.linspace(0, 255, SIZE * SIZE * 3, dtype=np.float32).reshape(1, SIZE, SIZE, 3)
    looks = [np.full((1, 1, 1, 3), value, np.float32) for value in (0, 128, 255)]
    return _int8_and_float16(model, [[look, ramp] for look in looks])


@cache
def _convert_latent(labelled: bool) -> dict[str, bytes]:
    import tensorflow as tf

    pixel = np.arange(LATENT_SIZE * LATENT_SIZE)
    spread = np.eye(LATENT, dtype=np.float32)[pixel % LATENT].T  # [LATENT, pixels]
    red = np.array([1, 0, 0], np.float32)

    class Latent(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.spread = tf.Variable(spread)

        def draw(self, noise: Any, level: Any) -> dict[str, Any]:
            grey = tf.reshape(noise @ self.spread, (1, LATENT_SIZE, LATENT_SIZE, 1))
            photo = 128.0 + 30.0 * grey + level * red
            return {"photo": tf.clip_by_value(photo, 0.0, 255.0)}

    model = Latent()
    noise = tf.TensorSpec((1, LATENT), tf.float32, name="noise")
    label = tf.TensorSpec((1,), tf.int32, name="label")
    if labelled:
        serve = tf.function(
            lambda label, noise: model.draw(noise, 8.0 * tf.cast(label, tf.float32)),
            input_signature=[label, noise],
        )
    else:
        serve = tf.function(lambda noise: model.draw(noise, 0.0), input_signature=[noise])
    concrete = serve.get_concrete_function()

    converted = {}
    for numbers in ("float16", "float32"):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], model)
        if numbers == "float16":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        converted[f"tflite-{numbers}"] = converter.convert()
    return converted
