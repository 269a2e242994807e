"""What the logits mean, from the plain values of a metadata file that nobody vouches for."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from xray_resnet.basis import Basis
from xray_resnet.model_output import (
    Calibration,
    Calibrations,
    IsotonicCalibration,
    LinearCalibration,
    ModelOutput,
    OperatingPoint,
    OperatingPoints,
    PrevalenceShift,
    Triages,
)
from xray_resnet.plain import read_number
from xray_resnet.scope import Scope
from xray_resnet.shift import ShiftReference
from xray_resnet.triage import Triage

One = TypeVar("One")
_MOST_POINTS = 100_000


def read_model_output(values: Mapping[str, Any]) -> ModelOutput:
    """The model output whose `asdict` was written; what is missing is null, as in older bundles.

    Raises:
        ValueError: for values that cannot be applied, or of a finding that the model does not have.
        KeyError: for a key that is missing.
        TypeError: for a value of another type.
        OverflowError: for a whole number beyond those that can be computed with.
    """
    findings = tuple(values["findings"])
    made = (values.get(name) for name in ("calibration", "operating_points", "triage", "scope", "shift"))
    calibration, points, triage, scope, shift = made
    if shift is not None and scope is None:
        raise ValueError("a reference of shift without the scope that measures its distances")
    return ModelOutput(
        findings,
        None if calibration is None else _read_calibrations(calibration, findings),
        None if points is None else OperatingPoints(*_read(points, findings, _build_point)),
        None if triage is None else Triages(*_read(triage, findings, Triage.from_plain)),
        None if scope is None else Scope.from_plain(scope),
        None if shift is None else _read_shift(shift, findings),
    )


def _read_shift(values: Mapping[str, Any], findings: tuple[str, ...]) -> ShiftReference:
    reference = ShiftReference.from_plain(values)
    if reference.labels.shape[1] != len(findings):
        raise ValueError(f"a reference of {reference.labels.shape[1]} findings, expected {len(findings)}")
    return reference


def _read_calibrations(values: Mapping[str, Any], findings: tuple[str, ...]) -> Calibrations:
    basis, made = _read(values, findings, _build_calibration)
    shifts = {name: PrevalenceShift(**shift) for name, shift in values.get("shifts", {}).items()}
    if unknown := [name for name in shifts if name not in made]:
        raise ValueError(f"{unknown[0]!r:.80} has a shift of prevalence and no calibration")
    return Calibrations(basis, made, shifts)


def _read(
    values: Mapping[str, Any], findings: tuple[str, ...], build: Callable[[Mapping[str, Any]], One]
) -> tuple[Basis, dict[str, One]]:
    """What it was made on, and the part of each finding."""
    basis = Basis(**values["basis"])
    unknown = [name for name in values["findings"] if name not in findings]
    if unknown:
        raise ValueError(f"{unknown[0]!r:.80} is not a finding of the model")
    return basis, {name: build(part) for name, part in values["findings"].items()}


def _build_calibration(values: Mapping[str, Any]) -> Calibration:
    if values["kind"] == "linear":
        slope, intercept = (read_number(values[name], name) for name in ("slope", "intercept"))
        return LinearCalibration(slope, intercept)
    if values["kind"] != "isotonic":
        raise ValueError(f"calibration kind is {values['kind']!r:.40}, expected linear or isotonic")
    if max(len(values["logits"]), len(values["probabilities"])) > _MOST_POINTS:
        raise ValueError(f"an isotonic calibration has more than {_MOST_POINTS} points")
    logits, probabilities = (
        tuple(read_number(value, name) for value in values[name]) for name in ("logits", "probabilities")
    )
    return IsotonicCalibration(logits, probabilities)


def _build_point(values: Mapping[str, Any]) -> OperatingPoint:
    return OperatingPoint(str(values["criterion"]), read_number(values["logit"], "logit"))
