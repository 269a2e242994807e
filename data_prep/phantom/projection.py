"""Projection: from solids in millimetres to path lengths per ray.

Every solid is an ellipsoid, a tube or a surface over the detector, so that its path length per ray is a formula of the
pixel's position: nothing is traced.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.maps import Map, root
from data_prep.phantom.pose import Pose

_SUPERSAMPLING = 5


@dataclass(frozen=True)
class Beam:
    """The rays of one exposure, one per pixel.

    Attributes:
        pose: The geometry.
        size: Rows and columns of the detector.
        x: (S, S) where each ray crosses the patient's mid-plane, mm.
        y: (S, S) likewise.
    """

    pose: Pose
    size: int
    x: Map
    y: Map

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel in the patient's mid-plane, mm."""
        return self.pose.field_mm / self.size / self.pose.magnification

    def at_depth(self, z: float) -> tuple[Map, Map]:
        """Where each ray passes the depth `z` (mm in front of the mid-plane), in the patient's (x, y)."""
        return self.x - np.float32(z * np.sin(self.pose.yaw)), self.y - np.float32(z * np.sin(self.pose.pitch))

    def pixels_of(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Projects (N, 3) points in mm to (N, 2) pixel coordinates (column, row)."""
        x = points[:, 0] + points[:, 2] * np.sin(self.pose.yaw)
        y = points[:, 1] + points[:, 2] * np.sin(self.pose.pitch)
        cosine, sine = np.cos(self.pose.roll), np.sin(self.pose.roll)
        columns = (x * cosine - y * sine) / self.pixel_mm + self._shift[0] + self.size / 2 - 0.5
        rows = (x * sine + y * cosine) / self.pixel_mm + self._shift[1] + self.size / 2 - 0.5
        return np.stack([columns, rows], axis=1)

    @property
    def _shift(self) -> tuple[float, float]:
        scale = self.size / self.pose.field_mm
        return self.pose.shift[0] * scale, self.pose.shift[1] * scale


def aim_beam(pose: Pose, size: int) -> Beam:
    """The rays through a detector of `size` × `size` pixels for one pose."""
    pixel = pose.field_mm / size
    centres = ((np.arange(size) + 0.5) * pixel - pose.field_mm / 2).astype(np.float32)
    columns, rows = centres[None] - np.float32(pose.shift[0]), centres[:, None] - np.float32(pose.shift[1])
    cosine, sine = np.float32(np.cos(pose.roll)), np.float32(np.sin(pose.roll))
    scale = np.float32(1 / pose.magnification)
    x, y = (columns * cosine + rows * sine) * scale, (rows * cosine - columns * sine) * scale
    return Beam(pose=pose, size=size, x=x, y=y)


def ellipsoid_path(
    beam: Beam, centre: tuple[float, float, float], *, radii: tuple[float, float], depth: float, tilt: float = 0.0
) -> Map:
    """Path length through an ellipsoid, mm.

    Args:
        beam: The rays.
        centre: (x, y, z), mm.
        radii: Semi-axes in the image plane, mm.
        depth: Path length through the centre, mm.
        tilt: Angle of the first semi-axis from x towards y, radians.
    """
    x, y = beam.at_depth(centre[2])
    x, y = x - np.float32(centre[0]), y - np.float32(centre[1])
    along = (x * np.float32(np.cos(tilt)) + y * np.float32(np.sin(tilt))) / np.float32(radii[0])
    across = (y * np.float32(np.cos(tilt)) - x * np.float32(np.sin(tilt))) / np.float32(radii[1])
    return np.float32(depth) * root(1 - along * along - across * across)


def tube_path(
    beam: Beam, points: NDArray[np.float64], area_mm2: NDArray[np.float64], *, radius_mm: float, hollow: float = 0.0
) -> Map:
    """Path length through tubes, mm, by spreading their volume over the rays: a tube seen end-on is denser by itself.

    Args:
        beam: The rays.
        points: (T, N, 3) axes of T tubes at N points, mm.
        area_mm2: (T, N) or broadcastable cross-section, mm².
        radius_mm: Half of the width that the tube shows.
        hollow: Share of a core that is left out, 0 solid to 1.
    """
    steps = np.linalg.norm(np.gradient(points, axis=1), axis=2)
    volume = np.broadcast_to(area_mm2, steps.shape) * steps / beam.pixel_mm**2
    mass = _deposit(beam, points.reshape(-1, 3), volume.ravel())
    return np.asarray(cv2.filter2D(mass, -1, _ball(round(radius_mm / beam.pixel_mm, 1), hollow)), np.float32)


def samples_along(beam: Beam, length_mm: float) -> int:
    """Enough points along a curve that no pixel on it is left out."""
    return max(int(2 * length_mm / beam.pixel_mm), 8)


def smooth_noise(rng: np.random.Generator, beam: Beam, *, scale_mm: float) -> Map:
    """A smooth random field of unit variance whose features measure about `scale_mm`."""
    nodes = max(int(beam.size * beam.pixel_mm / scale_mm), 4)
    field = cv2.resize(rng.standard_normal((nodes, nodes), np.float32), (beam.size,) * 2, interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / max(float(field.std()), 1e-6), np.float32)


def _deposit(beam: Beam, points: NDArray[np.float64], volume: NDArray[np.float64]) -> Map:
    """Adds each point's volume to the pixel that its ray meets."""
    columns, rows = np.rint(beam.pixels_of(points)).astype(np.int64).T
    inside = (columns >= 0) & (rows >= 0) & (columns < beam.size) & (rows < beam.size)
    pixels = rows[inside] * beam.size + columns[inside]
    mass = np.bincount(pixels, weights=volume[inside], minlength=beam.size**2)
    return mass.reshape(beam.size, beam.size).astype(np.float32)


@lru_cache(maxsize=256)
def _ball(radius_px: float, hollow: float) -> NDArray[np.float32]:
    """Path length through a ball (less `hollow` of a core of 0.72 of its radius), summing to 1."""
    side = 2 * int(np.ceil(radius_px + 0.5)) + 1
    axis = ((np.arange(side * _SUPERSAMPLING) + 0.5) / _SUPERSAMPLING - side / 2).astype(np.float32)
    squared = axis[None] ** 2 + axis[:, None] ** 2
    path = np.sqrt(np.maximum(max(radius_px, 0.5) ** 2 - squared, 0))
    path -= hollow * np.sqrt(np.maximum((0.72 * radius_px) ** 2 - squared, 0))
    kernel = path.reshape(side, _SUPERSAMPLING, side, _SUPERSAMPLING).mean(axis=(1, 3))
    return np.asarray(kernel / kernel.sum(), np.float32)
