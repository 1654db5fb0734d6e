"""Serve a bundle as a sketchpad: draw on the left, see the picture on the right."""
