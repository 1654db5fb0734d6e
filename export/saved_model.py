"""The SavedModel: for servers, and what the TensorFlow.js converter reads."""

import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from export.parity import Outcome, measure
from training.networks.inputs import Inputs


def write(model: keras.Model, path: Path) -> None:
    """Write a serving model as a SavedModel folder; `serving_default` takes its named inputs.

    Not by `model.export`, which makes the batch dynamic and stores every weight twice.
    """
    signature = [tf.TensorSpec(x.shape, x.dtype, name=x.name) for x in model.inputs]
    names = [x.name for x in model.inputs]

    def serve(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return model(dict(zip(names, inputs, strict=True)), training=False)

    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    module.serve = tf.function(serve, signature)
    tf.saved_model.save(module, str(path), signatures=module.serve)


def run(path: Path, inputs: Inputs) -> Outcome:
    """Generate a picture of every row of the inputs, one at a time, through `serving_default`."""
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def generate(row: dict[str, np.ndarray]) -> np.ndarray:
        return serve(**{name: tf.constant(x) for name, x in row.items()})["photo"].numpy()[0]

    threads = tf.config.threading.get_intra_op_parallelism_threads()
    return measure(generate, inputs, threads or os.cpu_count() or 1)
