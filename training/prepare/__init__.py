"""Make a dataset folder of pairs from a folder of photos: a sketch beside each photo."""
