"""Facts beside the image that a network may be given: age, sex and view position, as numbers.

Each is two numbers: its value, scaled to about -1 to 1, and a 1 that says it is known. A fact that is missing is two
zeros, so that it adds nothing to a logit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Fact = Literal["age", "sex", "view_position"]
FACTS: tuple[Fact, ...] = get_args(Fact)

OLDEST = 120
"""Years; public tables hold ages up to 414."""
_MIDDLE_AGE, _AGE_SPREAD = 50.0, 25.0
_YEARS_PER_UNIT = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
_COLUMNS = 2


def count_columns(facts: Sequence[str]) -> int:
    """Numbers that a network gets for these facts."""
    return _COLUMNS * len(facts)


def encode_facts(facts: Sequence[str], values: Mapping[str, Any]) -> NDArray[np.float32]:
    """Facts of one image as (`count_columns`,) numbers.

    Args:
        facts: Which, in order.
        values: Fact → age in years, sex as M or F, view position as AP or PA; what is anything else is missing.

    Example:
        >>> encode_facts(["age", "sex"], {"age": 75, "sex": ""}).tolist()
        [1.0, 1.0, 0.0, 0.0]
    """
    scaled = [_SCALE[fact](values.get(fact)) for fact in facts]
    return np.array([number for value in scaled for number in _mark(value)], np.float32)


def encode_header(facts: Sequence[str], header: Mapping[str, str]) -> NDArray[np.float32]:
    """The same from facts of a DICOM header by keyword; a file without a header has none.

    Args:
        facts: Which, in order.
        header: Patient's Age (0010,1010), Patient's Sex (0010,0040) and View Position (0018,5101), if they are there.
    """
    values = {
        "age": read_age_string(header.get("PatientAge", "")),
        "sex": header.get("PatientSex"),
        "view_position": header.get("ViewPosition"),
    }
    return encode_facts(facts, values)


def read_age_string(text: str) -> float | None:
    """An age string (PS3.5 6.2, VR AS: `034Y`, `006M`; `34` of careless writers) in years; None if invalid."""
    number, unit = (text, "Y") if text.isdigit() else (text[:-1], text[-1:])
    age = int(number) * _YEARS_PER_UNIT.get(unit, 0.0) if number.isdigit() else 0.0
    return age if 0 < age <= OLDEST else None


def hide_facts(known: NDArray[np.float32], p: float, generator: np.random.Generator) -> NDArray[np.float32]:
    """Facts (columns,) of one image, each made missing with probability p, so that a network learns to do without."""
    kept = generator.random(len(known) // _COLUMNS) >= p
    return known * np.repeat(kept, _COLUMNS).astype(np.float32)


def _mark(value: float | None) -> tuple[float, float]:
    return (0.0, 0.0) if value is None else (value, 1.0)


def _scale_age(years: Any) -> float | None:
    """Half of all adults lie within -1 and 1."""
    known = isinstance(years, int | float) and 0 <= years <= OLDEST
    return (years - _MIDDLE_AGE) / _AGE_SPREAD if known else None


_SCALE: Mapping[str, Callable[[Any], float | None]] = {
    "age": _scale_age,
    "sex": {"M": 1.0, "F": -1.0}.get,
    "view_position": {"AP": 1.0, "PA": -1.0}.get,
}
