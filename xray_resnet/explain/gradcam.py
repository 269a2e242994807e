"""Grad-CAM through pytorch-grad-cam, each image with its own target.

The target layer is the activation after the final BN–ReLU. Pooling and head after it are linear, so there Grad-CAM
(Selvaraju et al. 2017, equations 1 and 2) is the positive part of the exact class activation map, up to its scale.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import xray_resnet.torch_compat  # noqa: F401  before pytorch-grad-cam, which imports torchvision

# isort: split
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget


def compute_gradcam(model: nn.Module, images: Tensor, outputs: Sequence[int]) -> NDArray[np.float32]:
    """Grad-CAM of one output per image.

    Args:
        model: A network whose last activation is its module `final`, in evaluation mode; hooks are removed again.
        images: (B, 1, H, W).
        outputs: For each image, which logit to explain.

    Returns:
        (B, H, W), each between 0 and 1.

    Raises:
        ValueError: if there is not one output per image.
    """
    if len(outputs) != len(images):
        raise ValueError(f"{len(outputs)} outputs for {len(images)} images, expected one each")
    # Frozen weights alone would leave nothing to differentiate.
    images = images.detach().clone().requires_grad_()
    with torch.enable_grad(), GradCAM(model=model, target_layers=[model.get_submodule("final")]) as gradcam:
        maps = gradcam(images, targets=[ClassifierOutputTarget(output) for output in outputs])
    model.zero_grad(set_to_none=True)
    return np.asarray(maps, np.float32)
