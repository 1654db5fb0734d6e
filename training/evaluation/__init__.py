"""What a generator has learned: sheets to look at, and measures."""
