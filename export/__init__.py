"""A trained generator to files that run anywhere: SavedModel, TFLite, TensorFlow.js, ONNX."""
