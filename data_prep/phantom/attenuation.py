"""Attenuation: path lengths through materials to the exponent of Beer–Lambert's law."""

from dataclasses import dataclass

import numpy as np

from data_prep.phantom.maps import Map


@dataclass(frozen=True)
class Attenuation:
    """Linear attenuation coefficients in 1/mm near 60 keV effective (NIST XCOM, rounded).

    Attributes:
        soft: Soft tissue, blood and fluid.
        lung: Inflated lung.
        bone: Cortical bone.
        metal: Leads and markers.
    """

    soft: float = 0.0205
    lung: float = 0.0058
    bone: float = 0.060
    metal: float = 0.9


@dataclass(frozen=True)
class Paths:
    """Path lengths per ray, mm.

    Attributes:
        body: All of the patient.
        lung: Inflated lung.
        air: Free air inside the body (trachea, stomach, pleural space).
        bone: Cortical bone equivalent.
        vessel: Blood inside inflated lung.
        metal: Foreign bodies.
    """

    body: Map
    lung: Map
    air: Map
    bone: Map
    vessel: Map
    metal: Map


def line_integral(paths: Paths, attenuation: Attenuation) -> Map:
    """The exponent of Beer–Lambert's law, ∫μ ds, per ray."""
    mu = attenuation
    soft = np.maximum(paths.body - paths.lung - paths.air, 0)
    return np.asarray(
        mu.soft * soft
        + mu.lung * paths.lung
        + (mu.bone - mu.soft) * paths.bone
        + (mu.soft - mu.lung) * paths.vessel
        + mu.metal * paths.metal,
        np.float32,
    )
