"""What logits mean, found on an evaluation's images: calibration, operating point and triage of every finding."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_resnet.basis import Basis
from xray_resnet.evaluation.calibrators import Floats
from xray_resnet.evaluation.choose_calibration import ChosenCalibration, choose_calibration, why_too_few
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.metrics import make_triage
from xray_resnet.metrics.operating import Criterion, choose_threshold
from xray_resnet.model_output import (
    Calibrations,
    ModelOutput,
    OperatingPoint,
    OperatingPoints,
    PrevalenceShift,
    Triages,
)
from xray_resnet.triage import Promises, Triage


@dataclass(frozen=True)
class Amendment:
    """What was found on the images of an evaluation.

    Attributes:
        output: What the logits mean by it.
        calibrations: Finding → the choice, those without a calibration among them.
        why_no_point: Finding → why it has no operating point.
        why_no_scope: Why no scope was found; None if one was, or if none was looked for.
    """

    output: ModelOutput
    calibrations: Mapping[str, ChosenCalibration]
    why_no_point: Mapping[str, str]
    why_no_scope: str | None = None


def find_amendment(
    predictions: Predictions,
    *,
    basis: Basis,
    findings: tuple[str, ...],
    criterion: Criterion,
    prevalences: Mapping[str, float],
    seed: int,
    promises: Promises | None = None,
) -> Amendment:
    """Chooses a calibration, an operating point and a triage for every finding.

    Args:
        predictions: Of the images.
        basis: What they are.
        findings: All of the model; those that the images have no labels of get nothing.
        criterion: How operating points are chosen.
        prevalences: Finding → prevalence where the model is used.
        seed: Of the division of the patients into folds, and of the films that test the triage.
        promises: What is promised of films that are ruled in and out; without it there is no triage.
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
    triage = _make_triages(labels, logits, patients, promises, seed) if promises else {}
    output = ModelOutput(
        findings,
        Calibrations(basis, made, shifts) if made else None,
        OperatingPoints(basis, found) if found else None,
        Triages(basis, triage) if triage else None,
    )
    return Amendment(output, chosen, {name: point for name, point in points.items() if isinstance(point, str)})


def describe_amendment(output: ModelOutput) -> str:
    """What a bundle gives once it has this output, in one sentence."""
    parts = {
        "probabilities": [] if output.calibration is None else [*output.calibration.findings],
        "operating points": [] if output.operating_points is None else [*output.operating_points.findings],
        "triage": [] if output.triage is None else output.triage.list_deciding(),
    }
    *said, last = (f"{what} for {', '.join(names)}" if names else f"no {what}" for what, names in parts.items())
    films = "flags films that are out of scope" if output.scope else "flags no film as out of scope"
    return f"the bundle now gives {', '.join(said)} and {last}, and {films}"


def _make_triages(
    labels: Mapping[str, Floats],
    logits: Mapping[str, Floats],
    patients: NDArray[np.str_],
    promises: Promises,
    seed: int,
) -> dict[str, Triage]:
    """The triage of every finding, on films that are drawn anew for each, so that none depends on the others."""
    return {
        name: make_triage(
            labels[name],
            logits[name],
            patients=patients,
            rule_in=promises.rule_in,
            rule_out=promises.rule_out,
            generator=np.random.default_rng(seed),
        )
        for name in labels
    }


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
