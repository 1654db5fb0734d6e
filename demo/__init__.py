"""Serve bundles in a page: a canvas where a model takes drawings, a seed where it takes noise."""
