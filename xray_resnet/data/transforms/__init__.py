"""Random transforms: the degradations with amounts drawn from ranges, which are settings."""

from collections.abc import Iterator

from xray_resnet.config import AugmentConfig
from xray_resnet.data.transforms.by_name import build_named_transforms
from xray_resnet.data.transforms.detector import (
    DeadPixels,
    DetectorBlur,
    ElectronicNoise,
    GridLines,
    MotionBlur,
    QuantumNoise,
    Scatter,
)
from xray_resnet.data.transforms.display import Collimation, Gamma, Jpeg, Window
from xray_resnet.data.transforms.patient import Flip, Marker, Pose, Tube
from xray_resnet.data.transforms.transform import Parameters, Transform, draw_log_uniform

__all__ = ["Parameters", "Transform", "build_named_transforms", "draw_log_uniform", "list_transforms"]


def list_transforms(config: AugmentConfig) -> Iterator[tuple[str, float, Transform]]:
    """(name, probability, transform) of every transform, in the order of image formation."""
    yield "flip", config.flip, Flip()
    yield "pose", config.geometry, Pose(config.rotation_degrees, config.zoom, config.shift)
    yield "tube", config.tube, Tube(config.tube_width, config.tube_contrast)
    yield "marker", config.marker, Marker(config.marker_height)
    yield "scatter", config.scatter, Scatter(config.scatter_fraction)
    yield "motion_blur", config.motion, MotionBlur(config.motion_length)
    yield "detector_blur", config.blur, DetectorBlur(config.blur_sigma)
    yield "grid_lines", config.grid_lines, GridLines(config.grid_contrast)
    yield "quantum_noise", config.quantum_noise, QuantumNoise(config.dose_fraction)
    yield "electronic_noise", config.electronic_noise, ElectronicNoise(config.electronic_sigma)
    yield "dead_pixels", config.dead_pixels, DeadPixels(config.dead_fraction)
    yield "gamma", config.exposure, Gamma(config.gamma)
    yield "window", config.exposure, Window(config.brightness, config.contrast)
    yield "collimation", config.collimation, Collimation(config.border, config.shutter)
    yield "jpeg", config.jpeg, Jpeg(config.jpeg_quality)
