"""Boxes: where a finding is, upright rectangles in pixels of an image."""

from typing import NamedTuple


class Rectangle(NamedTuple):
    """An upright rectangle.

    Attributes:
        x: Left edge in pixels.
        y: Upper edge in pixels.
        width: In pixels.
        height: In pixels.
    """

    x: float
    y: float
    width: float
    height: float


class Box(NamedTuple):
    """The rectangle around a finding.

    Attributes:
        finding: Its name.
        x: Left edge in pixels, of the file or of the stored image, as its owner says.
        y: Upper edge in the same pixels.
        width: In the same pixels.
        height: In the same pixels.
    """

    finding: str
    x: float
    y: float
    width: float
    height: float

    @property
    def rectangle(self) -> Rectangle:
        """The box without its finding."""
        return Rectangle(*self[1:])
