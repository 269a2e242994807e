"""Pose: how the patient stands or lies before the detector, and how the beam is set."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

_PORTABLE_SHARE = 0.25


@dataclass(frozen=True)
class Pose:
    """One exposure's geometry.

    Attributes:
        view: PA (standing) or AP (in bed).
        field_mm: Side of the square detector field.
        magnification: Of the patient's mid-plane.
        roll: In-plane rotation, radians.
        yaw: Rotation about the long axis, radians; structures in front shift to one side.
        pitch: Tilt, radians; structures in front shift up or down.
        shift: Displacement (x, y) on the detector, mm.
        expiration: How far the domes stand above full inspiration, mm.
        shoulders: Displacement of clavicles and shoulders, mm; positive is down.
        collimation: Share of the field closed at (left, top, right, bottom).
        shuttered: Whether the closed margins are shown black, not white.
    """

    view: Literal["PA", "AP"]
    field_mm: float
    magnification: float
    roll: float
    yaw: float
    pitch: float
    shift: tuple[float, float]
    expiration: float
    shoulders: float
    collimation: tuple[float, float, float, float]
    shuttered: bool


def draw_pose(rng: np.random.Generator) -> Pose:
    """Draws a pose; nothing in it depends on what the patient has."""
    portable = float(rng.random() < _PORTABLE_SHARE)
    closed = rng.uniform(0.0, 0.07, 4) * (rng.random(4) < 0.3)
    left, top, right, bottom = (float(share) for share in closed)
    return Pose(
        view="AP" if portable else "PA",
        field_mm=float(rng.uniform(335, 400)),
        magnification=float(rng.uniform(1.03, 1.12) + 0.06 * portable),
        roll=float(np.deg2rad(rng.normal(0, 2.2 + portable))),
        yaw=float(np.deg2rad(rng.normal(0, 3.2 + 1.5 * portable))),
        pitch=float(np.deg2rad(rng.normal(0, 2.5 + 2 * portable))),
        shift=(float(rng.normal(0, 11)), float(rng.normal(0, 12))),
        expiration=float(np.clip(rng.normal(6 + 12 * portable, 11), -8, 45)),
        shoulders=float(rng.normal(-6 * portable, 8)),
        collimation=(left, top, right, bottom),
        shuttered=bool(rng.random() < 0.7),
    )
