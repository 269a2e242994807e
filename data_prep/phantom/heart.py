"""Heart and great vessels: the middle shadow, sized by the cardiothoracic ratio."""

from dataclasses import dataclass

import numpy as np

from data_prep.phantom.anatomy import Anatomy
from data_prep.phantom.maps import Map, blur
from data_prep.phantom.projection import Beam, ellipsoid_path
from data_prep.phantom.torso import LEFT, dome_height

_RIGHT_SHARE = 0.33
_PULSATION_MM = 1.3
_DEPTH_IN_FRONT = 28.0


@dataclass(frozen=True)
class Heart:
    """The middle shadow.

    Attributes:
        path: Path length through heart and great vessels, mm.
        silhouette: (S, S) bool, the heart alone.
    """

    path: Map
    silhouette: np.ndarray


def project_heart(beam: Beam, anatomy: Anatomy, *, cardiothoracic_ratio: float) -> Heart:
    """Projects a heart whose width is `cardiothoracic_ratio` of the inner thoracic width."""
    width = 2 * anatomy.thorax_half_width * cardiothoracic_ratio
    left, right = width * (1 - _RIGHT_SHARE), width * _RIGHT_SHARE
    chambers = np.maximum(_ventricles(beam, anatomy, left, right), _right_atrium(beam, anatomy, left, right))
    shadow = np.maximum(chambers, _great_vessels(beam, anatomy))
    return Heart(blur(shadow, _PULSATION_MM / beam.pixel_mm), chambers > 0)


def _shape(anatomy: Anatomy, left: float, right: float) -> tuple[float, float, float]:
    """Semi-axes (long, short) of the ellipse as wide as left + right, and half of its height."""
    cosine, sine = np.cos(anatomy.heart_tilt), np.sin(anatomy.heart_tilt)
    short = (left + right) / 2 / np.hypot(anatomy.heart_aspect * cosine, sine)
    long = short * anatomy.heart_aspect
    return long, short, float(np.hypot(long * sine, short * cosine))


def _centre_y(beam: Beam, anatomy: Anatomy, half_height: float) -> float:
    return dome_height(anatomy, beam.pose.expiration, LEFT) + 20 - half_height


def _ventricles(beam: Beam, anatomy: Anatomy, left: float, right: float) -> Map:
    long, short, half_height = _shape(anatomy, left, right)
    centre = ((left - right) / 2, _centre_y(beam, anatomy, half_height), _DEPTH_IN_FRONT)
    depth = 0.55 * anatomy.lung_depth + 0.22 * (left + right)
    return ellipsoid_path(beam, centre, radii=(long, short), depth=depth, tilt=anatomy.heart_tilt)


def _right_atrium(beam: Beam, anatomy: Anatomy, left: float, right: float) -> Map:
    half_height = _shape(anatomy, left, right)[2]
    centre = (-0.38 * right, _centre_y(beam, anatomy, half_height) + 0.12 * half_height, _DEPTH_IN_FRONT)
    return ellipsoid_path(beam, centre, radii=(0.62 * right, 0.72 * half_height), depth=0.5 * anatomy.lung_depth)


def _great_vessels(beam: Beam, anatomy: Anatomy) -> Map:
    """Aortic knob, pulmonary trunk, and vena cava with ascending aorta."""
    span = anatomy.dome - anatomy.apex
    knob = (anatomy.mediastinum + 0.15 * anatomy.aorta, anatomy.apex + 0.25 * span, -15.0)
    trunk = (anatomy.mediastinum - 2, anatomy.apex + 0.39 * span, 20.0)
    cava = (-0.55 * anatomy.mediastinum, anatomy.apex + 0.33 * span, 15.0)
    parts = (
        ellipsoid_path(beam, knob, radii=(anatomy.aorta, 1.15 * anatomy.aorta), depth=70),
        ellipsoid_path(beam, trunk, radii=(12, 22), depth=50),
        ellipsoid_path(beam, cava, radii=(0.75 * anatomy.mediastinum, 55), depth=55),
    )
    return np.asarray(np.maximum.reduce(parts), np.float32)
