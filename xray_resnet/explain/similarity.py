"""How alike maps are: by the ranks of their cells, and by the structure that is seen."""

import numpy as np
import torch
from numpy.typing import NDArray

import xray_resnet.torch_compat  # noqa: F401  before MONAI, which imports torchvision

# isort: split
from monai.metrics.regression import SSIMMetric

from xray_resnet.explain.overlay import normalise_map
from xray_resnet.metrics.rank_correlation import correlate_ranks

_SHOWN = (64, 64)
"""A map's size when its structure is compared, enlarged as for an overlay."""


def compare_ranks(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Spearman's rank correlation of each of (N, h, w) maps with its other, (N,); 0 where a map has no order."""
    return np.array([correlate_ranks(*pair) for pair in zip(first, second, strict=True)])


def compare_structure(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Structural similarity (Wang et al. 2004) of each of (N, h, w) maps with its other, (N,); 1 where they are equal.

    The window is MONAI's default, a Gaussian of 1.5 pixels, on maps of 64 × 64 with values from 0 to 1.
    """
    shown = [torch.from_numpy(np.stack([normalise_map(cells, size=_SHOWN) for cells in maps]))[:, None]
             for maps in (first, second)]  # fmt: skip
    return np.asarray(SSIMMetric(spatial_dims=2)(*shown)[:, 0], np.float64)
