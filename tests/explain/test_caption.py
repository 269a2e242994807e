"""Captions say the score, what was decided by which threshold, and the probability, or that there is none."""

from dataclasses import replace

import pytest

from tests.evaluation.builders import make_output, make_triage_output
from xray_resnet.explain.caption import write_caption
from xray_resnet.model_output import ModelOutput

FINDINGS = ("Nodule", "Pleural_Effusion")
AMENDED = make_output(FINDINGS)
TRIAGED = replace(AMENDED, triage=make_triage_output(FINDINGS).triage)


@pytest.mark.parametrize(
    ("finding", "output", "probability", "decision", "expected"),
    [
        ("Nodule", ModelOutput(FINDINGS), None, None, "Nodule: score 0.83, not calibrated"),
        ("Nodule", AMENDED, None, None, "Nodule: score 0.83, not calibrated"),
        (
            "Pleural_Effusion", AMENDED, 0.414, "positive",
            "Pleural Effusion: score 0.83, positive (threshold 0.62), calibrated probability 0.41",
        ),
        (
            "Pleural_Effusion", AMENDED, 0.414, None,
            "Pleural Effusion: score 0.83, threshold 0.62, calibrated probability 0.41",
        ),
        (
            "Pleural_Effusion", TRIAGED, 0.414, "uncertain",
            "Pleural Effusion: score 0.83, uncertain (rule-in from 0.88, rule-out below 0.12), calibrated probability "
            "0.41",
        ),
        ("Nodule", TRIAGED, None, None, "Nodule: score 0.83, not calibrated"),
    ],
)  # fmt: skip
def test_a_caption(
    finding: str, output: ModelOutput, probability: float | None, decision: str | None, expected: str
) -> None:
    assert write_caption(finding, score=0.831, output=output, probability=probability, decision=decision) == expected
