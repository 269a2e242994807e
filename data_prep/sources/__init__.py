"""One source a file: yields one record per image."""
