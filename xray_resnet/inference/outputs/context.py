"""What an output is made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xray_resnet.bundle import Bundle
from xray_resnet.explain.overlay import OPACITY


@dataclass(frozen=True)
class OutputContext:
    """What an output knows before the first prediction.

    Attributes:
        folder: Where it writes.
        bundle: The model.
        engine: What computes: engine, version and precision.
        opacity: Of maps over films where they are strongest.
    """

    folder: Path
    bundle: Bundle
    engine: Mapping[str, str]
    opacity: float = OPACITY

    @property
    def findings(self) -> tuple[str, ...]:
        """Names of the logits, in order."""
        return self.bundle.metadata.findings
