"""How intervals were made, as letters beside them and a line that says what each letter is."""

from collections.abc import Iterable
from string import ascii_lowercase

from xray_resnet.metrics import Estimate


def letter_methods(estimates: Iterable[Estimate]) -> dict[str, str]:
    """Method → letter, in the order in which the methods come."""
    methods = dict.fromkeys(estimate.method for estimate in estimates if estimate.method)
    return dict(zip(methods, ascii_lowercase, strict=False))
