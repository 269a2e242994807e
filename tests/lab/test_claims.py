"""The verdict on a claim follows from the whole interval."""

import pytest

from xray_resnet.lab.claims import Claim, Verdict
from xray_resnet.metrics import Estimate


@pytest.mark.parametrize(
    ("side", "low", "high", "verdict"),
    [
        ("below", 0.1, 0.4, "holds"),
        ("below", 0.6, 0.9, "does_not_hold"),
        ("above", 0.6, 0.9, "holds"),
        ("above", 0.1, 0.4, "does_not_hold"),
        ("below", 0.4, 0.6, "cannot_tell"),
        ("above", 0.5, 0.5, "cannot_tell"),
    ],
)
def test_the_whole_interval_decides(side: str, low: float, high: float, verdict: Verdict) -> None:
    claim = Claim("", "", "", 0.5, side)  # type: ignore[arg-type]
    assert claim.judge(Estimate((low + high) / 2, low, high)) == verdict


def test_without_an_interval_nothing_can_be_told() -> None:
    assert Claim("", "", "", 0.5, "below").judge(Estimate(0.1, why_null="one network")) == "cannot_tell"
