"""The same network for pictures of another size, where nothing in it depends on the size."""

from typing import Any

import keras

from training.errors import UserError
from training.networks.inputs import IMAGE_TO_IMAGE, task_of
from training.size import Size, sides, size_of, told


def picture_size(generator: keras.Model) -> Size:
    """The size of the pictures that a generator makes."""
    _, height, width, _ = generator.output_shape
    return size_of(width, height)


def resized(generator: keras.Model, size: Size) -> keras.Model:
    """Give a generator of pictures from pictures of this size, which shares all of its weights.

    Raises:
        UserError: it makes pictures of noise, or its layers do not fit together at this size.
    """
    if size == picture_size(generator):
        return generator
    if task_of(generator) != IMAGE_TO_IMAGE:
        raise UserError(
            f"only what makes pictures of pictures has other sizes ({IMAGE_TO_IMAGE}): this "
            f"generator makes them of noise, of {told(picture_size(generator))} px and no other"
        )
    sketch, *rest = generator.inputs
    inputs = [keras.Input((*sides(size), sketch.shape[3]), dtype=sketch.dtype, name=sketch.name)]
    inputs += [keras.Input(x.shape[1:], dtype=x.dtype, name=x.name) for x in rest]
    given: Any = inputs if rest else inputs[0]
    try:
        other = keras.models.clone_model(
            generator, input_tensors=given, clone_function=lambda layer: layer
        )
    except ValueError:  # Of a layer that finds another shape than it can take.
        other = None
    if other is None or picture_size(other) != size:
        raise UserError(
            f"this generator cannot make pictures of {told(size)} px: it is not fully "
            f"convolutional, or halves a picture more often than that; it was trained at "
            f"{told(picture_size(generator))}"
        )
    return other
