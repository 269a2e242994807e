"""What a part of a unit is told when it is built: the shapes that the unit leads from and to, and its place."""

from typing import NamedTuple


class Shape(NamedTuple):
    """From (B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""

    in_channels: int
    out_channels: int
    stride: int

    @property
    def changes(self) -> bool:
        """Whether the two differ, so that the shortcut cannot be the input itself."""
        return self.stride > 1 or self.in_channels != self.out_channels


class Dilations(NamedTuple):
    """How many cells apart a unit's 3×3 convolutions read, before and after the convolution that strides.

    They differ in the first unit of a dilated stage, where that convolution would stride and does not: what comes after
    it must step over the cells that are still there (Yu and Koltun 2016, arXiv 1511.07122; Yu et al. 2017, section 2).
    """

    before: int
    after: int


UNDILATED = Dilations(1, 1)


class Place(NamedTuple):
    """Where a unit stands: the number-th of so many in the network, counted from 1."""

    number: int
    of: int
