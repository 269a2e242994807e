"""The task of a run: images, targets and network input, from a stored dataset."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from xray_resnet.data import compute_mean_and_std
from xray_resnet.dicom import Reading
from xray_resnet.errors import UserError
from xray_resnet.findings import DEFAULT_POLICIES, LabelState, Policy, positions, resolve_targets
from xray_resnet.model_input import ModelInput
from xray_resnet.store import Dataset
from xray_resnet.store.facts import read_facts
from xray_resnet.trained_patients import TrainedPatients
from xray_resnet.training.validation import Monitor, choose_monitor

_AT_LEAST = {"train": 2, "val": 1}


@dataclass(frozen=True)
class Task:
    """What is learned from.

    Attributes:
        dataset: The stored images.
        findings: Names of the F targets.
        rows: Rows of the splits `train` and `val`.
        targets: (N, F) of all rows of the dataset; NaN where unknown. Those of training images follow the policies of
            training, all others are counted as evaluation counts them, so that only clear labels choose the epoch.
        model_input: From stored pixels to the network's input.
        facts: What the network is told beside the image.
    """

    dataset: Dataset
    findings: tuple[str, ...]
    rows: dict[str, NDArray[np.int64]]
    targets: NDArray[np.float32]
    model_input: ModelInput
    facts: tuple[str, ...] = ()

    def targets_of(self, split: str) -> NDArray[np.float32]:
        """(n, F) targets of a split."""
        return self.targets[self.rows[split]]

    def known_of(self, split: str) -> NDArray[np.float32] | None:
        """(n, columns) facts of a split as the network gets them; None if it gets none."""
        return read_facts(self.dataset, self.rows[split], self.facts)

    @property
    def monitor(self) -> Monitor:
        """What chooses the epoch."""
        return choose_monitor(self.targets_of("val"))

    def identify_dataset(self) -> dict[str, str]:
        """What a resumed run must find unchanged."""
        return {
            "reading fingerprint": self.dataset.reading_fingerprint,
            "split hash": self.dataset.split_sha256,
            "list of findings": ", ".join(self.findings),
        }

    def list_patients(self) -> TrainedPatients:
        """Whose images are trained on, or choose the epoch."""
        patients = {split: self.dataset.patient_ids[rows].tolist() for split, rows in self.rows.items()}
        return TrainedPatients.of(self.dataset.description.hash_key_id, patients)

    def describe_gaps(self) -> Iterator[str]:
        """Sentences on findings that cannot be learned."""
        targets = self.targets_of("train")
        for finding, column in zip(self.findings, targets.T, strict=True):
            for label, count in (("positive", np.nansum(column)), ("negative", np.nansum(1 - column))):
                if not count:
                    yield f"{finding}: no {label} image to train on; its scores will mean nothing"


def build_task(
    dataset: Dataset,
    *,
    image_size: int,
    findings: Sequence[str] = (),
    facts: Sequence[str] = (),
    policies: Mapping[LabelState, Policy] = DEFAULT_POLICIES,
    policies_of: Mapping[str, Mapping[LabelState, Policy]] = MappingProxyType({}),
) -> Task:
    """The task of learning the findings of a dataset.

    Args:
        dataset: The stored images.
        image_size: Rows and columns of the network's input.
        findings: Which, in this order; none: all of the dataset.
        facts: What the network is told beside the image, in this order.
        policies: What states without a clear answer count as in training.
        policies_of: The same for findings of their own.

    Raises:
        UserError: where a split has too few images, a finding is not in the dataset, no label is known, or the
            dataset was read by another version of the reading pipeline.
    """
    _check_reading(dataset)
    chosen = _choose_findings(dataset, findings)
    _refuse_strangers(policies_of, chosen)
    rows = {split: _find_rows(dataset, split) for split in _AT_LEAST}
    states = dataset.states[:, positions(dataset.findings, chosen)]
    targets = resolve_targets(states)
    targets[rows["train"]] = _resolve(states[rows["train"]], chosen, policies=policies, policies_of=policies_of)
    if np.isnan(targets[rows["train"]]).all():
        raise UserError(f"{dataset.folder}: no training image has a label; check the label columns of the source")
    mean, std = compute_mean_and_std(dataset, rows["train"])
    return Task(dataset, chosen, rows, targets, ModelInput(image_size, mean, std), tuple(facts))


def _check_reading(dataset: Dataset) -> None:
    """Refuses a dataset whose settings no longer give the fingerprint it has."""
    try:
        now = Reading.from_json(dataset.reading).fingerprint()
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{dataset.folder}: read by another release ({error}); make it anew with xray-prep") from None
    if now != dataset.reading_fingerprint:
        raise UserError(
            f"{dataset.folder}: its reading fingerprint is {dataset.reading_fingerprint}, "
            f"its settings give {now} in this release; make it anew with xray-prep"
        )


def _choose_findings(dataset: Dataset, wanted: Sequence[str]) -> tuple[str, ...]:
    missing = [finding for finding in wanted if finding not in dataset.findings]
    if missing or not dataset.findings:
        raise UserError(
            f"{dataset.folder} has no labels of {', '.join(missing) or 'any finding'}; "
            f"it has {', '.join(dataset.findings) or 'none'}; change data.findings or make the dataset anew"
        )
    return tuple(wanted) or dataset.findings


def _refuse_strangers(policies_of: Mapping[str, object], findings: Sequence[str]) -> None:
    """Refuses policies of findings that are not trained on."""
    strangers = [name for name in policies_of if name not in findings]
    if strangers:
        raise UserError(
            f"train.policies names {', '.join(strangers)}, the findings of the run are {', '.join(findings)}; "
            "leave the policy out or add the finding to data.findings"
        )


def _resolve(
    states: NDArray[np.int8],
    findings: Sequence[str],
    *,
    policies: Mapping[LabelState, Policy],
    policies_of: Mapping[str, Mapping[LabelState, Policy]],
) -> NDArray[np.float32]:
    """Targets of training: each finding by its own policies, or by those of all."""
    columns = [
        resolve_targets(column, policies_of.get(name, policies))
        for name, column in zip(findings, states.T, strict=True)
    ]
    return np.stack(columns, axis=1)


def _find_rows(dataset: Dataset, split: str) -> NDArray[np.int64]:
    rows = dataset.indices(split)
    if len(rows) < _AT_LEAST[split]:
        raise UserError(
            f"{dataset.folder}: images in its split {split!r}: {len(rows)}, expected at least {_AT_LEAST[split]}; "
            f"raise data.split.{split} or add patients"
        )
    return rows
