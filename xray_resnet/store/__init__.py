"""The dataset on disk: Arrow files that are memory-mapped and read without a copy."""
