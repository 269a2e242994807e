"""One anatomy and one straight pose, to hold projections against geometry."""

from dataclasses import replace
from typing import Any

from data_prep.phantom.anatomy import Anatomy, draw_anatomy
from data_prep.phantom.patient import Patient, stream
from data_prep.phantom.projection import Beam, aim_beam
from tests.phantom.test_projection import STRAIGHT


def make_anatomy(**changes: float) -> Anatomy:
    """The measures of a man of 40, but for the changes."""
    return replace(draw_anatomy(stream("patient", 1, 1), Patient(1, "M", 40, 0.0)), **changes)


def aim(size: int = 160, **changes: Any) -> Beam:
    """Rays straight through a field of 400 mm, but for the changes of the pose."""
    return aim_beam(replace(STRAIGHT, **{"field_mm": 400.0, **changes}), size)
