"""From what became of a file to what is said of it: the one way for `xray-predict` and for MONAI's runner."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom import Flag, Prepared, RejectedImage
from xray_resnet.model_output import Outcome
from xray_resnet.predictions import Prediction
from xray_resnet.predictions.prediction import name_outcome


def say_rejected(path: Path, verdict: RejectedImage) -> Prediction:
    """What is said of a file that is not a usable radiograph."""
    return Prediction(path, "rejected", reason=str(verdict.reason), detail=verdict.detail)


def say_accepted(
    path: Path,
    prepared: Prepared,
    outcome: Outcome,
    row: int,
    findings: tuple[str, ...],
    *,
    maps: NDArray[np.float32] | None = None,
    pixels: NDArray[np.unsignedinteger[Any]] | None = None,
) -> Prediction:
    """What is said of a file that was scored.

    Args:
        path: The file.
        prepared: What was read of it.
        outcome: Of several files.
        row: Which of them is this one.
        findings: Names of the columns of the outcome.
        maps: (F, h, w) class activation maps.
        pixels: (S, S) the image that they belong to.
    """
    return Prediction(
        path,
        "ok",
        sop_instance_uid=prepared.sop_instance_uid,
        flags=(*map(str, prepared.flags), *([str(Flag.OUT_OF_SCOPE)] if outcome.out_of_scope[row] else [])),
        **name_outcome(outcome, row, findings),
        maps=maps,
        pixels=pixels,
        content=prepared.placement.content,
    )
