"""Photos to pairs, pairs to a trained generator: Keras 3 on TensorFlow or JAX."""
