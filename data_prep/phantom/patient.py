"""Patients: who is examined, how often, and with which random streams."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Purpose = Literal["schedule", "patient", "image", "noise", "encoding"]

_IMAGES_PER_PATIENT = {1: 0.72, 2: 0.18, 3: 0.10}
_STREAMS: dict[Purpose, int] = {"schedule": 0, "patient": 1, "image": 2, "noise": 3, "encoding": 4}


@dataclass(frozen=True)
class Patient:
    """A person, before any organ is drawn.

    Attributes:
        number: Counts from 1 within one phantom data set.
        sex: F or M.
        age: Years.
        habitus: Standardised stoutness; 0 is average, negative is slim.
    """

    number: int
    sex: Literal["F", "M"]
    age: int
    habitus: float

    @property
    def name(self) -> str:
        """The patient's identifier in headers and tables."""
        return f"SYNTHETIC-{self.number:05d}"


def stream(kind: Purpose, seed: int, number: int = 0) -> np.random.Generator:
    """The random stream of one purpose; streams are independent, so that no order of work changes any of them."""
    return np.random.default_rng(np.random.SeedSequence([seed, _STREAMS[kind], number]))


def schedule_patients(count: int, seed: int) -> list[int]:
    """The patient number of each of `count` images; a smaller count is the beginning of a larger one."""
    sizes = list(_IMAGES_PER_PATIENT)
    visits = stream("schedule", seed).choice(sizes, size=count, p=list(_IMAGES_PER_PATIENT.values()))
    return [int(number) for number in np.repeat(np.arange(1, count + 1), visits)[:count]]


def draw_patient(rng: np.random.Generator, number: int) -> Patient:
    """Draws sex, age and habitus."""
    sex: Literal["F", "M"] = "F" if rng.random() < 0.5 else "M"
    age = int(np.clip(rng.normal(56, 17), 18, 92))
    return Patient(number=number, sex=sex, age=age, habitus=float(np.clip(rng.normal(), -2, 2.2)))
