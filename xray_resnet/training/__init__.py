"""Training with Lightning: `fit` makes a run with its bundle of a stored dataset, `core` trains from plain values."""

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision
