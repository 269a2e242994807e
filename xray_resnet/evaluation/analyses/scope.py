"""Scope: how many of the images the network sees as unlike its training films."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import estimate_to_json, letter_methods
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section
from xray_resnet.evaluation.scope_plot import plot_scope
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.newcombe import CONFIDENCE
from xray_resnet.metrics.shares import estimate_shares
from xray_resnet.pages.numbers import format_percent
from xray_resnet.scope import Scope, rank_threshold

SCHEMA_VERSION = 1
"""Of its part of metrics.json."""
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_NONE_MADE = "there is no scope; xray-eval --split val makes one"


def analyse_scope(evidence: Evidence) -> Result:
    """The share of images that are out of scope; warns if it is more than films like the training films have."""
    scope = evidence.output.scope
    if scope is None:
        why = (evidence.amendment and evidence.amendment.why_no_scope) or _NONE_MADE
        text = f"No film is flagged as unlike the training films: {why}."
        return Result(
            figures={"scope": {"schema_version": SCHEMA_VERSION, "why_null": why}},
            warnings=[Caveat(Rank.NOTE, "no_scope", text)],
        )
    distances = scope.space.measure(evidence.features)
    beyond = _estimate_share(evidence, distances > scope.threshold)
    values = {
        "scope": scope,
        "beyond": beyond,
        "methods": letter_methods([beyond]),
        "on_these_images": evidence.is_basis(scope.basis),
    }
    return Result(
        figures={"scope": _to_json(scope, distances, beyond)},
        plots={"distances": Plot(partial(plot_scope, distances, scope.threshold), _describe(distances, scope))},
        section=Section("Scope", values),
        warnings=_warn(scope, beyond),
    )


def _estimate_share(evidence: Evidence, beyond: NDArray[np.bool_]) -> Estimate:
    (share,) = estimate_shares(
        beyond[None],
        np.ones((1, len(beyond)), np.bool_),
        patients=evidence.predictions.patient_ids,
        generator=evidence.chance.generator(),
        why_none=["no image"],
        resamples=evidence.chance.resamples,
    )
    return share


def _to_json(scope: Scope, distances: NDArray[np.float64], beyond: Estimate) -> dict[str, Any]:
    quantiles = np.quantile(distances, _QUANTILES).tolist()
    return {
        "schema_version": SCHEMA_VERSION,
        "threshold": scope.threshold,
        "false_alarms": scope.false_alarms,
        "out_of_scope": estimate_to_json(beyond),
        "distance_quantiles": {f"{level:g}": value for level, value in zip(_QUANTILES, quantiles, strict=True)},
        "why_null": None,
    }


def _describe(distances: NDArray[np.float64], scope: Scope) -> str:
    """The picture in words."""
    median = float(np.median(distances))
    return f"Distance from the training films: median {median:.2f}, the scope ends at {scope.threshold:.2f}"


def bound_false_alarms(scope: Scope) -> float:
    """The share of films like those of the basis that may lie beyond the threshold, which so few patients chose.

    The share beyond the k-th of n distances is distributed as Beta(n + 1 - k, k): on average it is what the scope
    promises, for one scope it may be more (Vovk, Asian Conference on Machine Learning 2012, proposition 2b).
    """
    rank = rank_threshold(scope.basis.patients, scope.false_alarms)
    return float(beta.ppf((1 + CONFIDENCE) / 2, scope.basis.patients + 1 - rank, rank))


def _warn(scope: Scope, beyond: Estimate) -> list[Caveat]:
    if not beyond.is_above(bound_false_alarms(scope)):
        return []
    text = (
        f"{format_percent(beyond.value)} of the images (95 % {format_percent(beyond.low)} to "
        f"{format_percent(beyond.high)}) are unlike the training films, "
        f"against {format_percent(scope.false_alarms)} of films like those: the network may not hold for them."
    )
    return [Caveat(Rank.CAUTION, "out_of_scope", text, Concern.TRANSFER)]
