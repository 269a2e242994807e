"""Class activation maps through pytorch-grad-cam, each image with its own target, and the exact map without gradients.

All are taken from the activation before pooling, in pre-activation that after the final BN–ReLU. Pooling and head are
linear, so there the gradient of a logit is the head's weight over the number of cells, the same in every cell: Grad-CAM
(Selvaraju et al. 2017, equations 1 and 2) and HiResCAM (Draelos and Carin 2020) are the positive part of the exact map
(Zhou et al. 2016) up to its scale, whatever stands before. Grad-CAM++ (Chattopadhay et al. 2018) and LayerCAM (Jiang et
al. 2021) count only channels that speak for the finding; EigenCAM (Muhammad and Yeasin 2020) does not ask the head.
"""

from collections.abc import Sequence
from functools import partial
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

from xray_resnet.explain.methods import METHODS, Cam
from xray_resnet.models import PreActResNet

Maps = NDArray[np.float32]


def compute_cam(model: PreActResNet, images: Tensor, outputs: Sequence[int], *, method: Cam = "gradcam") -> Maps:
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
    return compute_cams(model, images, outputs, methods=[method])[method]


def compute_cams(
    model: PreActResNet, images: Tensor, outputs: Sequence[int], *, methods: Sequence[Cam] = METHODS
) -> dict[Cam, Maps]:
    """`compute_cam` by several methods, for which the network runs once."""
    _check(outputs, len(images), model.head.out_features)
    with torch.no_grad():
        features = model.forward_features(images)
    return {
        method: _map_exactly(model, features, outputs)
        if method == "exact"
        else _map_with_library(_FACTORIES[method], model, features, outputs)
        for method in methods
    }


def _map_exactly(model: PreActResNet, features: Tensor, outputs: Sequence[int]) -> Maps:
    with torch.no_grad():
        maps = torch.einsum("bchw,bc->bhw", features, model.head.weight[[*outputs]])
    return np.asarray(scale_cam_image(maps.relu().cpu().numpy()), np.float32)


def _map_with_library(factory: Any, model: PreActResNet, features: Tensor, outputs: Sequence[int]) -> Maps:
    """By pytorch-grad-cam, whose hooks go with it; not as a context, which prints an IndexError and swallows it."""
    network = _FromLastActivation(model)
    cam = factory(model=network, target_layers=[network.last_activation])
    with torch.enable_grad():
        maps = cam(features.detach().requires_grad_(), targets=[ClassifierOutputTarget(each) for each in outputs])
    model.zero_grad(set_to_none=True)
    return np.asarray(maps, np.float32)


class _FromLastActivation(nn.Module):
    """What follows the last activation, with a module of its own for hooks: no map here needs a gradient before it."""

    def __init__(self, model: PreActResNet) -> None:
        super().__init__()
        self.last_activation = nn.Identity()
        self.model = model

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.model.forward_head(self.last_activation(features))
        return logits


def _on_cells(method: Any) -> Any:
    """A method of pytorch-grad-cam that leaves its map at the size of the activation."""

    class OnCells(method):
        def get_target_width_height(self, input_tensor: Tensor) -> None:
            """No size to enlarge the map to."""

    return OnCells


def _rotate(features: Tensor) -> Tensor:
    """Activations (B, C, h, w) in at most as many channels as there are cells, with the same first component.

    The library decomposes all channels with themselves, which takes longer than the network.
    """
    rotated: Tensor = torch.linalg.qr(features.flatten(2), mode="r").R
    return rotated.reshape(*rotated.shape[:2], *features.shape[2:])


_FACTORIES = {
    "gradcam": _on_cells(GradCAM),
    "hirescam": _on_cells(HiResCAM),
    "gradcam++": _on_cells(GradCAMPlusPlus),
    "layercam": _on_cells(LayerCAM),
    "eigencam": partial(_on_cells(EigenCAM), reshape_transform=_rotate),
}


def _check(outputs: Sequence[int], images: int, available: int) -> None:
    if len(outputs) != images:
        raise ValueError(f"{len(outputs)} outputs for {images} images, expected one each")
    if wrong := [output for output in outputs if not 0 <= output < available]:
        raise ValueError(f"output {wrong[0]} of a network with {available}, expected 0 to {available - 1}")
