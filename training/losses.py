"""Adversarial, matching and reconstruction losses: pure functions of tensors.

Logits are discriminator outputs before any sigmoid, of any shape; every loss is a float32
scalar, averaged over all elements.
"""

from keras import ops


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


def l1_loss(target, output):
    """Mean absolute difference of two tensors of equal shape."""
    return ops.mean(ops.abs(_float32(target) - _float32(output)))


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


def _unit(x):
    x = _float32(x)
    return x * ops.rsqrt(ops.sum(ops.square(x), axis=-1, keepdims=True) + 1e-6)
