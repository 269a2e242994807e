"""Synthetic chest radiographs by the physics of projection."""
