"""Patients that a model was fitted to and that another data set brings back: figures on them would be too good."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.errors import UserError
from xray_resnet.store import Dataset
from xray_resnet.trained_patients import TrainedPatients

Treatment = Literal["refuse", "leave_out", "keep"]


@dataclass(frozen=True)
class Seen:
    """Which patients of another data set's split the model was fitted to.

    Attributes:
        patients: How many; None if it is not known.
        left_out: Whether their images were left out.
    """

    patients: int | None = None
    left_out: bool = False


UNKNOWN = Seen()


def treat_seen(
    dataset: Dataset, rows: NDArray[np.int64], trained: TrainedPatients | None, treatment: Treatment
) -> tuple[NDArray[np.int64], Seen]:
    """The rows to evaluate, and whom of their patients the model was fitted to.

    Args:
        dataset: Not the one of the training.
        rows: (N,) of its split.
        trained: What the run kept; None if it kept nothing.
        treatment: What to do about those patients.

    Raises:
        UserError: if there are some and the treatment is to refuse, or if nobody else is left.
    """
    if trained is None or trained.hash_key_id != dataset.description.hash_key_id:
        return rows, UNKNOWN
    patients = dataset.patient_ids[rows]
    again = np.isin(patients, [*trained.all])
    count = len(np.unique(patients[again]))
    if not count or treatment == "keep":
        return rows, Seen(count)
    told = f"{dataset.folder}: the model was fitted to {count} of the {len(np.unique(patients))} patients"
    if treatment == "refuse":
        raise UserError(f"{told}, and figures on them would be too good; leave them out with --seen leave_out")
    if again.all():
        raise UserError(f"{told}, and nobody is left; evaluate on other patients")
    return rows[~again], Seen(count, left_out=True)
