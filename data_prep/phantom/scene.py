"""Scene: the healthy patient in the beam, which findings then change."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.anatomy import Anatomy
from data_prep.phantom.attenuation import Paths
from data_prep.phantom.distractors import project_calcifications, project_metal, project_scars, project_skin
from data_prep.phantom.heart import Heart, project_heart
from data_prep.phantom.maps import Map
from data_prep.phantom.projection import Beam, smooth_noise
from data_prep.phantom.skeleton import project_skeleton
from data_prep.phantom.torso import (
    LEFT,
    RIGHT,
    Lung,
    project_airway,
    project_body,
    project_breasts,
    project_lung,
    project_stomach,
)
from data_prep.phantom.vessels import lung_texture, project_vessels

Mask = NDArray[np.bool_]
"""(S, S) bool."""


@dataclass(frozen=True)
class Scene:
    """What findings need to know of the patient.

    Attributes:
        beam: The rays.
        anatomy: The patient's measures.
        lungs: Left and right lung, as they would be without the heart.
    """

    beam: Beam
    anatomy: Anatomy
    lungs: tuple[Lung, Lung]


def build_scene(beam: Beam, anatomy: Anatomy) -> Scene:
    """Places the lungs in the beam."""
    return Scene(beam, anatomy, (project_lung(beam, anatomy, LEFT), project_lung(beam, anatomy, RIGHT)))


def project_patient(
    scene: Scene, *, cardiothoracic_ratio: float, patient_rng: np.random.Generator, image_rng: np.random.Generator
) -> tuple[Paths, Heart]:
    """Path lengths of the patient without findings of the lung and pleura.

    Args:
        scene: The patient in the beam.
        cardiothoracic_ratio: Width of the heart.
        patient_rng: Draws what stays the same in every image of the patient (ribs, vessels).
        image_rng: Draws what changes (stomach, leads).
    """
    beam, anatomy = scene.beam, scene.anatomy
    ribs_rng, vessel_rng, skin_rng, texture_rng, calcium_rng = patient_rng.spawn(5)
    whole = scene.lungs[0].path + scene.lungs[1].path
    heart = project_heart(beam, anatomy, cardiothoracic_ratio=cardiothoracic_ratio)
    lung = np.maximum(whole - heart.path, 0)
    scars = project_scars(scene.beam, anatomy, image_rng)
    inflated = np.maximum(lung * lung_texture(beam, texture_rng) - scars * (lung > 0), 0)
    vessels = project_vessels(beam, anatomy, vessel_rng) * np.minimum(lung / np.float32(0.45 * anatomy.lung_depth), 1)
    body = (
        project_body(beam, anatomy) + project_breasts(beam, anatomy, skin_rng) + project_skin(beam, anatomy, skin_rng)
    )
    body = body * (1 + np.float32(0.012) * smooth_noise(image_rng, beam, scale_mm=30))
    paths = Paths(
        body=np.maximum(body, inflated),
        lung=inflated,
        air=project_airway(beam, anatomy) + project_stomach(beam, anatomy, image_rng),
        bone=project_skeleton(beam, anatomy, ribs_rng) + project_calcifications(beam, anatomy, calcium_rng),
        vessel=vessels,
        metal=project_metal(beam, anatomy, image_rng),
    )
    return paths, heart


def keep_lung(paths: Paths, keep: Map, *, air: bool = False) -> Paths:
    """Keeps a share of the lung and its vessels at each ray; the rest becomes soft tissue, or free air."""
    gone = paths.lung * (1 - keep) if air else np.float32(0)
    return replace(paths, lung=paths.lung * keep, vessel=paths.vessel * keep, air=paths.air + gone)


def fill_lung(paths: Paths, fill: Map) -> tuple[Paths, Map]:
    """Replaces up to `fill` mm of lung by soft tissue; returns the paths and the mm replaced."""
    replaced = np.minimum(fill, paths.lung)
    keep = 1 - replaced / np.maximum(paths.lung, 1)
    return keep_lung(paths, np.asarray(keep, np.float32)), np.asarray(replaced, np.float32)
