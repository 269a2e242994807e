"""What is evaluated on what: a bundle and the rows of a dataset, if they belong together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.bundle import Bundle, load_model, read_bundle
from xray_resnet.errors import UserError
from xray_resnet.evaluation.answers import fingerprint_files_and_pixels
from xray_resnet.evaluation.network import Network
from xray_resnet.evaluation.seen import UNKNOWN, Seen, Treatment, treat_seen
from xray_resnet.findings import positions
from xray_resnet.fingerprint import fingerprint
from xray_resnet.precision import RequestedPrecision
from xray_resnet.runs import Run, evaluation_folder
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.store.facts import read_facts
from xray_resnet.torch_engine import Engine, choose_engine
from xray_resnet.trained_patients import TrainedPatients


@dataclass(frozen=True)
class Subject:
    """A model and the images it is asked about.

    Attributes:
        bundle: The model's bundle.
        engine: Device and precision.
        dataset: Has the images.
        split: Name of the split.
        rows: (N,) its rows.
        findings: The F that model and dataset both have, in the model's order.
        seen: Whom of another dataset's patients the model was fitted to.
    """

    bundle: Bundle
    engine: Engine
    dataset: Dataset
    split: str
    rows: NDArray[np.int64]
    findings: tuple[str, ...]
    seen: Seen = UNKNOWN

    @property
    def network(self) -> Network:
        """The bundle's network, with the outputs of the findings."""
        outputs = dict(zip(self.findings, positions(self.bundle.metadata.findings, self.findings), strict=True))
        return Network(
            partial(load_model, self.bundle), outputs, self.bundle.model_input, self.engine, self.bundle.metadata.facts
        )

    @property
    def states(self) -> NDArray[np.int8]:
        """(N, F) label states."""
        return self.dataset.states[self.rows][:, positions(self.dataset.findings, self.findings)]

    @property
    def folder(self) -> Path:
        """Where the results go: below the run; below the bundle where that stands alone."""
        return evaluation_folder(self.bundle.folder, dataset=self.dataset.name, split=self.split)

    @property
    def is_own_data(self) -> bool:
        """Whether the dataset has the very splits that the model was trained with."""
        return has_splits_of(self.bundle.metadata.training_data, self.dataset)

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the network, how it computes, and what it is shown, told and asked."""
        model = {**self.describe_model(), "findings": [*self.findings]}
        files = fingerprint_files_and_pixels(
            [self.bundle.weights], lambda place: self.dataset.pixels(int(self.rows[place])), len(self.rows)
        )
        known = read_facts(self.dataset, self.rows, self.bundle.metadata.facts)
        told = None if known is None else known.tolist()
        return fingerprint([model, files, self.dataset.image_ids[self.rows].tolist(), told])

    def describe_model(self) -> dict[str, Any]:
        """Model facts that must accompany every figure."""
        metadata = self.bundle.metadata
        return {
            "name": metadata.name,
            **metadata.model,
            "findings": [*metadata.findings],
            "input": dict(metadata.input),
            "reading_fingerprint": metadata.reading_fingerprint,
            "input_fingerprint": metadata.input_fingerprint,
            "training_data": dict(metadata.training_data),
            "engine": self.engine.describe(),
            "precision": self.engine.precision,
            "instruction_set": self.engine.instruction_set,
        }


def has_splits_of(training_data: Mapping[str, Any], dataset: Dataset) -> bool:
    """Whether a dataset has the very splits that a model was trained with, by what the model says of its training."""
    return bool(training_data.get("split_sha256") == dataset.split_sha256)


def open_subject(
    run_or_bundle: Path,
    *,
    dataset: Path,
    split: str,
    precision: RequestedPrecision,
    treatment: Treatment = "refuse",
) -> Subject:
    """Opens model and dataset.

    Args:
        run_or_bundle: A run folder, or a bundle folder.
        dataset: The dataset folder.
        split: Which of its images.
        precision: fp32, bf16 or auto.
        treatment: Of another dataset's patients that the model was fitted to.

    Raises:
        UserError: if one of them is missing, or they were read differently, share no finding, the split is empty, or
            has patients that the model was fitted to.
    """
    bundle, images = read_bundle(run_or_bundle), open_dataset(dataset)
    _check_reading(bundle, images)
    findings = _share_findings(bundle, images)
    rows = images.indices(split)
    if not len(rows):
        raise UserError(f"{images.folder}: its split {split!r} has no image; choose another with --split")
    subject = Subject(bundle, choose_engine(precision), images, split, rows, findings)
    if subject.is_own_data:
        return subject
    rows, seen = treat_seen(images, rows, find_trained_patients(run_or_bundle), treatment)
    return replace(subject, rows=rows, seen=seen)


def find_trained_patients(run_or_bundle: Path) -> TrainedPatients | None:
    """Whom a model was fitted to, if it lies in a run that kept them."""
    run = Run.around(run_or_bundle)
    return None if run is None else TrainedPatients.read(run.patients_file)


def find_dataset(run: Path) -> Path:
    """The dataset folder that a run was trained on, by its configuration.

    Raises:
        UserError: if the folder belongs to no run, such as a bundle that stands alone.
    """
    found = Run.around(run)
    if found is None:
        raise UserError(f"{run}: no run with a configuration that says which dataset; name one with --data")
    return found.find_dataset()


def _check_reading(bundle: Bundle, dataset: Dataset) -> None:
    """Refuses pixels that were not read as the model's were."""
    metadata = bundle.metadata
    if metadata.reading_fingerprint != dataset.reading_fingerprint:
        theirs, ours = _describe_differences(dataset.reading, metadata.reading)
        raise UserError(
            f"{dataset.folder} was read with {theirs} (fingerprint {dataset.reading_fingerprint}), "
            f"the model {bundle.folder} expects {ours} (fingerprint {metadata.reading_fingerprint}); "
            "make the dataset with the model's settings, or train on this one"
        )


def _describe_differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[str, str]:
    """Of two readings what differs, in words for each."""
    keys = [key for key in {**first, **second} if first.get(key) != second.get(key)]
    one, other = (", ".join(f"{key} {side.get(key, 'absent')}" for key in keys) for side in (first, second))
    return one or "the same settings", other or "the same settings"


def _share_findings(bundle: Bundle, dataset: Dataset) -> tuple[str, ...]:
    """The findings of both, in the model's order."""
    known = bundle.metadata.findings
    findings = tuple(finding for finding in known if finding in dataset.findings)
    if not findings:
        raise UserError(
            f"{bundle.folder} knows {', '.join(known)}; {dataset.folder} has labels of "
            f"{', '.join(dataset.findings)}; evaluate on a dataset that shares a finding with the model"
        )
    return findings
