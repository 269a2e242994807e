"""Anatomy: one patient's measures in millimetres.

The frame is the patient's: x towards the patient's left, y towards the feet, z towards the front; the origin lies in
the midline at mid-chest. All sizes are those of an adult; sources of the mean values are textbook radiographic
measures (inner thoracic width about 28 cm, hemidiaphragm at the tenth posterior rib, right dome 1–2 cm higher).
"""

from dataclasses import dataclass

import numpy as np

from data_prep.phantom.patient import Patient


@dataclass(frozen=True)
class Anatomy:
    """Measures in mm, of the resting patient in full inspiration.

    Attributes:
        thorax_half_width: Midline to the inner chest wall at its widest.
        lung_depth: Front-to-back path through lung at its deepest.
        apex: y of the lung's apex.
        dome: y of the top of the left hemidiaphragm.
        dome_lead: How much higher the right dome is.
        dome_fall: How far the dome falls from its top to the costophrenic angle.
        mediastinum: Half width of the upper mediastinum.
        chest_wall: Soft tissue lateral to the ribs.
        body_depth: Front-to-back path through the trunk.
        heart_aspect: Long over short axis of the heart.
        heart_tilt: Angle of the heart's long axis below the horizontal, radians.
        cardiothoracic_ratio: Heart width over inner thoracic width while the heart is not enlarged.
        aorta: Radius of the aortic arch.
        spine_curve: Amplitude of the spine's lateral curve.
        vertebra: Height of a vertebra with its disc.
        bone: Mineral relative to a young adult.
        breast: Thickness of breast tissue over the lung bases.
        rib_slope: Relative fall of the ribs from back to front.
        vessel: Relative calibre of the lung's vessels.
    """

    thorax_half_width: float
    lung_depth: float
    apex: float
    dome: float
    dome_lead: float
    dome_fall: float
    mediastinum: float
    chest_wall: float
    body_depth: float
    heart_aspect: float
    heart_tilt: float
    cardiothoracic_ratio: float
    aorta: float
    spine_curve: float
    vertebra: float
    bone: float
    breast: float
    rib_slope: float
    vessel: float


def draw_anatomy(rng: np.random.Generator, patient: Patient) -> Anatomy:
    """Draws a patient's measures, given sex, age and habitus."""
    male, years = float(patient.sex == "M"), max(patient.age - 40, 0) / 40
    wall = 15 + 9 * np.exp(0.55 * patient.habitus)
    half_width = rng.normal(126 + 13 * male + 4 * patient.habitus, 6)
    depth = rng.normal(138 + 14 * male + 10 * years, 10)
    values = {
        "thorax_half_width": half_width,
        "lung_depth": depth,
        "apex": rng.normal(-128 - 10 * male, 7),
        "dome": rng.normal(92 + 6 * male - 6 * patient.habitus, 13),
        "dome_lead": rng.normal(12, 9),
        "dome_fall": rng.uniform(30, 58),
        "mediastinum": rng.normal(22 + 2.5 * patient.habitus, 2.5),
        "chest_wall": wall,
        "body_depth": depth + 48 + 2.1 * wall,
        "heart_aspect": rng.uniform(1.2, 1.55),
        "heart_tilt": np.deg2rad(np.clip(rng.normal(38 - 4 * patient.habitus, 7), 15, 58)),
        "cardiothoracic_ratio": np.clip(rng.normal(0.455 + 0.006 * patient.habitus, 0.027), 0.38, 0.505),
        "aorta": rng.normal(13 + 5 * years, 2),
        "spine_curve": rng.normal(0, 4 + 4 * years),
        "vertebra": rng.normal(23.5 + male, 1),
        "bone": rng.uniform(0.85, 1.15) * (1 - 0.25 * years),
        "breast": (1 - male) * np.clip(rng.normal(32 + 10 * patient.habitus, 12), 8, 75),
        "rib_slope": rng.normal(1 + 0.1 * years, 0.15),
        "vessel": rng.normal(1, 0.13),
    }
    return Anatomy(**{name: float(value) for name, value in values.items()})
