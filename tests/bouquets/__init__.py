"""Drawings for canvases that are larger or wider: `python -m tests.bouquets.draw` draws them."""
