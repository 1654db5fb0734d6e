"""Doodles of things of all kinds, drawn by strokes: what `demo/models/objects` is judged by."""
