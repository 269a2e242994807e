"""Training with Lightning."""

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision
