"""Findings: which an image shows, how subtle each is, and the path lengths that each one changes.

Which findings an image has is drawn without regard to patient, pose or exposure. Each finding changes path lengths
only inside its own mask; nothing elsewhere in the image knows of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.anatomy import Anatomy
from data_prep.phantom.attenuation import Paths
from data_prep.phantom.fine_lesions import add_interstitial_texture, add_pleural_line, add_small_nodules
from data_prep.phantom.lesions import add_consolidation, add_nodule
from data_prep.phantom.pleura import add_effusion, add_pneumothorax
from data_prep.phantom.scene import Mask, Scene
from xray_resnet.boxes import Rectangle
from xray_resnet.config.sources import Lesions
from xray_resnet.findings import FINE_PHANTOM, PHANTOM

PREVALENCE = dict(zip(PHANTOM, (0.34, 0.34, 0.34, 0.36, 0.32), strict=True))
FINE_PREVALENCE = dict.fromkeys(FINE_PHANTOM, 0.35)
SUBTLETY_SHARES = {1: 0.29, 2: 0.27, 3: 0.21, 4: 0.14, 5: 0.09}
"""Share of the positives at each subtlety, 1 obvious to 5 subtle."""

Change = Callable[[Paths, Scene, int, np.random.Generator], tuple[Paths, tuple[Mask, ...]]]

_SMALLEST_INSTANCE_PX = 3


@dataclass(frozen=True)
class Repertoire:
    """The findings that a phantom data set may show.

    Attributes:
        prevalence: Finding → share of the images that show it.
        changes: Finding → what it does to path lengths; the heart's size is none of these.
    """

    prevalence: Mapping[str, float]
    changes: Mapping[str, Change]


COARSE = Repertoire(
    PREVALENCE,
    {
        "Pneumothorax": add_pneumothorax,
        "Effusion": add_effusion,
        "Consolidation": add_consolidation,
        "Nodule": add_nodule,
    },
)
FINE = Repertoire(
    FINE_PREVALENCE,
    {
        "Pneumothorax": add_pleural_line,
        "Interstitial_Lung_Disease": add_interstitial_texture,
        "Nodule": add_small_nodules,
    },
)
REPERTOIRES: Mapping[Lesions, Repertoire] = {"coarse": COARSE, "fine": FINE}


@dataclass(frozen=True)
class Lesion:
    """One finding as drawn.

    Attributes:
        subtlety: 1 obvious to 5 subtle.
        mask: (S, S) bool, the pixels that the finding changes visibly.
        boxes: One per instance.
    """

    subtlety: int
    mask: NDArray[np.bool_]
    boxes: tuple[Rectangle, ...]


def draw_findings(rng: np.random.Generator, repertoire: Repertoire = COARSE) -> dict[str, int]:
    """Draws the findings of one image, independently of each other: finding → subtlety."""
    names = [*repertoire.prevalence]
    present = rng.random(len(names)) < list(repertoire.prevalence.values())
    subtlety = rng.choice(list(SUBTLETY_SHARES), size=len(names), p=list(SUBTLETY_SHARES.values()))
    return {finding: int(subtlety[i]) for i, finding in enumerate(names) if present[i]}


def enlarge_heart(anatomy: Anatomy, subtlety: int | None, rng: np.random.Generator) -> float:
    """The cardiothoracic ratio to draw: the patient's own, or an enlarged one (above 0.52) for a given subtlety."""
    share = rng.random()
    if subtlety is None:
        return anatomy.cardiothoracic_ratio
    lowest = {1: 0.62, 2: 0.595, 3: 0.57, 4: 0.545, 5: 0.525}[subtlety]
    return lowest + share * (0.045 if subtlety == 1 else 0.025)


def add_findings(
    paths: Paths, scene: Scene, findings: dict[str, int], rng: np.random.Generator, repertoire: Repertoire = COARSE
) -> tuple[Paths, dict[str, Lesion]]:
    """Draws every finding but the heart's size into the path lengths."""
    lesions = {}
    for finding, change in repertoire.changes.items():
        own = rng.spawn(1)[0]
        if finding in findings:
            paths, masks = change(paths, scene, findings[finding], own)
            lesions[finding] = to_lesion(findings[finding], masks)
    return paths, lesions


def to_lesion(subtlety: int, masks: tuple[Mask, ...]) -> Lesion:
    """A lesion with one box per instance; an instance that the anatomy hides leaves no box."""
    boxes = tuple(_enclose(mask) for mask in masks if np.count_nonzero(mask) >= _SMALLEST_INSTANCE_PX)
    return Lesion(subtlety, np.logical_or.reduce(masks), boxes)


def _enclose(mask: Mask) -> Rectangle:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return Rectangle(float(x), float(y), float(width), float(height))
