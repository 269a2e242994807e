"""The evidence of one evaluation: all that an analysis may ask, and the network to ask again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.basis import Basis
from xray_resnet.boxes import Rectangle
from xray_resnet.evaluation.amendment import Amendment
from xray_resnet.evaluation.answers import Answers
from xray_resnet.evaluation.image_facts import read_fact
from xray_resnet.evaluation.images import Change, StoredImages
from xray_resnet.evaluation.internal import Internal
from xray_resnet.evaluation.network import Network, Peaks, Response
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.evaluation.ranking import Ranking, rank
from xray_resnet.evaluation.request import DEFAULT_REQUEST, Request
from xray_resnet.evaluation.seen import UNKNOWN, Seen
from xray_resnet.evaluation.subject import has_splits_of
from xray_resnet.evaluation.training_record import TrainingRecord
from xray_resnet.metrics.bootstrap import RESAMPLES
from xray_resnet.model_output import ModelOutput
from xray_resnet.progress import Progress, ShowWork, work_in_silence
from xray_resnet.store import Dataset

_ROLES = {
    "train": "seen in training",
    "val": "chose the epoch",
    "test": "held out",
    "all": "in part seen in training",
}
"""Split of the data that the model was trained on → what it was to the model."""


@dataclass(frozen=True)
class Chance:
    """How intervals are drawn.

    Attributes:
        resamples: Bootstrap resamples of the patients.
        seed: Of every analysis alike, so that none depends on those before it.
    """

    resamples: int = RESAMPLES
    seed: int = 0

    def generator(self) -> np.random.Generator:
        """A generator at its start."""
        return np.random.default_rng(self.seed)


DEFAULT_CHANCE = Chance()


@dataclass(frozen=True)
class Evidence:
    """A model's predictions on one split of a dataset, and what is known around them.

    Attributes:
        dataset: Has the images, their facts and boxes, and the other splits.
        split: Name of the split.
        rows: (N,) its rows.
        predictions: Of the N images, for the F findings that model and dataset share.
        peaks: Where the map of every image and finding is strongest.
        features: (N, C) pooled features of every image.
        maps: Place among the N → (F, h, w) maps, of the images that have a box.
        model: Facts of the model, its engine and precision, as in metrics.json.
        network: The model itself, to be asked about changed images.
        chance: How intervals are drawn.
        answers: Keeps what the network says of changed images.
        show: Shows how far an analysis is that asks the network again.
        stated: What the bundle says that the logits mean; None if it says nothing.
        amendment: What was found on these images instead, to amend the bundle; None if it is not amended.
        prevalences: Finding → prevalence where the model is used, if it is said.
        seen: Whom of another dataset's patients the model was fitted to.
        internal: What the model says of its own held-out images, if these are others and it was asked.
        asked: Which analyses run on it, and how.
        record: How the model came to be; None if it is not known.
    """

    dataset: Dataset
    split: str
    rows: NDArray[np.int64]
    predictions: Predictions
    peaks: Peaks
    features: NDArray[np.float32]
    model: Mapping[str, Any]
    network: Network
    chance: Chance
    maps: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)
    show: ShowWork = work_in_silence
    stated: ModelOutput | None = None
    amendment: Amendment | None = None
    prevalences: Mapping[str, float] = field(default_factory=dict)
    seen: Seen = UNKNOWN
    internal: Internal | None = None
    asked: Request = DEFAULT_REQUEST
    record: TrainingRecord | None = None

    @property
    def findings(self) -> tuple[str, ...]:
        """Names of the F findings."""
        return self.predictions.findings

    @cached_property
    def ranking(self) -> Ranking:
        """How well the model ranks each finding; several analyses need it."""
        return rank(self.predictions)

    @property
    def trained_on_this_dataset(self) -> bool:
        """Whether the dataset has the very splits that the model was trained with."""
        return has_splits_of(self.model.get("training_data", {}), self.dataset)

    @property
    def is_unseen(self) -> bool | None:
        """Whether no patient was trained on or chose the epoch; None if it is not known."""
        if self.trained_on_this_dataset:
            return self.split == "test"
        return None if self.seen.patients is None else self.seen.left_out or not self.seen.patients

    @property
    def role(self) -> str:
        """What the images were to the model: only those that it was not fitted to say how good it is."""
        return _ROLES[self.split] if self.trained_on_this_dataset else "another dataset than it was trained on"

    @property
    def output(self) -> ModelOutput:
        """What the logits mean: by what was found on these images, or else by the bundle."""
        return self.amendment.output if self.amendment else self.stated or ModelOutput(self.findings)

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """(N, F) calibrated to the prevalence of the calibration's basis; NaN for a finding without a calibration.

        If the calibration was chosen on these images, each is by a fit that left out the patient.
        """
        if self.amendment is not None:
            return np.stack([self.amendment.calibrations[name].probabilities for name in self.findings], axis=1)
        made = self.output.calibration
        if made is None:
            return np.full(self.predictions.logits.shape, np.nan)
        plain, logits = replace(made, shifts={}), self.predictions.logits.astype(np.float64)
        return np.stack([plain.calibrate(name, logits[:, f]) for f, name in enumerate(self.findings)], axis=1)

    @property
    def basis(self) -> Basis:
        """What a calibration or an operating point that is found on these images holds for."""
        patients = len(np.unique(self.predictions.patient_ids))
        return Basis(self.dataset.name, self.split, patients, self.model["engine"], self.model["precision"])

    def is_basis(self, basis: Basis | None) -> bool:
        """Whether a calibration or an operating point was made on these very images."""
        return basis is not None and (basis.dataset, basis.split) == (self.dataset.name, self.split)

    def fact(self, name: str) -> list[Any]:
        """What the dataset knows of each of the N images; None if absent.

        Args:
            name: A column, `source`, `scanner`, or a fact of the header by its DICOM keyword.
        """
        return read_fact(self.dataset, self.rows, name)

    def boxes(self, place: int, finding: str) -> list[Rectangle]:
        """Boxes of a finding in the image at `place` of the N, in store pixels."""
        return boxes_of(self.dataset, int(self.rows[place]), finding)

    def images(self, places: Sequence[int] | None = None, *, change: Change | None = None) -> StoredImages:
        """The stored pixels of the N images, or of some of them, read as they are looked at."""
        rows = self.rows if places is None else self.rows[np.asarray(places, np.intp)]
        return StoredImages(self.dataset, rows, change)

    def predict_on(
        self, change: Change, places: Sequence[int] | None = None, *, progress: Progress | None = None
    ) -> Response:
        """What the network says of changed images.

        Args:
            change: Of one image's pixels.
            places: Which of the N images; without it, all.
            progress: Told after every batch.
        """
        images = self.images(places, change=change)
        return self.network.predict(images, known=images.read_facts(self.network.facts), progress=progress)


def boxes_of(dataset: Dataset, row: int, finding: str) -> list[Rectangle]:
    """The boxes of one finding in one row, in store pixels."""
    return [box.rectangle for box in dataset.boxes(row) if box.finding == finding]
