"""Findings and their label states: what a radiograph shows, and how sure the source is."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray


class LabelState(IntEnum):
    """What a source says of one finding in one image; NOT_ASSESSED is null in the Arrow dataset."""

    POSITIVE = 1
    NEGATIVE = 0
    UNCERTAIN = -1
    UNMENTIONED = 2
    NOT_ASSESSED = 3


Policy = Literal["ignore", "zeros", "ones", "smooth", "smooth_zeros", "smooth_ones"]
"""How a state without a clear answer enters training and evaluation."""

SMOOTH_TARGET = 0.5
SMOOTH_ZEROS_TARGET = 0.15
SMOOTH_ONES_TARGET = 0.7
"""Label smoothing of Pham et al. 2021 (Neurocomputing 437) draws from [0, 0.3] and [0.55, 0.85]; these
are the means, which have the same expected cross-entropy, because it is linear in the target."""
DEFAULT_POLICIES: dict[LabelState, Policy] = {LabelState.UNCERTAIN: "ignore", LabelState.UNMENTIONED: "zeros"}

NIH_CHESTXRAY14 = (
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
)
"""The fourteen findings of NIH ChestX-ray14 in the order of Wang et al., CVPR 2017."""

PHANTOM = ("Cardiomegaly", "Effusion", "Consolidation", "Nodule", "Pneumothorax")
"""The findings that the synthetic phantom renders."""
FINE_PHANTOM = ("Interstitial_Lung_Disease", "Nodule", "Pneumothorax")
"""Those that it renders small, thin and faint."""
PHANTOM_FINDINGS = {"coarse": PHANTOM, "fine": FINE_PHANTOM}
"""Setting `data.phantom.lesions` → the findings that are rendered."""

VOCABULARY = (
    *NIH_CHESTXRAY14,
    "Aortic_Elongation",
    "Aortic_Enlargement",
    "COPD",
    "COVID-19",
    "Calcification",
    "Clavicle_Fracture",
    "Enlarged_Cardiomediastinum",
    "Enlarged_Pulmonary_Artery",
    "Fracture",
    "Interstitial_Lung_Disease",
    "Lung_Cavity",
    "Lung_Cyst",
    "Lung_Lesion",
    "Lung_Opacity",
    "Lung_Tumor",
    "Mediastinal_Shift",
    "Nodule_or_Mass",
    "Pleural_Other",
    "Rib_Fracture",
    "Support_Devices",
    "Tuberculosis",
)
"""The one name of every finding that the public archives label; each source maps its own words to these."""

_TARGET_OF_POLICY: dict[Policy, float] = {
    "ignore": np.nan,
    "zeros": 0.0,
    "ones": 1.0,
    "smooth": SMOOTH_TARGET,
    "smooth_zeros": SMOOTH_ZEROS_TARGET,
    "smooth_ones": SMOOTH_ONES_TARGET,
}


def resolve_targets(
    states: NDArray[np.int8], policies: Mapping[LabelState, Policy] = DEFAULT_POLICIES
) -> NDArray[np.float32]:
    """Label states to training targets.

    Args:
        states: Label states, any shape, values of `LabelState`.
        policies: What UNCERTAIN and UNMENTIONED count as; a state without a policy is ignored.

    Returns:
        Targets of the same shape in [0, 1]; NaN where the label does not contribute.
    """
    targets = np.full(states.shape, np.nan, np.float32)
    targets[states == LabelState.POSITIVE] = 1.0
    targets[states == LabelState.NEGATIVE] = 0.0
    for state, policy in policies.items():
        targets[states == state] = _TARGET_OF_POLICY[policy]
    return targets


def column_prefix(finding: str) -> str:
    """The finding's name as a column prefix: lower case, every other character an underscore."""
    return "".join(character.lower() if character.isalnum() else "_" for character in finding)


def describe_namesakes(findings: Sequence[str]) -> str:
    """Which two findings would share their columns in a table of predictions, and what to do; empty if none would."""
    first: dict[str, str] = {}
    for finding in findings:
        other = first.setdefault(column_prefix(finding), finding)
        if other != finding:
            prefix = column_prefix(finding)
            return f"{other!r:.80} and {finding!r:.80} would share the columns {prefix:.80}_…; give one another name"
    return ""


def positions(findings: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where each wanted finding stands in `findings`.

    Raises:
        KeyError: if a wanted finding is not there.
    """
    index = {name: position for position, name in enumerate(findings)}
    return [index[name] for name in wanted]
