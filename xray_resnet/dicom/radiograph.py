"""A radiograph as the rest of the house sees it: display pixels, spacing and anonymous facts."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DisplayMapping:
    """How stored values became display values (PS3.3 C.11.2, C.7.6.3).

    Attributes:
        function: LINEAR, LINEAR_EXACT, SIGMOID, LUT, PERCENTILE or IDENTITY.
        window: (center, width) where a window was applied.
        inverted: Whether the polarity was turned so that bright is dense.
        intensity_relationship: Pixel Intensity Relationship (0028,1040), LIN, LOG, DISP or empty.
        intensity_sign: Pixel Intensity Relationship Sign (0028,1041), -1, 0 (absent) or 1.
        assumed: What the header did not say and was assumed, in words.
    """

    function: str
    window: tuple[float, float] | None = None
    inverted: bool = False
    intensity_relationship: str = ""
    intensity_sign: int = 0
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Radiograph:
    """One grey image, anonymous, at the file's own size.

    Attributes:
        pixels: (H, W) uint16; 0 … 65535 spans the display range, bright is dense.
        spacing_mm: Distance between (rows, columns) in mm, or None where unknown.
        facts: Allow-listed header facts by DICOM keyword, as strings.
        mapping: How stored values became display values.
        transfer_syntax: Transfer syntax UID, or the image format (PNG, JPEG) of other files.
        sop_instance_uid: SOP Instance UID; empty for other files. Never written to a dataset.
    """

    pixels: NDArray[np.uint16]
    spacing_mm: tuple[float, float] | None
    facts: dict[str, str] = field(default_factory=dict)
    mapping: DisplayMapping = field(default_factory=lambda: DisplayMapping("IDENTITY"))
    transfer_syntax: str = ""
    sop_instance_uid: str = ""
