"""The thumbnails' baseline: does the network see more than logistic regression on 32 × 32 pixels?"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from xray_resnet.evaluation.analyses.findings import describe_aurocs
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.plots import plot_intervals
from xray_resnet.evaluation.ranking import Ranking
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Tile
from xray_resnet.evaluation.thumbnails import MOST_IMAGES, SIDE, fit_baseline
from xray_resnet.metrics import Aurocs, Estimate, estimate_aurocs
from xray_resnet.pages.numbers import format_share, to_title


def analyse_baseline(evidence: Evidence) -> Result:
    """AUROC of the baseline on the same images; nothing if it saw some of them, or learns from none or very many."""
    if evidence.split != "test" or not 0 < len(evidence.dataset.indices("train")) <= MOST_IMAGES:
        return Result()
    aurocs, ranking = _estimate(evidence), evidence.ranking
    marks = [estimate.value for estimate in (*aurocs.findings, aurocs.macro)]
    return Result(
        figures={"baseline": _to_json(aurocs, evidence.findings)},
        plots={
            "intervals": Plot(
                partial(plot_intervals, ranking, baseline=marks), describe_aurocs("AUROC by finding", ranking)
            )
        },
        tile=Tile(
            "Thumbnail baseline",
            format_share(aurocs.macro.value),
            f"macro AUROC of logistic regression on {SIDE} × {SIDE} pixels",
        ),
        warnings=_warn(ranking, aurocs, is_own_data=evidence.trained_on_this_dataset),
    )


def _estimate(evidence: Evidence) -> Aurocs:
    predictions = evidence.predictions
    fitted = fit_baseline(evidence.dataset, evidence.rows, findings=evidence.findings)
    return estimate_aurocs(predictions.labels, fitted.logits, patients=predictions.patient_ids)


def _to_json(aurocs: Aurocs, findings: Sequence[str]) -> dict[str, Any]:
    estimates = dict(zip(findings, aurocs.findings, strict=True))
    return {
        "what": f"logistic regression on {SIDE} × {SIDE} pixels",
        "findings": {name: _estimate_to_json(estimate) for name, estimate in estimates.items()},
        "macro": _estimate_to_json(aurocs.macro),
    }


def _estimate_to_json(estimate: Estimate) -> dict[str, Any]:
    return {
        "auroc": estimate.value,
        "auroc_low": estimate.low,
        "auroc_high": estimate.high,
        "why_null": estimate.why_null,
    }


def _warn(ranking: Ranking, aurocs: Aurocs, *, is_own_data: bool) -> list[Caveat]:
    """If the baseline reaches the model on the whole, or for some findings; it learns from the images' own archive."""
    if _reaches(aurocs.macro, ranking.macro):
        text = "On the whole the thumbnail baseline ranks as well as the model, "
        if is_own_data:
            text += "which may have learnt no findings."
            return [Caveat(Rank.SERIOUS, "baseline_reaches_model", text, Concern.LEAK, "findings")]
        text += "which did not learn from this archive as the baseline did."
        return [Caveat(Rank.CAUTION, "baseline_reaches_model", text, Concern.TRANSFER, "findings")]
    pairs = zip(ranking.findings, aurocs.findings, strict=True)
    reached = [to_title(finding.name) for finding, rival in pairs if _reaches(rival, finding.auroc)]
    text = f"The thumbnail baseline ranks as well as the model, or better: {', '.join(reached)}."
    return [Caveat(Rank.CAUTION, "baseline_reaches_findings", text, Concern.LEAK, "findings")] if reached else []


def _reaches(rival: Estimate, model: Estimate) -> bool:
    return rival.value is not None and model.value is not None and rival.value >= model.value
