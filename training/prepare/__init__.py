"""A folder of photos to a dataset folder of pairs: a sketch beside each photo."""
