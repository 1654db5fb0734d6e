"""Generator to serving model: pixels in, pixels out, one picture at a time.

One function a task. Whatever a client would have to know about the range a generator works in
is inside the graph, so that no client gets it wrong.
"""

from typing import Any

import keras
import numpy as np

from export.rewrite import KnownRange, bound_tanh, fold_batchnorm, resize_nearest


def image_to_image(generator: keras.Model, *, ranges: bool = False) -> keras.Model:
    """Wrap a generator of pictures from pictures, [B, S, S, 3] in [-1, 1] on both sides.

    Args:
        generator: a functional model.
        ranges: state the range of every tensor where it is known, for full-integer
            quantisation. Pixels then have scale 1 and zero point 0: the code is the value.

    Returns:
        A model from {"sketch": ...} to {"photo": ...}, both float32 [1, S, S, 3] in 0..255, static.
    """
    body = resize_nearest(fold_batchnorm(generator))
    if ranges:
        body = bound_tanh(body)

    def known(x: Any, low: float, high: float) -> Any:
        return KnownRange(low, high)(x) if ranges else x

    sketch = keras.Input(batch_shape=(1, *generator.input_shape[1:]), name="sketch")
    x = known(sketch, 0, 255)
    x = known(x * (1 / 127.5), 0, 2)
    # 256 codes cannot hold -1, 0 and 1 at even distances. These are the codes that TFLite gives
    # tanh: a picture comes through exactly but for white, which is one value low; with -1..1
    # every pixel would be half a value off, on either side of the generator.
    x = known(x - 1.0, -1, 127 / 128)
    y = known(body(x) + 1.0, 0, 2)
    y = known(y * 127.5, 0, 255)
    return keras.Model({"sketch": sketch}, {"photo": y}, name="serving")


def in_keras(generator: keras.Model, sketches: np.ndarray) -> np.ndarray:
    """What a generator of pictures from pictures makes of sketches: the reference for every file.

    Nothing here is shared with the serving model, so that a mistake in it shows.

    Args:
        generator: a model from [B, S, S, 3] to [B, S, S, 3], both in [-1, 1].
        sketches: uint8 [N, S, S, 3].

    Returns:
        float32 [N, S, S, 3] in 0..255, not rounded.
    """
    scaled = sketches.astype(np.float32) / 127.5 - 1.0
    return (generator.predict(scaled, batch_size=4, verbose=0) + 1.0) * 127.5
