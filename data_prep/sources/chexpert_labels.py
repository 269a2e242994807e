"""The fourteen columns of the CheXpert labeller, which CheXpert and MIMIC-CXR share, as findings and states."""

from collections.abc import Mapping

from data_prep.sources.csv_table import Row
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

COLUMNS = {
    "Enlarged_Cardiomediastinum": "Enlarged Cardiomediastinum",
    "Cardiomegaly": "Cardiomegaly",
    "Lung_Opacity": "Lung Opacity",
    "Lung_Lesion": "Lung Lesion",
    "Edema": "Edema",
    "Consolidation": "Consolidation",
    "Pneumonia": "Pneumonia",
    "Atelectasis": "Atelectasis",
    "Pneumothorax": "Pneumothorax",
    "Effusion": "Pleural Effusion",
    "Pleural_Other": "Pleural Other",
    "Fracture": "Fracture",
    "Support_Devices": "Support Devices",
}
"""Finding → column; the fourteenth, No Finding, is the absence of the others."""
FINDINGS = tuple(COLUMNS)
_STATES = {1.0: LabelState.POSITIVE, 0.0: LabelState.NEGATIVE, -1.0: LabelState.UNCERTAIN}


def read_states(row: Row, place: str) -> Mapping[str, int]:
    """1 positive, 0 negative, -1 (or U) uncertain, blank unmentioned.

    Raises:
        UserError: for another value.
    """
    return {finding: int(_read_state(row[column], column, place)) for finding, column in COLUMNS.items()}


def _read_state(text: str, column: str, place: str) -> LabelState:
    if not text:
        return LabelState.UNMENTIONED
    if text.upper() == "U":
        return LabelState.UNCERTAIN
    try:
        return _STATES[float(text)]
    except (ValueError, KeyError):
        raise UserError(
            f"{place}: column {column!r} is {text!r}, expected 1, 0, -1 or U (uncertain), or blank"
        ) from None
