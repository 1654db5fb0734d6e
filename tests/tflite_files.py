"""Small networks as `.tflite` files."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def float_file(path: Path, model: keras.Model) -> Path:
    """Write a model with float32 in and out."""
    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return path


def uint8_file(path: Path, model: keras.Model) -> Path:
    """Write a model of pictures with integers throughout, uint8 in and out, for 0..255."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [np.full(model.input_shape, value, np.float32)] for value in (0, 255)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    path.write_bytes(converter.convert())
    return path
