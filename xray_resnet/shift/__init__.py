"""Shift: whether a batch of unlabelled films differs from those that a network was validated on, and in what; NumPy."""

from xray_resnet.shift.alarm import CAUSE_TEXTS, FEWEST_FILMS, Cause, Movement, Shift, find_shift
from xray_resnet.shift.reference import FILM_COLUMNS, UNKNOWN, ShiftReference, join_columns

__all__ = [
    "CAUSE_TEXTS",
    "FEWEST_FILMS",
    "FILM_COLUMNS",
    "UNKNOWN",
    "Cause",
    "Movement",
    "Shift",
    "ShiftReference",
    "find_shift",
    "join_columns",
]
