"""What is predicted of one file, and its row in a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.findings import prediction_columns

SCORE_DECIMALS = 6


@dataclass(frozen=True)
class Prediction:
    """One file's prediction, or why there is none.

    Attributes:
        path: The file.
        status: "ok" or "rejected".
        sop_instance_uid: SOP Instance UID (0008,0018); empty where unknown.
        reason: From the closed list of reasons where rejected; of an accepted file its flags, mostly none.
        detail: What was found and what was expected.
        scores: Finding → sigmoid of its logit; empty where rejected.
        maps: (F, h, w) class activation map of each finding, or None.
        pixels: (S, S) stored image that the maps belong to, or None.
    """

    path: str
    status: Literal["ok", "rejected"]
    sop_instance_uid: str = ""
    reason: str = ""
    detail: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    maps: NDArray[np.float32] | None = None
    pixels: NDArray[np.unsignedinteger[Any]] | None = None

    def row(self, findings: tuple[str, ...]) -> dict[str, str | float | None]:
        """The row of a prediction table; probability and decision are None until the bundle has what they need."""
        head = (self.path, self.sop_instance_uid, self.status, self.reason)
        cells = [cell for name in findings for cell in (self._score(name), None, None)]
        return dict(zip(prediction_columns(findings), (*head, *cells), strict=True))

    def _score(self, finding: str) -> float | None:
        return round(self.scores[finding], SCORE_DECIMALS) if finding in self.scores else None
