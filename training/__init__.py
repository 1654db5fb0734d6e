"""Make pairs of photos and train generators on them: Keras 3 on TensorFlow or JAX."""
