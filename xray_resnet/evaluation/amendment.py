"""What logits mean, found on the images of an evaluation: the calibration and the operating point of every finding."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xray_resnet.errors import UserError
from xray_resnet.evaluation.calibrators import Floats
from xray_resnet.evaluation.choose_calibration import ChosenCalibration, choose_calibration, why_too_few
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.metrics.operating import Criterion, choose_threshold
from xray_resnet.model_output import (
    Basis,
    Calibrations,
    ModelOutput,
    OperatingPoint,
    OperatingPoints,
    PrevalenceShift,
)

_FITTED = ("train", "all")


@dataclass(frozen=True)
class AmendOptions:
    """Whether a bundle is amended, and how.

    Attributes:
        amend: Whether; None: if the images are the validation split of the data that the model was trained on.
        criterion: How operating points are chosen.
        prevalence: Of the findings where the model is used: one for all of them, or finding → prevalence. Probabilities
            are corrected to it, and predictive values are told for it.
    """

    amend: bool | None = None
    criterion: Criterion = field(default_factory=Criterion)
    prevalence: float | Mapping[str, float] | None = None

    def resolve_prevalences(self, findings: tuple[str, ...]) -> dict[str, float]:
        """Finding → prevalence, of the findings that have one.

        Raises:
            UserError: if one is of another finding.
        """
        if self.prevalence is None:
            return {}
        if not isinstance(self.prevalence, Mapping):
            return dict.fromkeys(findings, self.prevalence)
        if unknown := [name for name in self.prevalence if name not in findings]:
            raise UserError(
                f"--prevalence names {unknown[0]}, which is not evaluated; name some of {', '.join(findings)}"
            )
        return dict(self.prevalence)

    def list_words(self) -> list[str]:
        """The options of `xray-eval` that say it."""
        words = [] if self.amend is None else ["--amend" if self.amend else "--no-amend"]
        if self.criterion.target is not None:
            words += [f"--{self.criterion.kind}", f"{self.criterion.target:g}"]
        if self.prevalence is not None:
            words += ["--prevalence", json.dumps(self.prevalence)]
        return words

    def is_wanted(self, *, split: str, own_data: bool) -> bool:
        """Whether the bundle is amended after an evaluation on this split.

        Raises:
            UserError: if it is asked for on images that the model was fitted to, or if a criterion would be ignored.
        """
        if self.amend and own_data and split in _FITTED:
            raise UserError(
                f"--amend on the split {split!r} of the data that the model was trained on: it is too sure of these "
                "images; amend on --split val"
            )
        wanted = self.amend if self.amend is not None else own_data and split == "val"
        if self.criterion.target is not None and not wanted:
            raise UserError(
                f"--{self.criterion.kind} chooses operating points, and the bundle keeps those that it has; choose on "
                "--split val, or add --amend"
            )
        return wanted


DEFAULT = AmendOptions()


@dataclass(frozen=True)
class Amendment:
    """What was found on the images of an evaluation.

    Attributes:
        output: What the logits mean by it.
        calibrations: Finding → the choice, those without a calibration among them.
        why_no_point: Finding → why it has no operating point.
    """

    output: ModelOutput
    calibrations: Mapping[str, ChosenCalibration]
    why_no_point: Mapping[str, str]


def find_amendment(
    predictions: Predictions,
    *,
    basis: Basis,
    findings: tuple[str, ...],
    criterion: Criterion,
    prevalences: Mapping[str, float],
    seed: int,
) -> Amendment:
    """Chooses a calibration and an operating point for every finding.

    Args:
        predictions: Of the images.
        basis: What they are.
        findings: All of the model; those that the images have no labels of get nothing.
        criterion: How operating points are chosen.
        prevalences: Finding → prevalence where the model is used.
        seed: Of the division of the patients into folds.
    """
    labels = dict(zip(predictions.findings, predictions.labels.T.astype(np.float64), strict=True))
    logits = dict(zip(predictions.findings, predictions.logits.T.astype(np.float64), strict=True))
    patients = predictions.patient_ids
    chosen = {name: choose_calibration(labels[name], logits[name], patients=patients, seed=seed) for name in labels}
    made = {name: each.calibration for name, each in chosen.items() if each.calibration}
    shifts = {
        name: PrevalenceShift(float(np.nanmean(labels[name])), prevalences[name])
        for name in made
        if name in prevalences
    }
    points = {name: _choose_point(labels[name], logits[name], patients, criterion) for name in labels}
    found = {name: point for name, point in points.items() if isinstance(point, OperatingPoint)}
    output = ModelOutput(
        findings,
        Calibrations(basis, made, shifts) if made else None,
        OperatingPoints(basis, found) if found else None,
    )
    return Amendment(output, chosen, {name: point for name, point in points.items() if isinstance(point, str)})


def describe_amendment(output: ModelOutput) -> str:
    """What a bundle gives once it has this output, in one sentence."""
    parts = {
        "probabilities": [] if output.calibration is None else [*output.calibration.findings],
        "decisions": [] if output.operating_points is None else [*output.operating_points.findings],
    }
    said = (f"{what} for {', '.join(names)}" if names else f"no {what}" for what, names in parts.items())
    return f"the bundle now gives {' and '.join(said)}"


def _choose_point(
    labels: Floats, logits: Floats, patients: NDArray[np.str_], criterion: Criterion
) -> OperatingPoint | str:
    """The operating point of one finding, or why it has none."""
    if reason := why_too_few(labels, patients):
        return reason
    threshold = choose_threshold(labels, logits, criterion)
    if threshold is None:
        return f"no threshold has {criterion} and calls a film positive"
    return OperatingPoint(str(criterion), threshold)
