"""The task of a run: images, targets and network input, from a stored dataset and the configuration."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from xray_resnet.config import Config, TrainConfig
from xray_resnet.data import EpochSampler, LabelledImages, build_augmentation, compute_mean_and_std
from xray_resnet.dicom import Reading
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState, positions, resolve_targets
from xray_resnet.model_input import ModelInput
from xray_resnet.store import Dataset
from xray_resnet.training.module import Batch

_AT_LEAST = {"train": 2, "val": 1}


@dataclass(frozen=True)
class Task:
    """What is learned from.

    Attributes:
        dataset: The stored images.
        findings: Names of the F targets.
        rows: Rows of the splits `train` and `val`.
        targets: (N, F) of all rows of the dataset; NaN where unknown.
        model_input: From stored pixels to the network's input.
    """

    dataset: Dataset
    findings: tuple[str, ...]
    rows: dict[str, NDArray[np.int64]]
    targets: NDArray[np.float32]
    model_input: ModelInput

    def targets_of(self, split: str) -> NDArray[np.float32]:
        """(n, F) targets of a split."""
        return self.targets[self.rows[split]]

    def identify_dataset(self) -> dict[str, str]:
        """What a resumed run must find unchanged."""
        return {
            "reading fingerprint": self.dataset.reading_fingerprint,
            "split hash": self.dataset.split_sha256,
            "list of findings": ", ".join(self.findings),
        }

    def describe_gaps(self) -> Iterator[str]:
        """Sentences on findings that cannot be learned."""
        targets = self.targets_of("train")
        for finding, column in zip(self.findings, targets.T, strict=True):
            for label, count in (("positive", np.nansum(column)), ("negative", np.nansum(1 - column))):
                if not count:
                    yield f"{finding}: no {label} image to train on; its scores will mean nothing"


def build_task(config: Config, dataset: Dataset) -> Task:
    """The task of a configuration.

    Raises:
        UserError: where a split has too few images, a finding is not in the dataset, no label is known, or the
            dataset was read by another version of the reading pipeline.
    """
    _check_reading(dataset)
    findings = _choose_findings(dataset, config.data.findings)
    rows = {split: _find_rows(dataset, split) for split in _AT_LEAST}
    targets = _resolve(dataset, findings, config.train)
    if np.isnan(targets[rows["train"]]).all():
        raise UserError(f"{dataset.folder}: no training image has a label; check the label columns of the source")
    mean, std = compute_mean_and_std(dataset, rows["train"])
    return Task(dataset, findings, rows, targets, ModelInput(config.model.image_size, mean, std))


def build_loaders(config: Config, task: Task) -> tuple[DataLoader[Batch], DataLoader[Batch]]:
    """Loaders of the training images, shuffled and augmented, and of the validation images."""
    train = LabelledImages(
        task.dataset,
        task.rows["train"],
        targets=task.targets_of("train"),
        model_input=task.model_input,
        augmentation=build_augmentation(config.augment),
        sizes=config.train.list_first_sizes(),
        seed=config.train.seed,
    )
    val = LabelledImages(task.dataset, task.rows["val"], targets=task.targets_of("val"), model_input=task.model_input)
    return _build_loader(train, config.train, shuffle=True), _build_loader(val, config.train, shuffle=False)


def _build_loader(images: LabelledImages, config: TrainConfig, *, shuffle: bool) -> DataLoader[Batch]:
    return DataLoader(
        images,
        batch_size=config.batch_size,
        sampler=EpochSampler(len(images), shuffle=shuffle, seed=config.seed),
        num_workers=config.workers,
        # A fork would copy the locks of torch's running threads.
        multiprocessing_context="forkserver" if config.workers else None,
        persistent_workers=config.workers > 0,
        # A last batch of one image may have no variance to normalise by.
        drop_last=shuffle and len(images) > config.batch_size,
        # Without one, the loader draws from torch's global state, although nothing depends on it.
        generator=torch.Generator(),
    )


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


def _choose_findings(dataset: Dataset, wanted: list[str]) -> tuple[str, ...]:
    missing = [finding for finding in wanted if finding not in dataset.findings]
    if missing or not dataset.findings:
        raise UserError(
            f"{dataset.folder} has no labels of {', '.join(missing) or 'any finding'}; "
            f"it has {', '.join(dataset.findings) or 'none'}; change data.findings or make the dataset anew"
        )
    return tuple(wanted) or dataset.findings


def _find_rows(dataset: Dataset, split: str) -> NDArray[np.int64]:
    rows = dataset.indices(split)
    if len(rows) < _AT_LEAST[split]:
        raise UserError(
            f"{dataset.folder}: images in its split {split!r}: {len(rows)}, expected at least {_AT_LEAST[split]}; "
            f"raise data.split.{split} or add patients"
        )
    return rows


def _resolve(dataset: Dataset, findings: tuple[str, ...], config: TrainConfig) -> NDArray[np.float32]:
    policies = {LabelState.UNCERTAIN: config.uncertain, LabelState.UNMENTIONED: config.unmentioned}
    return resolve_targets(dataset.states[:, positions(dataset.findings, findings)], policies)
