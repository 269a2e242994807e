"""The mean loss of an epoch, which a checkpoint within the epoch keeps."""

import torch
from torch import Tensor
from torchmetrics import Metric

from xray_resnet.training.distributed import count_processes, sum_of_all


class RunningMean(Metric):
    """Mean over the images of an epoch and over the processes that train together; Lightning starts each epoch anew."""

    total: Tensor
    images: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("images", torch.tensor(0.0), dist_reduce_fx="sum")

    def update(self, mean: Tensor, images: int) -> None:
        """Adds a batch with its mean."""
        self.total += mean.detach() * images
        self.images += images

    def compute(self) -> Tensor:
        """The mean so far."""
        return self.total / self.images

    def save(self) -> dict[str, Tensor]:
        """The sums so far, of all processes, for a checkpoint; each of them must call it."""
        return {"total": sum_of_all(self.total), "images": sum_of_all(self.images)}

    def restore(self, sums: dict[str, Tensor]) -> None:
        """Goes on from the sums of a checkpoint, of which each process takes an equal share."""
        self.total.copy_(sums["total"] / count_processes())
        self.images.copy_(sums["images"] / count_processes())
        self._update_count = 1  # else torchmetrics warns of a mean without an update
