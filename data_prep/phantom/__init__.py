"""Synthetic chest radiographs by the physics of projection."""

from data_prep.phantom.truth import Truth, read_masks, read_truth
from data_prep.phantom.write import write_phantoms

__all__ = ["Truth", "read_masks", "read_truth", "write_phantoms"]
