"""What differs between the backends: a train step's gradients, one fused kernel, the devices.

The only place in `training` that may import TensorFlow or JAX, and only the one in use.
"""

import keras

if keras.backend.backend() == "tensorflow":
    from training.backends.tensorflow import (
        AdversarialStep,
        accelerator,
        accelerator_peak,
        batch_moments_and_normalize,
        configure,
    )
    from training.backends.tensorflow_devices import Devices
elif keras.backend.backend() == "jax":
    from training.backends.jax import (
        AdversarialStep,
        accelerator,
        accelerator_peak,
        batch_moments_and_normalize,
        configure,
    )
    from training.backends.jax_devices import Devices
else:
    raise ImportError(
        f"training runs on Keras backends tensorflow and jax; KERAS_BACKEND is "
        f"{keras.backend.backend()}"
    )

__all__ = [
    "AdversarialStep",
    "Devices",
    "accelerator",
    "accelerator_peak",
    "batch_moments_and_normalize",
    "configure",
]
