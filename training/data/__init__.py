"""Where pictures come from, and batches of them."""
