"""Torch datasets and augmentation over a stored dataset."""
