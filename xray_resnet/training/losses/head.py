"""The start of the head: a fresh network says the base rate of every finding."""

import numpy as np
import torch
from numpy.typing import NDArray

from xray_resnet.models import PreActResNet
from xray_resnet.training.losses.statistics import compute_logits


def start_at_base_rates(model: PreActResNet, base_rates: NDArray[np.float32]) -> None:
    """Sets the bias of a fresh head to ln(p / (1 - p)) (Lin et al. 2017, section 4.1), in place.

    The bias of a finding that is not zero has been learned, and stays.

    Args:
        model: Has F logits.
        base_rates: (F,) above 0 and below 1.
    """
    with torch.no_grad():
        bias = model.head.bias
        bias.copy_(torch.where(bias == 0, torch.from_numpy(compute_logits(base_rates)).to(bias), bias))
