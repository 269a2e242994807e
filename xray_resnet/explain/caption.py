"""What a picture says of a finding: the score, what was decided by which threshold, the calibrated probability."""

import numpy as np

from xray_resnet.model_output import ModelOutput, compute_scores


def write_caption(
    finding: str, *, score: float, output: ModelOutput, probability: float | None = None, decision: str | None = None
) -> str:
    """A line such as `Pleural Effusion: score 0.83, positive (threshold 0.35), calibrated probability 0.41`.

    Args:
        finding: Its name.
        score: Sigmoid of its logit.
        output: Has the thresholds.
        probability: Calibrated; None without a calibration.
        decision: By them; None without any.
    """
    parts = [f"{finding.replace('_', ' ')}: score {score:.2f}"]
    threshold = describe_threshold(finding, output)
    parts += [f"{decision} ({threshold})"] if decision and threshold else [threshold] if threshold else []
    parts += [f"calibrated probability {probability:.2f}"] if probability is not None else ["not calibrated"]
    return ", ".join(parts)


def describe_threshold(finding: str, output: ModelOutput) -> str:
    """From which score a finding is ruled in and below which it is ruled out, or called positive; empty if neither."""
    if output.triage and finding in output.triage.list_deciding():
        triage = output.triage.findings[finding]
        sides = (("rule-in from", triage.rule_in.logit), ("rule-out below", triage.rule_out.logit))
        return ", ".join(f"{words} {_to_score(logit):.2f}" for words, logit in sides if logit is not None)
    point = output.operating_points.findings.get(finding) if output.operating_points else None
    return f"threshold {point.score:.2f}" if point else ""


def _to_score(logit: float) -> float:
    return float(compute_scores(np.array(logit, np.float64)))
