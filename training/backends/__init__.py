"""What differs between the backends: a train step's gradients, one fused kernel, the device's name.

The only place in `training` that may import TensorFlow or JAX, and only the one in use.
"""

import keras

if keras.backend.backend() == "tensorflow":
    from training.backends.tensorflow import (
        AdversarialStep,
        accelerator,
        batch_moments_and_normalize,
        configure,
    )
elif keras.backend.backend() == "jax":
    from training.backends.jax import (
        AdversarialStep,
        accelerator,
        batch_moments_and_normalize,
        configure,
    )
else:
    raise ImportError(
        f"training runs on Keras backends tensorflow and jax; KERAS_BACKEND is "
        f"{keras.backend.backend()}"
    )

__all__ = ["AdversarialStep", "accelerator", "batch_moments_and_normalize", "configure"]
