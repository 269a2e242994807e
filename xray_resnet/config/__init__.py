"""Typed configuration: one section per stage and file, plain values with their defaults.

The docstring of a field is its `--help`; numbers stand beside their bounds. Builders unpack a section into plain
arguments; no model or metric sees one.
"""

from dataclasses import dataclass, field

from xray_resnet.config.augment import AugmentConfig
from xray_resnet.config.data import AboutConfig, DataConfig, SplitConfig
from xray_resnet.config.losses import AsymmetricConfig, AucMarginConfig, FocalConfig, PolicyConfig
from xray_resnet.config.model import ModelConfig
from xray_resnet.config.prep import PrepConfig
from xray_resnet.config.sources import (
    CombinedConfig,
    ImageFolderConfig,
    MemberConfig,
    MimicCxrConfig,
    PhantomConfig,
    Source,
    TableConfig,
)
from xray_resnet.config.train import TrainConfig

__all__ = [
    "AboutConfig",
    "AsymmetricConfig",
    "AucMarginConfig",
    "AugmentConfig",
    "CombinedConfig",
    "Config",
    "DataConfig",
    "FocalConfig",
    "ImageFolderConfig",
    "MemberConfig",
    "MimicCxrConfig",
    "ModelConfig",
    "PhantomConfig",
    "PolicyConfig",
    "PrepConfig",
    "Source",
    "SplitConfig",
    "TableConfig",
    "TrainConfig",
]


@dataclass
class Config:
    """Everything that preparing and training need."""

    name: str = "chestxray"
    """Name of the run folders."""
    data: DataConfig = field(default_factory=DataConfig)
    prep: PrepConfig = field(default_factory=PrepConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
