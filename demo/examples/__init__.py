"""Example doodles, and the program that draws them."""
