"""The black canvas that sketches are drawn on, and what on it counts as a stroke."""

DRAWN = 40  # of 255: brighter in any channel than what JPEG leaves of a black canvas
