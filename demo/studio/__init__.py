"""The studio: a face for the commands. It starts them, and reads the files that they leave."""
