"""Weights that were found and not yet read: their shapes, and what is known of the network that they belong to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from xray_resnet.models.pretrained.colours import Normalisation

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Weights:
    """Weights under our names.

    Attributes:
        source: Where they come from, in words.
        sha256: Of the file.
        shapes: Name → shape; all that is looked at before they are known to fit.
        read: Gives the weights.
        normalisation: Of the input that they were trained with; None if unknown.
        findings: Names of the logits; empty if they are not findings.
        facts: What their network is told beside the image.
        has_ones: Whether the network appends a channel of ones to the image.
    """

    source: str
    sha256: str
    shapes: Mapping[str, Shape]
    read: Callable[[], dict[str, Tensor]]
    normalisation: Normalisation | None = None
    findings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    has_ones: bool = False

    @property
    def needs_ones(self) -> bool:
        """Whether a grey network with these weights needs a channel of ones: it has one, or colours that differ."""
        differ = self.normalisation is not None and not self.normalisation.is_uniform
        return self.has_ones or (differ and self.channels > 1)

    @property
    def channels(self) -> int:
        """Channels that the first convolution takes; 0 if there is none."""
        shape = self.shapes.get("stem.0.weight", ())
        return shape[1] if len(shape) == 4 else 0
