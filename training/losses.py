"""Adversarial, matching and reconstruction losses: pure functions of tensors.

Logits are discriminator outputs before any sigmoid, of any shape; every loss is a float32
scalar, averaged over all elements.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

CELL = 8  # Pixels a side, over which `colour_loss` takes the mean.


class Adversarial(NamedTuple):
    """Both players' sides of one adversarial game."""

    generator: Callable[[Any], Any]
    """Of the logits of generated pictures."""
    discriminator: Callable[[Any, Any], Any]
    """Of the logits of real and of generated pictures."""


def _float32(x):
    # Losses are small differences of large sums: bfloat16 would round them away.
    return ops.cast(x, "float32")


def bce_discriminator_loss(real_logits, fake_logits):
    """Half the sum of -log D(real) and -log(1 - D(fake)) (Goodfellow et al. 2014).

    Halved, as published for pix2pix, to slow the discriminator relative to the generator.
    """
    real = ops.mean(ops.softplus(-_float32(real_logits)))
    fake = ops.mean(ops.softplus(_float32(fake_logits)))
    return 0.5 * (real + fake)


def bce_generator_loss(fake_logits):
    """-log D(fake): the non-saturating generator loss (Goodfellow et al. 2014)."""
    return ops.mean(ops.softplus(-_float32(fake_logits)))


def hinge_discriminator_loss(real_logits, fake_logits):
    """max(0, 1 - real) + max(0, 1 + fake) (Lim and Ye 2017)."""
    real = ops.mean(ops.relu(1.0 - _float32(real_logits)))
    fake = ops.mean(ops.relu(1.0 + _float32(fake_logits)))
    return real + fake


def hinge_generator_loss(fake_logits):
    """-fake: the generator's side of the hinge game (Lim and Ye 2017)."""
    return -ops.mean(_float32(fake_logits))


ADVERSARIAL = {
    "hinge": Adversarial(hinge_generator_loss, hinge_discriminator_loss),
    "bce": Adversarial(bce_generator_loss, bce_discriminator_loss),
}


def lsgan_discriminator_loss(real_logits, fake_logits):
    """Half the sum of (real - 1)^2 and fake^2 (Mao et al. 2017)."""
    real = ops.mean(ops.square(_float32(real_logits) - 1.0))
    fake = ops.mean(ops.square(_float32(fake_logits)))
    return 0.5 * (real + fake)


def lsgan_generator_loss(fake_logits):
    """(fake - 1)^2: to be taken for real (Mao et al. 2017)."""
    return ops.mean(ops.square(_float32(fake_logits) - 1.0))


def r1_loss(real_logits, shaken_logits, deviation: float):
    """R1, the mean squared slope of the logits at real pictures (Mescheder et al. 2018).

    Measured instead of differentiated: the mean of (change / deviation)^2 when each pixel is
    moved by normal noise of that deviation estimates the squared norm of the gradient.
    """
    change = _float32(shaken_logits) - _float32(real_logits)
    return ops.mean(ops.square(change / deviation))


def l1_loss(target, output):
    """Mean absolute difference of two tensors of equal shape."""
    return ops.mean(ops.abs(_float32(target) - _float32(output)))


def colour_loss(target, output):
    """L1 distance of the means over cells of 8 x 8 px, of pictures [B, H, W, 3].

    Colours are to be right, and what is finer is free. Of pictures that do not lie on each other to
    the pixel, Ignatov et al. 2017 compare the colours likewise, blurred.
    """
    return l1_loss(*(ops.average_pool(_float32(each), CELL, CELL) for each in (target, output)))


def feature_matching_loss(real_features, fake_features):
    """Mean over the layers of their L1 distance; the real side is a constant (Wang et al. 2018)."""
    distances = [
        l1_loss(ops.stop_gradient(real), fake)
        for real, fake in zip(real_features, fake_features, strict=True)
    ]
    return sum(distances) / len(distances)


def perceptual_loss(real_features, fake_features):
    """Mean over the layers of the squared distance of features of unit length (Zhang et al. 2018).

    Features are lists of [B, H, W, C], never negative; a place contributes 0 to 2, however strong
    its features are. The paper's learned weights of the channels are left out.
    """
    distances = [
        ops.mean(ops.sum(ops.square(ops.stop_gradient(_unit(real)) - _unit(fake)), axis=-1))
        for real, fake in zip(real_features, fake_features, strict=True)
    ]
    return sum(distances) / len(distances)


def reconstruction_loss(target, output):
    """Binary cross-entropy of pixels in [-1, 1], black and white as 0 and 1.

    A mean over all pixels; no pixel counts for more than 16.1, -log(1e-7).
    """
    target, output = (0.5 * (_float32(x) + 1.0) for x in (target, output))
    return ops.mean(ops.binary_crossentropy(target, output))


def kl_loss(mean, log_var):
    """KL divergence of N(mean, exp(log_var)) from N(0, 1), float [B, Z] each.

    A sum over Z, a mean over B (Kingma and Welling 2014, appendix B).
    """
    mean, log_var = _float32(mean), _float32(log_var)
    terms = ops.square(mean) + ops.exp(log_var) - log_var - 1.0
    return ops.mean(0.5 * ops.sum(terms, axis=-1))


def _unit(x):
    x = _float32(x)
    return x * ops.rsqrt(ops.sum(ops.square(x), axis=-1, keepdims=True) + 1e-6)
