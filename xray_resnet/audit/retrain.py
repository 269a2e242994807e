"""Scores by networks that did not see the film: the run's training repeated, each time without some patients."""

import csv
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xray_resnet.bundle import read_bundle
from xray_resnet.config.model import TIMM
from xray_resnet.errors import UserError
from xray_resnet.evaluation.answers import Answers
from xray_resnet.evaluation.calibrators import NotRisingError, build_targets, fit_platt
from xray_resnet.evaluation.choose_calibration import why_too_few
from xray_resnet.evaluation.images import StoredImages
from xray_resnet.evaluation.subject import Subject, find_trained_patients
from xray_resnet.findings import positions, resolve_targets
from xray_resnet.fingerprint import fingerprint
from xray_resnet.progress import ShowWork
from xray_resnet.runs import Run
from xray_resnet.store import Dataset
from xray_resnet.store.folds import cross_fit
from xray_resnet.torch_engine import choose_engine
from xray_resnet.training.delivery import TrainingInterruptedError
from xray_resnet.training.fit import train

FOLDER = "audit"
_NAME = "network"


@dataclass(frozen=True)
class RunRetraining:
    """The training of a run, to be repeated without some of the patients; what is done is kept in the run's folder.

    Attributes:
        run: Its configuration is trained with.
        folds: Of the patients; there is a training for each.
        show: Shows how many folds are done.
        tell: Gets what a training announces, line by line.
    """

    run: Run
    folds: int
    show: ShowWork
    tell: Callable[[str], None]

    @property
    def seconds(self) -> float | None:
        """How long the run trained, by its table of epochs; None if there is none."""
        if not self.run.metrics.is_file():
            return None
        with self.run.metrics.open(newline="", encoding="utf-8") as table:
            return sum(float(epoch["seconds"]) for epoch in csv.DictReader(table))

    def judge(self, dataset: Dataset, findings: Sequence[str]) -> NDArray[np.float32]:
        """(N, F) logits of all images of a dataset, each by a network that no image of the patient was shown to.

        Those of each network are brought to one scale by the labels of its fold.

        Args:
            dataset: Is trained on and judged.
            findings: The F that are asked for; the run's configuration has them.

        Raises:
            UserError: if the run started from weights that were fitted to some of the patients.
        """
        self._refuse_seen_weights(dataset)
        folder, identity = self.run.folder / FOLDER / dataset.name, self._identify(dataset, findings)
        kept = Answers(folder, lambda: identity)
        logits = np.full((len(dataset), len(findings)), np.nan, np.float32)
        with self.show("training without the films that are judged", "folds") as progress:
            for number, splits in enumerate(cross_fit(dataset, folds=self.folds), 1):
                name = f"fold-{number}-of-{self.folds}"
                ask = partial(self._judge_fold, dataset.divide(splits), findings, folder / identity / name)
                states = dataset.states[splits["test"]][:, positions(dataset.findings, findings)]
                logits[splits["test"]] = scale_by_labels(
                    kept.recall(name, ask), states, patients=dataset.patient_ids[splits["test"]]
                )
                progress(number, self.folds)
        return logits

    def _identify(self, dataset: Dataset, findings: Sequence[str]) -> str:
        """Changes with the configuration, the labels, the patients, and what is asked."""
        data = [dataset.reading_fingerprint, dataset.image_ids.tolist(), dataset.patient_ids.tolist()]
        return fingerprint([self.run.config_file.read_text("utf-8"), *data, dataset.states.tolist(), [*findings]])

    def _refuse_seen_weights(self, dataset: Dataset) -> None:
        """Refuses to start trainings from a network that knows the patients."""
        weights = self.run.read_config().model.weights
        is_run = bool(weights) and not weights.startswith(TIMM)
        trained = find_trained_patients(Path(weights)) if is_run else None
        if trained is None or trained.hash_key_id != dataset.description.hash_key_id:
            return
        if shared := trained.all & {*dataset.patient_ids.tolist()}:
            raise UserError(
                f"{self.run.folder} started from {weights}, which was fitted to {len(shared)} of the patients of "
                f"{dataset.folder}: it may have learnt their wrong labels; audit by a run with other first weights"
            )

    def _judge_fold(self, dataset: Dataset, findings: Sequence[str], place: Path) -> NDArray[np.float32]:
        """Trains, asks the network about its test split, and removes it."""
        trained = self._train(dataset, place)
        logits = ask_about_test(trained, dataset, findings)
        shutil.rmtree(place)
        return logits

    def _train(self, dataset: Dataset, place: Path) -> Path:
        """The run of a fold in its folder: the one that is there, finished, or a new one."""
        config = self.run.read_config()
        config = replace(config, name=_NAME, train=replace(config.train, output=place))
        started = [path.parent for path in place.glob(f"{_NAME}-*/config.yaml")]
        try:
            return train(
                config,
                resume=max(started, default=None),
                dataset=dataset,
                announce=lambda line: self.tell(f"{place.name.replace('-', ' ')}: {line}"),
            )
        except TrainingInterruptedError:
            raise KeyboardInterrupt from None  # what goes on is the audit, not this training


def scale_by_labels(
    logits: NDArray[np.float32], states: NDArray[np.int8], *, patients: NDArray[np.str_]
) -> NDArray[np.float32]:
    """Logits of one network on the scale of log-odds, by Platt's line for each finding; their order stays.

    Networks differ in how sure they are. A finding with too few patients, or that is not ranked, stays as it is.

    Args:
        logits: (n, F).
        states: (n, F) `LabelState`; the labels that are stated are fitted to.
        patients: (n,) identifiers.
    """
    scaled = logits.astype(np.float64)
    for column, labels in enumerate(resolve_targets(states, {}).astype(np.float64).T):
        stated = np.isfinite(labels)
        if why_too_few(labels, patients):
            continue
        with suppress(NotRisingError):
            line = fit_platt(build_targets(labels[stated], patients[stated]), scaled[stated, column])
            scaled[:, column] = line.slope * scaled[:, column] + line.intercept
    return scaled.astype(np.float32)


def ask_about_test(run: Path, dataset: Dataset, findings: Sequence[str]) -> NDArray[np.float32]:
    """(n, F) logits of the test split of the dataset that a run was trained on."""
    rows = dataset.indices("test")
    network = Subject(read_bundle(run), choose_engine("auto"), dataset, "test", rows, tuple(findings)).network
    images = StoredImages(dataset, rows)
    return network.predict(images, known=images.read_facts(network.facts)).logits
