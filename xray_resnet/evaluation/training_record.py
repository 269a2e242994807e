"""What a run tells of its training: its settings, its epochs, and what the bundle remembers."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xray_resnet.bundle import Bundle
from xray_resnet.runs import Run


@dataclass(frozen=True)
class TrainingRecord:
    """How a model came to be.

    Attributes:
        versions: Versions of the packages that made it.
        pretraining: Where the first weights came from; empty if they were fresh.
        settings: Section → option → value of the run's configuration; empty for a bundle that stands alone.
        epochs: Rows of the run's table of epochs, likewise.
    """

    versions: Mapping[str, str]
    pretraining: Mapping[str, Any]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    epochs: Sequence[Mapping[str, str]] = ()


def read_training_record(bundle: Bundle) -> TrainingRecord:
    """What the bundle and the run around it, if there is one, tell."""
    from xray_resnet.config_files import read_yaml  # its parser loads only where configurations are handled

    versions, pretraining = bundle.metadata.versions, bundle.metadata.pretraining
    run = Run.around(bundle.folder)
    if run is None:
        return TrainingRecord(versions, pretraining)
    sections = {name: values for name, values in read_yaml(run.config_file).items() if isinstance(values, dict)}
    return TrainingRecord(versions, pretraining, sections, _read_epochs(run))


def _read_epochs(run: Run) -> list[dict[str, str]]:
    if not run.metrics.is_file():
        return []
    with run.metrics.open(newline="", encoding="utf-8") as file:
        return [*csv.DictReader(file)]
