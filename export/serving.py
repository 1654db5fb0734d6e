"""Generator to serving model: pixels or noise in, pixels out, one picture at a time.

Whatever a client would have to know about the range a generator works in, or whether its pictures
are grey, is inside the graph, so that no client gets it wrong.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from export.rewrite import KnownRange, bound_tanh, fold_batchnorm, repeat_grey, shift_downwards
from training.errors import UserError
from training.networks.inputs import IMAGE_TO_IMAGE, Inputs, look_of, names_of, task_of
from training.networks.resized import picture_size, resized
from training.pixels import from_network, to_network
from training.size import sides, size_of


def serving_model(generator: keras.Model, *, ranges: bool = False) -> keras.Model:
    """Wrap a generator of any task; see `image_to_image` and `latent_to_image`."""
    if task_of(generator) == IMAGE_TO_IMAGE:
        return image_to_image(generator, ranges=ranges)
    return latent_to_image(generator)


def larger_model(generator: keras.Model) -> keras.Model | None:
    """Wrap a generator for pictures two times as high and three times as wide, if it can take them.

    It can when it is fully convolutional: None otherwise, and of what takes no picture.
    """
    height, width = sides(picture_size(generator))
    try:
        larger = resized(generator, size_of(3 * width, 2 * height))
    except UserError:
        return None
    return image_to_image(larger)


def latent_to_image(generator: keras.Model) -> keras.Model:
    """Wrap a generator of pictures from noise [B, Z], and from a label [B] before it.

    Returns:
        A model from {"label": int32 [1], "noise": float32 [1, Z]}, or the noise alone, to
        {"photo": float32 [1, S, S, 3]} in 0..255, static.
    """
    inputs = {
        x.name: keras.Input(batch_shape=(1, *x.shape[1:]), dtype=x.dtype, name=x.name)
        for x in generator.inputs
    }
    body = repeat_grey(fold_batchnorm(generator))
    y = body(list(inputs.values()) if len(inputs) > 1 else inputs["noise"])
    return keras.Model(inputs, {"photo": _coloured(y + 1.0) * 127.5}, name="serving")


def image_to_image(generator: keras.Model, *, ranges: bool = False) -> keras.Model:
    """Wrap a generator of pictures from pictures, [B, H, W, 3] or 1 in [-1, 1] on both sides.

    Args:
        generator: a functional model.
        ranges: state the range of every tensor where it is known, for full-integer
            quantisation. Pixels then have scale 1 and zero point 0: the code is the value.

    Returns:
        A model from {"sketch": ...} to {"photo": ...}, both float32 [1, H, W, 3] in 0..255, static.
        Where the generator takes a look, so does it: {"look": float32 [1, 1, 1, N]}, in 0..255.
    """
    body = repeat_grey(fold_batchnorm(generator))
    if ranges:
        body = bound_tanh(shift_downwards(body))

    def known(x: Any, low: float, high: float) -> Any:
        return KnownRange(low, high)(x) if ranges else x

    _, height, width, channels = generator.inputs[0].shape
    grey = channels == 1
    sketch = keras.Input(batch_shape=(1, height, width, 3), name="sketch")
    inputs = {"sketch": sketch}
    if look := look_of(generator):
        inputs["look"] = keras.Input(batch_shape=(1, 1, 1, look), name="look")

    def scaled(x: Any) -> Any:
        x = known(x * (1 / 127.5), 0, 2)
        # 256 codes cannot hold -1, 0 and 1 at even distances. These are the codes that TFLite
        # gives tanh: a picture comes through exactly but for white, which is one value low; with
        # -1..1 every pixel would be half a value off, on either side of the generator.
        return known(x - 1.0, -1, 127 / 128)

    given = {name: known(x, 0, 255) for name, x in inputs.items()}
    if grey:
        given["sketch"] = known(ops.mean(given["sketch"], axis=3, keepdims=True), 0, 255)
    codes = [scaled(x) for x in given.values()]
    y = known(body(codes if look else codes[0]) + 1.0, 0, 2)
    y = known(_coloured(y * 127.5), 0, 255)
    return keras.Model(inputs, {"photo": y}, name="serving")


def in_keras(generator: keras.Model, inputs: Inputs) -> np.ndarray:
    """What a generator makes of inputs: the reference for every file.

    Nothing here is shared with the serving model, which scales pixels by operations of its own: a
    mistake in it shows.

    Args:
        generator: a model to [B, H, W, C] in [-1, 1], from the same or from latents.
        inputs: sketches uint8 [N, H, W, 3], with looks uint8 [N, 1, 1, L] where it takes them;
            or labels int32 [N] and noise float32 [N, Z].

    Returns:
        float32 [N, H, W, 3] in 0..255, not rounded.
    """
    given = as_it_takes(generator, inputs)
    batch = given if len(given) > 1 else given[0]
    photos = from_network(generator.predict(batch, batch_size=4, verbose=0))
    return np.broadcast_to(photos, (*photos.shape[:3], 3))


def as_it_takes(generator: keras.Model, inputs: Inputs) -> list[np.ndarray]:
    """Inputs of pixels and bytes in the order and the range of a generator, in grey if it is."""
    given = [inputs[name] for name in names_of(generator)]
    if task_of(generator) == IMAGE_TO_IMAGE:
        given = [to_network(x) for x in given]
        if generator.inputs[0].shape[3] == 1:
            given[0] = given[0].mean(axis=3, keepdims=True)
    return given


def _coloured(x: Any) -> Any:
    return ops.concatenate([x, x, x], axis=3) if x.shape[3] == 1 else x
