"""Occlusion (Zeiler and Fergus 2014) through MONAI: how far each part of an image holds a logit up."""

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

import xray_resnet.torch_compat  # noqa: F401  before MONAI, which imports torchvision

# isort: split
from monai.visualize import OcclusionSensitivity

from xray_resnet.models import PreActResNet

_BATCH_SIZE = 32


def compute_occlusion(model: PreActResNet, image: Tensor, *, windows: int) -> NDArray[np.float32]:
    """By how much each logit falls if a window of the image is covered with the image's mean.

    Args:
        model: In evaluation mode.
        image: (1, in_channels, S, S).
        windows: Along each side; they tile the image.

    Returns:
        (F, windows, windows); above 0 where the image speaks for the finding.
    """
    side = -(-image.shape[-1] // windows)
    occlude: Any = OcclusionSensitivity(
        model, mask_size=side, n_batch=_BATCH_SIZE, verbose=False, mode="mean_img", overlap=0.0, activate=False
    )
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using a non-tuple sequence")  # MONAI's own indexing
        occluded, _ = occlude(image)
        fall = model(image)[0, :, None, None] - adaptive_avg_pool2d(occluded[0].as_tensor(), windows)
    return np.asarray(fall.cpu().numpy(), np.float32)
