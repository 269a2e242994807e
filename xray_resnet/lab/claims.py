"""A paper's claim as a number on one side of a bound, and the verdict on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xray_resnet.metrics import Estimate

Verdict = Literal["holds", "does_not_hold", "cannot_tell"]


@dataclass(frozen=True)
class Claim:
    """What a paper says, and what must be measured for it to hold.

    Attributes:
        text: The claim in a sentence.
        source: Paper and section, figure or equation.
        measure: What the number is, with its unit.
        bound: Where the claim begins or ends to hold.
        side: The side of the bound on which it holds.
    """

    text: str
    source: str
    measure: str
    bound: float
    side: Literal["below", "above"]

    def judge(self, estimate: Estimate) -> Verdict:
        """Whether the whole interval lies on the claim's side, or on the other; a bound within it decides nothing."""
        if estimate.low is None or estimate.high is None:
            return "cannot_tell"
        below, above = estimate.high < self.bound, estimate.low > self.bound
        if not below and not above:
            return "cannot_tell"
        return "holds" if below == (self.side == "below") else "does_not_hold"

    @property
    def condition(self) -> str:
        """What holds, in words: `below 0.5`."""
        return f"{self.side} {self.bound:g}"


def format_interval(estimate: Mapping[str, Any]) -> str:
    """`0.12 (0.10 … 0.15)`, or why there is no interval."""
    if estimate["value"] is None:
        return f"unknown ({estimate['why_null']})"
    value = f"{estimate['value']:.3g}"
    if estimate["low"] is None:
        return f"{value} ({estimate['why_null']})"
    return f"{value} ({estimate['low']:.3g} … {estimate['high']:.3g})"
