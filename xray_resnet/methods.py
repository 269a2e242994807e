"""Methods of training by name: the words that settings may say, for the configuration and the training core alike."""

from typing import Literal

LossName = Literal["bce", "focal", "asymmetric", "auc_margin"]
"""What is minimised over the labels."""
EmaDecay = float | Literal["auto"]
"""Decay of the averaged weights; auto: a horizon that grows with the steps."""
Robust = Literal["augment", "half_clean", "consistency"]
"""What training does with corrupted images."""
OptimiserName = Literal["adamw", "sgd"]
"""What moves the weights."""
Sampling = Literal["shuffled", "class_balanced", "patient_balanced"]
"""How often an epoch has each image."""
Teacher = Literal["clean", "average"]
"""Whose view of the clean image the corrupted one is held to."""
