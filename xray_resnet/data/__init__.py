"""Torch datasets and augmentation over a stored dataset."""

from xray_resnet.data.augment import Augmentation, build_augmentation
from xray_resnet.data.images import CORRUPTED, KNOWN, Batch, LabelledImages, compute_mean_and_std
from xray_resnet.data.sampling import EpochSampler

__all__ = [
    "CORRUPTED",
    "KNOWN",
    "Augmentation",
    "Batch",
    "EpochSampler",
    "LabelledImages",
    "build_augmentation",
    "compute_mean_and_std",
]
