"""The fourteen columns of the CheXpert labeller, which CheXpert and MIMIC-CXR share, as findings and states."""

from collections.abc import Mapping

from data_prep.sources.csv_table import Row
from data_prep.sources.values import read_state
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


def read_states(row: Row) -> Mapping[str, LabelState]:
    """The states of a row's findings.

    Raises:
        UserError: for a value that is no state.
    """
    return {finding: read_state(row, column) for finding, column in COLUMNS.items()}
