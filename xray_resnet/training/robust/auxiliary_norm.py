"""Batch norms of their own for corrupted images, used in training only."""

import copy

import torch
from torch import Tensor, nn
from torch.func import functional_call

_DOT = "/"


class AuxiliaryNorms(nn.Module):
    """A second set of a network's batch norms: clean and corrupted images differ in their statistics.

    AdvProp (Xie et al. 2020) introduced it for adversarial images; Han et al. (Nature Communications 2021)
    trained it on chest radiographs. All other weights are shared. The network keeps its own norms, which see clean
    images only, and is delivered with them.

    Args:
        model: Has the batch norms; the second set starts as a copy of them.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        norms = {name: module for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
        self.norms = nn.ModuleDict({name.replace(".", _DOT): copy.deepcopy(norm) for name, norm in norms.items()})

    def forward(self, model: nn.Module, images: Tensor) -> Tensor:
        """The output of `model` for images (B, C, H, W) with these norms in the place of its own."""
        logits: Tensor = functional_call(model, self._list_tensors(), (images,))
        return logits

    def _list_tensors(self) -> dict[str, Tensor]:
        """Parameters and statistics by the name that each has in the network."""
        return {
            f"{name.replace(_DOT, '.')}.{key}": tensor
            for name, norm in self.norms.items()
            for key, tensor in (*norm.named_parameters(), *norm.named_buffers())
        }


def split_by_norm(model: nn.Module, auxiliary: AuxiliaryNorms, images: Tensor, clean: Tensor) -> Tensor:
    """Logits of a mixed batch: clean images by the network's own norms, the others by the auxiliary ones.

    Args:
        model: The network.
        auxiliary: The norms of the corrupted images.
        images: (B, C, H, W).
        clean: (B,) whether each image is clean.
    """
    parts = [model(images[clean]), auxiliary(model, images[~clean])]
    order = torch.cat([clean.nonzero()[:, 0], (~clean).nonzero()[:, 0]]).argsort()
    return torch.cat(parts)[order]
