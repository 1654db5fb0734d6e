"""Generators and discriminators: functional Keras graphs, one family a file.

Images are float32 NHWC in [-1, 1] on both sides of every generator.
"""
