"""Class activation maps through pytorch-grad-cam, each image with its own target, and the exact map without gradients.

All are taken from the activation before pooling, in pre-activation that after the final BN–ReLU. Pooling and head are
linear, so there the gradient of a logit is the head's weight over the number of cells, the same in every cell: Grad-CAM
(Selvaraju et al. 2017, equations 1 and 2) and HiResCAM (Draelos and Carin 2020) are the positive part of the exact map
(Zhou et al. 2016) up to its scale, whatever stands before. Grad-CAM++ (Chattopadhay et al. 2018) and LayerCAM (Jiang et
al. 2021) count only channels that speak for the finding; EigenCAM (Muhammad and Yeasin 2020) does not ask the head.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import xray_resnet.torch_compat  # noqa: F401  before pytorch-grad-cam, which imports torchvision

# isort: split
from pytorch_grad_cam import EigenCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from xray_resnet.explain.methods import Cam
from xray_resnet.models import PreActResNet

_METHODS: Mapping[Cam, Any] = {
    "gradcam": GradCAM,
    "hirescam": HiResCAM,
    "gradcam++": GradCAMPlusPlus,
    "layercam": LayerCAM,
    "eigencam": EigenCAM,
}


def compute_cam(
    model: PreActResNet, images: Tensor, outputs: Sequence[int], *, method: Cam = "gradcam"
) -> NDArray[np.float32]:
    """The map of one output per image.

    Args:
        model: In evaluation mode; neither a hook nor a gradient stays behind.
        images: (B, in_channels, H, W).
        outputs: For each image, which logit to explain.
        method: Which map.

    Returns:
        (B, h, w), a value for each cell of the last activation: the positive part, less its least, over its greatest;
        0 where nothing is positive.

    Raises:
        ValueError: if there is not one output per image, or the network has no such output.
    """
    _check(outputs, len(images), model.head.out_features)
    if method == "exact":
        with torch.no_grad():
            maps = model.forward_with_maps(images)[1][range(len(images)), [*outputs]]
        return np.asarray(scale_cam_image(maps.relu().float().cpu().numpy()), np.float32)
    network = _FromLastActivation(model)
    cam = _on_cells(_METHODS[method])(model=network, target_layers=[network.last_activation])
    try:  # no context: pytorch-grad-cam's prints an IndexError and swallows it
        with torch.enable_grad():
            maps = cam(images, targets=[ClassifierOutputTarget(output) for output in outputs])
    finally:
        cam.activations_and_grads.release()
        model.zero_grad(set_to_none=True)
    return np.asarray(maps, np.float32)


class _FromLastActivation(nn.Module):
    """The network, to be differentiated from its last activation on: no map here needs a gradient below it."""

    def __init__(self, model: PreActResNet) -> None:
        super().__init__()
        self.model = model
        self.last_activation = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        with torch.no_grad():
            features = self.model.forward_features(images)
        return self.model.forward_head(self.last_activation(features.requires_grad_()))


def _on_cells(method: Any) -> Any:
    """A method of pytorch-grad-cam that leaves its map at the size of the activation."""

    class OnCells(method):  # type: ignore[misc]
        def get_target_width_height(self, input_tensor: Tensor) -> None:
            """No size to enlarge the map to."""

    return OnCells


def _check(outputs: Sequence[int], images: int, available: int) -> None:
    if len(outputs) != images:
        raise ValueError(f"{len(outputs)} outputs for {images} images, expected one each")
    if wrong := [output for output in outputs if not 0 <= output < available]:
        raise ValueError(f"output {wrong[0]} of a network with {available}, expected 0 to {available - 1}")
