"""What a step is trained on: how often an epoch has each image, in which batches, and this process's share of them."""

from xray_resnet.training.loading.balance import count_draws
from xray_resnet.training.loading.batches import ResumableLoader
from xray_resnet.training.loading.loaders import build_loaders

__all__ = ["ResumableLoader", "build_loaders", "count_draws"]
