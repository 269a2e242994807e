"""Estimates as the page and metrics.json show them: with their intervals, and how those were made."""

from collections.abc import Iterable
from string import ascii_lowercase
from typing import Any

from xray_resnet.metrics import Estimate


def letter_methods(estimates: Iterable[Estimate]) -> dict[str, str]:
    """Method → letter, in the order in which the methods come."""
    methods = dict.fromkeys(estimate.method for estimate in estimates if estimate.method)
    return dict(zip(methods, ascii_lowercase, strict=False))


def tell_interval(estimate: Estimate) -> str:
    """The interval in words, or why there is none."""
    if estimate.low is None or estimate.high is None:
        return str(estimate.why_null)
    return f"95 % {estimate.low:.3f} to {estimate.high:.3f}"


def estimate_to_json(estimate: Estimate) -> dict[str, Any]:
    """A value, its interval and how that was made; or why there is none."""
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "method": estimate.method,
        "why_null": estimate.why_null,
    }
