"""Calibration: how far scores and probabilities are from observed shares, before and after."""

from collections.abc import Sequence
from functools import partial
from statistics import mean

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.evaluation.reliability import FindingReliability, Reliabilities, Reliability, measure_reliabilities
from xray_resnet.evaluation.reliability_plot import plot_reliabilities
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section, Tile
from xray_resnet.pages.numbers import format_share, to_title

CALIBRATE = "xray-eval --split val calibrates, and chooses thresholds"
_UNCALIBRATED = "Scores rank films and are not probabilities: the model has no calibration."
_SEEN = "The calibration was made on these very images: probabilities look better calibrated than they are on others."


def analyse_calibration(evidence: Evidence) -> Result:
    """Calibration error, Brier score and log-loss of every finding; warns of what probabilities do not say."""
    reliabilities = measure_reliabilities(evidence)
    findings = reliabilities.findings
    values = {
        "reliabilities": reliabilities,
        "methods": letter_methods(finding.saved for finding in findings if finding.saved),
        "curves": letter_methods(p.observed for f in findings for p in (f.after or f.before).curve),
    }
    return Result(
        figures={"calibration": reliabilities.to_json()},
        plots={"reliability": Plot(partial(plot_reliabilities, reliabilities, evidence.ranking), _describe(findings))},
        tile=_make_tile(findings),
        section=Section("Calibration", values),
        warnings=_warn(evidence, reliabilities),
    )


def _make_tile(findings: Sequence[FindingReliability]) -> Tile | None:
    """The mean error of the findings that are calibrated; None without one."""
    errors = [
        (finding.before.error.root, finding.after.error.root) for finding in findings if finding.after is not None
    ]
    known = [(before, after) for before, after in errors if before is not None and after is not None]
    if not known:
        return None
    before, after = (mean(side) for side in zip(*known, strict=True))
    beyond = sum(finding.after is not None and finding.after.is_beyond_chance for finding in findings)
    return Tile(
        "Calibration error",
        format_share(after),
        f"ℓ2, debiased; {format_share(before)} of the scores before calibration; beyond chance in {beyond}",
        f"mean of {len(known)} finding{'' if len(known) == 1 else 's'}",
    )


def _describe(findings: Sequence[FindingReliability]) -> str:
    def say(reliability: Reliability | None) -> str:
        return "none" if reliability is None else format_share(reliability.error.root)

    figures = (f"{to_title(each.name)} {say(each.before)}, {say(each.after)}" for each in findings)
    return f"Reliability diagrams; calibration error before and after: {'; '.join(figures)}"


def _warn(evidence: Evidence, reliabilities: Reliabilities) -> list[Caveat]:
    basis = reliabilities.basis
    if basis is None and evidence.amendment is None:
        return [Caveat(Rank.NOTE, "uncalibrated", _UNCALIBRATED, Concern.CALIBRATION, remedy=CALIBRATE)]
    findings = reliabilities.findings
    warnings = _warn_of_missing(findings) + _warn_of_harm(findings) + _warn_of_nonsense(findings)
    if evidence.amendment is None and evidence.is_basis(basis):
        warnings.append(Caveat(Rank.CAUTION, "calibrated_on_these_images", _SEEN, Concern.CALIBRATION))
    if basis is not None and basis.precision != evidence.model["precision"]:
        here = evidence.model["precision"]
        text = f"The calibration was made in {basis.precision}; these logits were computed in {here}."
        warnings.append(Caveat(Rank.NOTE, "calibrated_in_another_precision", text, Concern.CALIBRATION))
    return warnings


def _warn_of_missing(findings: Sequence[FindingReliability]) -> list[Caveat]:
    missing = [f"{to_title(each.name)} ({each.why_null})" for each in findings if each.method is None]
    text = f"Without calibration, and so without a probability: {', '.join(missing)}."
    return [Caveat(Rank.NOTE, "not_calibrated", text, Concern.CALIBRATION)] if missing else []


def _warn_of_nonsense(findings: Sequence[FindingReliability]) -> list[Caveat]:
    """Of probabilities that say less than the prevalence alone."""
    worse = [each for each in findings if each.over_prevalence and (each.over_prevalence.high or 0.0) < 0]
    named = ", ".join(f"{to_title(each.name)} ({_tell_losses(each)})" for each in worse)
    text = f"Probabilities are worse here than saying the prevalence of every film (log-loss): {named}."
    return [Caveat(Rank.SERIOUS, "worse_than_prevalence", text, Concern.CALIBRATION)] if worse else []


def _tell_losses(finding: FindingReliability) -> str:
    """Both losses."""
    assert finding.after and finding.over_prevalence, "they were compared"
    loss, saved = finding.after.log_loss or 0.0, finding.over_prevalence.value or 0.0
    return f"{loss:.3f} against {loss + saved:.3f}"


def _warn_of_harm(findings: Sequence[FindingReliability]) -> list[Caveat]:
    worse = [to_title(each.name) for each in findings if each.saved and each.saved.is_below(0)]
    text = f"On these images calibrated probabilities are worse than the scores (log-loss): {', '.join(worse)}."
    return [Caveat(Rank.CAUTION, "calibration_harms", text, Concern.CALIBRATION)] if worse else []
