"""The thumbnails' baseline: does the network see more than logistic regression on 32 × 32 pixels?"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from xray_resnet.evaluation.analyses.findings import describe_aurocs
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import estimate_to_json, tell_interval
from xray_resnet.evaluation.plots import plot_intervals
from xray_resnet.evaluation.ranking import Ranking
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Tile
from xray_resnet.evaluation.thumbnails import MOST_IMAGES, SIDE, fit_baseline
from xray_resnet.metrics import Aurocs, Estimate, estimate_aurocs, estimate_paired_difference
from xray_resnet.pages.numbers import format_share, to_title

MARGIN = 0.02
"""AUROC by which the model should be shown to rank better."""


def analyse_baseline(evidence: Evidence) -> Result:
    """AUROC of the baseline on the same images; nothing if it saw some of them, or learns from none or very many."""
    if evidence.split != "test" or not 0 < len(evidence.dataset.indices("train")) <= MOST_IMAGES:
        return Result()
    (aurocs, gains), ranking = _estimate(evidence), evidence.ranking
    marks = [estimate.value for estimate in (*aurocs.findings, aurocs.macro)]
    return Result(
        figures={"baseline": _to_json(aurocs, gains, evidence.findings)},
        plots={
            "intervals": Plot(
                partial(plot_intervals, ranking, baseline=marks), describe_aurocs("AUROC by finding", ranking)
            )
        },
        tile=Tile(
            "Thumbnail baseline",
            format_share(aurocs.macro.value),
            f"macro AUROC of logistic regression on {SIDE} × {SIDE} pixels; the model's is higher by "
            f"{format_share(gains.macro.value)}, {tell_interval(gains.macro)}",
        ),
        warnings=_warn(ranking, gains, is_own_data=evidence.trained_on_this_dataset),
    )


def _estimate(evidence: Evidence) -> tuple[Aurocs, Aurocs]:
    """AUROC of the baseline, and what the model's is higher by."""
    predictions, patients = evidence.predictions, evidence.predictions.patient_ids
    logits = fit_baseline(evidence.dataset, evidence.rows, findings=evidence.findings).logits
    return (
        estimate_aurocs(predictions.labels, logits, patients=patients),
        estimate_paired_difference(predictions.labels, logits, predictions.logits, patients=patients),
    )


def _to_json(aurocs: Aurocs, gains: Aurocs, findings: Sequence[str]) -> dict[str, Any]:
    estimates = zip(aurocs.findings, gains.findings, strict=True)
    return {
        "what": f"logistic regression on {SIDE} × {SIDE} pixels",
        "findings": {name: _estimate_to_json(*pair) for name, pair in zip(findings, estimates, strict=True)},
        "macro": _estimate_to_json(aurocs.macro, gains.macro),
    }


def _estimate_to_json(estimate: Estimate, gain: Estimate) -> dict[str, Any]:
    return {
        "auroc": estimate.value,
        "auroc_low": estimate.low,
        "auroc_high": estimate.high,
        "why_null": estimate.why_null,
        "model_less_baseline": estimate_to_json(gain),
    }


def _warn(ranking: Ranking, gains: Aurocs, *, is_own_data: bool) -> list[Caveat]:
    """If the baseline reaches the model, or nearly, on the whole or for some findings.

    It learns from the images' own archive.
    """
    if _reaches(gains.macro):
        text = "On the whole the thumbnail baseline ranks as well as the model, "
        if is_own_data:
            text += "which may have learnt no findings."
            return [Caveat(Rank.SERIOUS, "baseline_reaches_model", text, Concern.LEAK, "findings")]
        text += "which did not learn from this archive as the baseline did."
        return [Caveat(Rank.CAUTION, "baseline_reaches_model", text, Concern.TRANSFER, "findings")]
    named = [(to_title(finding.name), gain) for finding, gain in zip(ranking.findings, gains.findings, strict=True)]
    reached = [name for name, gain in named if _reaches(gain)]
    barely = [f"{name} ({_tell(gain)})" for name, gain in [("all findings", gains.macro), *named] if _is_barely(gain)]
    return [
        *_warn_of("baseline_reaches_findings", "ranks as well as the model, or better", reached),
        *_warn_of("baseline_barely_beaten", f"is not shown to rank worse than the model by {MARGIN} or more", barely),
    ]


def _warn_of(name: str, what: str, findings: Sequence[str]) -> list[Caveat]:
    text = f"The thumbnail baseline {what}: {', '.join(findings)}."
    return [Caveat(Rank.CAUTION, name, text, Concern.LEAK, "findings")] if findings else []


def _reaches(gain: Estimate) -> bool:
    return gain.value is not None and gain.value <= 0


def _is_barely(gain: Estimate) -> bool:
    """Whether the model ranks better, but perhaps by less than the margin."""
    return gain.value is not None and gain.value > 0 and (gain.low is None or gain.low < MARGIN)


def _tell(gain: Estimate) -> str:
    return f"{gain.value:+.3f}, {tell_interval(gain)}"
