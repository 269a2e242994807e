"""Methods of training by name: the words that settings may say, for the configuration and the training core alike."""

from typing import Literal

Robust = Literal["augment", "half_clean", "consistency"]
"""What training does with corrupted images."""
Teacher = Literal["clean", "average"]
"""Whose view of the clean image the corrupted one is held to."""
