"""Training for bad images: consistency of two views, norms of their own for corrupted images, mixup."""

from xray_resnet.training.robust.auxiliary_norm import AuxiliaryNorms, split_by_norm
from xray_resnet.training.robust.consistency import consistency_loss
from xray_resnet.training.robust.mixup import mix_pairs

__all__ = ["AuxiliaryNorms", "consistency_loss", "mix_pairs", "split_by_norm"]
