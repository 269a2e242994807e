"""Checkpoints of a run: when they are written, how they reach the disk whole, and what a run may go on from."""

from xray_resnet.training.checkpoints.file import AtomicCheckpointIO
from xray_resnet.training.checkpoints.keep import KeepCheckpoints
from xray_resnet.training.checkpoints.read import read_checkpoint, refuse_other_dataset

__all__ = ["AtomicCheckpointIO", "KeepCheckpoints", "read_checkpoint", "refuse_other_dataset"]
