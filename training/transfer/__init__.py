"""Begin with, or learn from, what was trained before: the only way back from a bundle."""
