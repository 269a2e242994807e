"""Plain values of files that nobody vouches for."""

import sys


def read_number(value: object, name: str) -> float:
    """A value that is a number.

    Args:
        value: As JSON gives it.
        name: What it is, for the message.

    Raises:
        ValueError: if it is something else, or more than can be computed with.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise ValueError(f"{name} is {value!r:.40}, expected a number")
    return float(value)
