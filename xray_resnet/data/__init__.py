"""Torch datasets and augmentation over a stored dataset."""

from xray_resnet.data.augment import Augmentation, build_augmentation
from xray_resnet.data.images import Batch, EpochSampler, LabelledImages, compute_mean_and_std

__all__ = ["Augmentation", "Batch", "EpochSampler", "LabelledImages", "build_augmentation", "compute_mean_and_std"]
