"""Normalisation layers: a fast BatchNorm, and two that normalise each picture by itself."""

import keras
from keras import layers, ops

from training.backends import batch_moments_and_normalize


@keras.saving.register_keras_serializable("garabato")
class BatchNorm(layers.BatchNormalization):
    """Batch normalisation in float32 over [B, H, W, C], with the backend's fused kernel.

    The same weights and results as `keras.layers.BatchNormalization`, which on TensorFlow runs
    as a dozen elementwise operations and takes a fifth of a training step. Statistics need
    float32 anyhow, so the layer works in it under any policy.
    """

    def __init__(self, **options):
        super().__init__(**{"dtype": "float32"} | options)

    def call(self, inputs, training=None, mask=None):
        """Normalise by the batch while training, by the moving averages otherwise."""
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = batch_moments_and_normalize(
            inputs, self.gamma, self.beta, self.epsilon
        )
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1.0 - self.momentum))
        return outputs


@keras.saving.register_keras_serializable("garabato")
class PictureNorm(BatchNorm):
    """BatchNorm which, when not training, normalises each picture by its own mean and variance.

    So does the published pix2pix, which leaves its layers in training mode and its batch at 1. The
    moving averages of such a training are of no use: where a layer has a single pixel, as the
    innermost of the U-Net, each variance is zero, and what is divided by it becomes noise.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalise by the batch while training, by the picture otherwise."""
        if training:
            return super().call(inputs, training=training, mask=mask)
        x = _each_by_itself(ops.cast(inputs, self.compute_dtype), self.epsilon)
        return x * self.gamma + self.beta


@keras.saving.register_keras_serializable("garabato")
class InstanceNorm(layers.Layer):
    """Each channel of each picture [B, H, W, C] by its own mean and variance (Ulyanov et al. 2016).

    Nothing is learned, and training and drawing are the same.
    """

    def __init__(self, **options):
        super().__init__(**{"dtype": "float32"} | options)

    def call(self, inputs):
        """Normalise."""
        return _each_by_itself(inputs, 1e-5)


def _each_by_itself(x, epsilon: float):
    x = x - ops.mean(x, axis=(1, 2), keepdims=True)
    # Not the difference of two large means, of which float16 leaves nothing.
    variance = ops.mean(ops.square(x), axis=(1, 2), keepdims=True)
    return x * ops.rsqrt(variance + epsilon)
