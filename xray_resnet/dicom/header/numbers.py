"""Numbers as headers spell them: Decimal Strings (PS3.5 6.2), also with the comma of another locale."""

import math
import re
from collections.abc import Sequence
from typing import Any

_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d*(?:[eE][+-]?\d+)?\s*")
"""One comma and no point: digits are never grouped in DICOM, so that it can only separate the decimals."""


def list_values(value: Any) -> Sequence[Any]:
    """The values of an element, one or more."""
    return [value] if isinstance(value, str | int | float) or value is None else list(value)


def read_number(value: Any) -> float | None:
    """The first of one or more numbers; None if it is not a finite number."""
    try:
        number = float(_spell(next(iter(list_values(value)), math.nan)))
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def has_decimal_comma(value: Any) -> bool:
    """Whether one of the values is a number with a decimal comma."""
    return any(isinstance(item, str) and _DECIMAL_COMMA.fullmatch(item) for item in list_values(value))


def _spell(value: Any) -> Any:
    return value.replace(",", ".") if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value) else value
