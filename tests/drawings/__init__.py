"""Drawings as people make them, to measure models by: `python -m tests.drawings.draw`."""
