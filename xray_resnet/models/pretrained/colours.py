"""Colours to grey: the first kernel of a network that was trained on several channels, for one.

A colour network gets (p - m_c) / s_c in channel c; on a grey image p is the same in all. With the grey network's input
x = (p - m) / s, the sum of the channels' responses is

    Σ_c W_c * (p - m_c) / s_c = (s Σ_c W_c / s_c) * x + (Σ_c W_c (m - m_c) / s_c) * 1.

The last term is 0 if the channels are normalised alike, and x like them. Otherwise it is the response to a channel of
ones, which is padded with zeros as the channels of the colour network are: equal at the border, too, where a bias would
not be.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Normalisation:
    """What the channels of a network's input are normalised by, as shares of the display range.

    Attributes:
        mean: Of each channel, subtracted.
        std: Of each channel, divided by.

    Raises:
        ValueError: for none, for values that are not finite, or a std that is not above 0.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        finite = all(math.isfinite(value) for value in (*self.mean, *self.std))
        if not self.mean or len(self.mean) != len(self.std) or not finite or min(self.std) <= 0:
            raise ValueError(
                f"a normalisation by mean {[*self.mean]} and std {[*self.std]}: expected finite numbers, one of each "
                "for a channel, std above 0"
            )

    @property
    def is_uniform(self) -> bool:
        """Whether all channels are normalised alike."""
        return len(set(self.mean)) == len(set(self.std)) == 1


def fold_colours(kernel: Tensor) -> Tensor:
    """A kernel (O, C, k, k) of channels that are normalised alike, for one such channel: (O, 1, k, k)."""
    return kernel.sum(dim=1, keepdim=True)


def fold_normalised_colours(kernel: Tensor, normalisation: Normalisation, *, mean: float, std: float) -> Tensor:
    """A kernel (O, C, k, k), for a grey channel and one of ones: (O, 2, k, k).

    Args:
        kernel: Of the colour network.
        normalisation: Of its C channels.
        mean: Of the grey network's input.
        std: Of the grey network's input.
    """
    means, stds = (
        torch.tensor(each, dtype=torch.float64)[:, None, None] for each in (normalisation.mean, normalisation.std)
    )
    scaled = kernel.double() / stds
    grey, ones = std * scaled, (mean - means) * scaled
    return torch.stack([grey.sum(dim=1), ones.sum(dim=1)], dim=1).to(kernel.dtype)
