"""Gates: how later papers weigh a unit's branch and its shortcut.

Each gets the unit's input, its branch and its shortcut, and returns the last two as they go into the sum.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from xray_resnet.architecture import Architecture, Gate
from xray_resnet.models.parts import Place, Shape
from xray_resnet.models.shortcuts import Signals


class ScalarGate(nn.Module):
    """ReLU(k) times the branch, k one number a unit that starts at 1 (Savarese et al. 2016, arXiv 1611.01260).

    The paper's u = g(k) f(x) + (1 − g(k)) x is g(k) F(x) + x if f(x) = F(x) + x (section 2.2): at k = 0 the unit is its
    shortcut. k has no weight decay, with which the paper's networks did worse (table 3).
    """

    def __init__(self) -> None:
        super().__init__()
        self.k = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Signals:
        """The unit's input, branch and shortcut to both signals."""
        return functional.relu(self.k) * branch, shortcut


class StrictIdentity(nn.Module):
    """The branch, or exactly zero if none of its values reaches ε: ε-ResNet (Yu et al. 2018, arXiv 1804.01661).

    The paper's sparsity-promoting function of the response. The authors' code makes it of four ReLUs and decides for a
    batch at once; here each image decides for itself, so that a result does not depend on its neighbours.

    Args:
        epsilon: ε; the authors' scripts train with 2.5 on CIFAR-10 and with 1.8 to 2.1 on ImageNet.
    """

    def __init__(self, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Signals:
        """The unit's input, branch and shortcut to both signals."""
        return torch.where(self.lets_through(branch)[:, None, None, None], branch, 0.0), shortcut

    def lets_through(self, branch: Tensor) -> Tensor:
        """(B, C, H, W) to (B,): whether any value of an image's response reaches ε."""
        return branch.abs().amax(dim=(1, 2, 3)) >= self.epsilon


class DecayedIdentity(nn.Module):
    """α times the shortcut, α = 1 − (1 − α_min) l / L in the l-th of L units (Zhang et al. 2024, arXiv 2404.10947).

    The authors' code counts from 0 to L - 1 instead, so that its first layer has α = 1, and each of a transformer's
    blocks as two layers; both end at α_min.

    Args:
        alpha_min: α of the last unit; 0.6 for the paper's masked autoencoders, up to 0.8 for its diffusion models.
        place: l and L.
    """

    def __init__(self, alpha_min: float, place: Place) -> None:
        super().__init__()
        self.alpha = 1 - (1 - alpha_min) * place.number / place.of

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Signals:
        """The unit's input, branch and shortcut to both signals."""
        return branch, self.alpha * shortcut


class StochasticDepth(nn.Module):
    """Drops the branch in training, with a probability that rises linearly with depth (Huang et al. 2016, equation 4).

    In evaluation the branch is weighed by its probability to survive (equation 5). Each image draws for itself, from
    torch's random state.

    Args:
        last: The probability to be dropped in the last unit, 1 − p_L.
        place: l and L.
    """

    def __init__(self, last: float, place: Place) -> None:
        super().__init__()
        self.survival = 1 - last * place.number / place.of

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Signals:
        """The unit's input, branch and shortcut to both signals."""
        if not self.training:
            return self.survival * branch, shortcut
        survives = torch.rand(len(branch), 1, 1, 1, device=branch.device) < self.survival
        return torch.where(survives, branch, 0.0), shortcut


GATES: Mapping[Gate, Callable[[Architecture, Shape, Place], nn.Module | None]] = {
    "none": lambda parts, shape, place: None,
    "scalar": lambda parts, shape, place: ScalarGate(),
    "strict_identity": lambda parts, shape, place: None if shape.changes else StrictIdentity(parts.epsilon),
    "decayed_identity": lambda parts, shape, place: DecayedIdentity(parts.alpha_min, place),
}
"""Kind → what weighs the signals of a unit; None: nothing does."""
