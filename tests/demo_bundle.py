"""A tiny bundle for the tests of `demo`: one convolution, which answers in other colours."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from demo.examples import EXAMPLES

SIZE = 64
BACKGROUND = "#000000"
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
    entries: dict[str, Any] = {}
    for key in files or tuple(models):
        path = folder / f"generator.{key.removeprefix('tflite-')}.tflite"
        path.write_bytes(models[key])
        entries[key] = {
            "path": path.name,
            "bytes": len(models[key]),
            "sha256": hashlib.sha256(models[key]).hexdigest(),
            "dtype": "uint8" if key == "tflite-int8" else "float32",
        }
    write_card(folder, name=name, files=entries, check=_check(folder))
    if name == "flowers":
        shutil.copytree(EXAMPLES, folder / "examples")
    return folder


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
        "data": {},
    }
    (folder / "card.json").write_text(json.dumps(card | changes), encoding="utf-8")


def tiny_models() -> dict[str, bytes]:
    """Convert one small network to the two files that a sketchpad offers."""
    global _models
    if not _models:
        _models = _convert()
    return _models


_models: dict[str, bytes] = {}


def _convert() -> dict[str, bytes]:
    import keras
    import tensorflow as tf

    pixels = keras.Input((SIZE, SIZE, 3), batch_size=1)
    blur = keras.layers.AveragePooling2D(3, 1, padding="same")(pixels)
    kernel = np.eye(3, dtype=np.float32)[::-1].reshape(1, 1, 3, 3)
    swap = keras.layers.Conv2D(3, 1, activation="relu", use_bias=False)
    output = swap(blur)
    swap.set_weights([kernel])
    model = keras.Model(pixels, output)

    float16 = tf.lite.TFLiteConverter.from_keras_model(model)
    float16.optimizations = [tf.lite.Optimize.DEFAULT]
    float16.target_spec.supported_types = [tf.float16]

    int8 = tf.lite.TFLiteConverter.from_keras_model(model)
    int8.optimizations = [tf.lite.Optimize.DEFAULT]
    int8.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    int8.inference_input_type = int8.inference_output_type = tf.uint8
    ramp = np.linspace(0, 255, SIZE * SIZE * 3, dtype=np.float32).reshape(1, SIZE, SIZE, 3)
    int8.representative_dataset = lambda: ([ramp] for _ in range(4))
    return {"tflite-int8": int8.convert(), "tflite-float16": float16.convert()}
