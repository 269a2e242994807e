"""Render: one synthetic radiograph with its truth, from a patient, a pose and random streams."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.anatomy import Anatomy, draw_anatomy
from data_prep.phantom.attenuation import Attenuation, line_integral
from data_prep.phantom.detector import count_quanta, draw_exposure, expected_quanta
from data_prep.phantom.display import Look, detector_of, draw_look, enhance, log_exposure, show, store, window_of
from data_prep.phantom.findings import (
    COARSE,
    REPERTOIRES,
    Lesion,
    Repertoire,
    add_findings,
    draw_findings,
    enlarge_heart,
    to_lesion,
)
from data_prep.phantom.maps import Map
from data_prep.phantom.patient import Patient, draw_patient, schedule_patients, stream
from data_prep.phantom.pose import Pose, draw_pose
from data_prep.phantom.projection import Beam, aim_beam
from data_prep.phantom.scene import build_scene, project_patient
from xray_resnet.config.sources import Lesions
from xray_resnet.detector import Detector

_BITS = (12, 13, 14)


@dataclass(frozen=True)
class Rendering:
    """One synthetic radiograph and all that is true of it.

    Attributes:
        stored: (S, S) uint16 stored values, bright is dense.
        bits: Bits stored, 12 to 14.
        window: (center, width) in stored values.
        patient: Who it is.
        pose: The exposure's geometry.
        cardiothoracic_ratio: Heart over thorax width.
        lesions: Finding → lesion, for the findings present.
        detector: The display curve, and how many quanta stand behind it.
    """

    stored: NDArray[np.uint16]
    bits: int
    window: tuple[float, float]
    patient: Patient
    pose: Pose
    cardiothoracic_ratio: float
    lesions: dict[str, Lesion]
    detector: Detector

    def shown(self) -> NDArray[np.uint8]:
        """(S, S) the image through its window, 0 black to 255 white."""
        return show(self.stored, self.window)


@dataclass(frozen=True)
class Exposed:
    """A radiograph before its quanta are counted.

    Attributes:
        expected: (S, S) expected quanta per pixel.
        beam: The rays.
        look: How the console will show it.
        bits: Bits stored, 12 to 14.
        cardiothoracic_ratio: Heart over thorax width.
        lesions: Finding → lesion, for the findings present.
    """

    expected: Map
    beam: Beam
    look: Look
    bits: int
    cardiothoracic_ratio: float
    lesions: dict[str, Lesion]


def render_image(
    number: int,
    patient_number: int,
    *,
    size: int,
    seed: int,
    dose_fraction: float = 1.0,
    lesions: Lesions = "coarse",
    noise: int | None = None,
) -> Rendering:
    """Renders image `number` of a phantom data set; the same for any dose but for noise.

    Args:
        number: Of the image.
        patient_number: Of the patient.
        size: Rows and columns.
        seed: Of the data set.
        dose_fraction: Share of the quanta of a full exposure.
        lesions: How large and dense the findings are.
        noise: Another seed for the noise alone; None: that of the data set.
    """
    patient_rng = stream("patient", seed, patient_number)
    patient = draw_patient(patient_rng, patient_number)
    anatomy = draw_anatomy(patient_rng, patient)
    rng, noise_rng = stream("image", seed, number), stream("noise", seed if noise is None else noise, number)
    repertoire = REPERTOIRES[lesions]
    findings = draw_findings(rng, repertoire)
    return render(
        rng,
        patient=patient,
        anatomy=anatomy,
        findings=findings,
        patient_rng=patient_rng,
        noise_rng=noise_rng,
        size=size,
        dose_fraction=dose_fraction,
        repertoire=repertoire,
    )


def render(
    rng: np.random.Generator,
    *,
    patient: Patient,
    anatomy: Anatomy,
    findings: dict[str, int],
    patient_rng: np.random.Generator,
    noise_rng: np.random.Generator,
    size: int,
    dose_fraction: float = 1.0,
    repertoire: Repertoire = COARSE,
) -> Rendering:
    """Renders one radiograph: `expose`, then count the quanta and show them.

    Args:
        rng: Draws pose, exposure, look and where findings lie.
        patient: Who it is.
        anatomy: The patient's measures.
        findings: Finding → subtlety, 1 obvious to 5 subtle, of those present.
        patient_rng: Draws the patient's own details (ribs, vessels), the same in every image of the patient.
        noise_rng: Draws the noise.
        size: Rows and columns.
        dose_fraction: Share of the quanta of a full exposure.
        repertoire: What the findings look like.
    """
    exposed = expose(
        rng,
        anatomy=anatomy,
        findings=findings,
        patient_rng=patient_rng,
        size=size,
        dose_fraction=dose_fraction,
        repertoire=repertoire,
    )
    quanta = count_quanta(exposed.expected, noise_rng)
    image = enhance(log_exposure(quanta, dose_fraction=dose_fraction), exposed.beam, exposed.look)
    return Rendering(
        stored=store(image, exposed.beam, exposed.look, bits=exposed.bits),
        bits=exposed.bits,
        window=window_of(exposed.look, bits=exposed.bits),
        patient=patient,
        pose=exposed.beam.pose,
        cardiothoracic_ratio=exposed.cardiothoracic_ratio,
        lesions=exposed.lesions,
        detector=detector_of(exposed.look, exposed.beam),
    )


def expose(
    rng: np.random.Generator,
    *,
    anatomy: Anatomy,
    findings: dict[str, int],
    patient_rng: np.random.Generator,
    size: int,
    dose_fraction: float = 1.0,
    repertoire: Repertoire = COARSE,
) -> Exposed:
    """A radiograph up to the detector, without noise; the arguments are those of `render`."""
    pose_rng, exposure_rng, look_rng, heart_rng, scene_rng, finding_rng = rng.spawn(6)
    scene = build_scene(aim_beam(draw_pose(pose_rng), size), anatomy)
    ratio = enlarge_heart(anatomy, findings.get("Cardiomegaly"), heart_rng)
    paths, heart = project_patient(scene, cardiothoracic_ratio=ratio, patient_rng=patient_rng, image_rng=scene_rng)
    paths, lesions = add_findings(paths, scene, findings, finding_rng, repertoire)
    if "Cardiomegaly" in findings:
        lesions["Cardiomegaly"] = to_lesion(findings["Cardiomegaly"], (heart.silhouette,))
    mu = Attenuation()
    exposure = draw_exposure(exposure_rng, dose_fraction=dose_fraction)
    expected = expected_quanta(line_integral(paths, mu), scene.beam, exposure, mid_lung=_mid_lung(anatomy, mu))
    look = draw_look(look_rng, contrast=(mu.soft - mu.lung) * anatomy.lung_depth)
    return Exposed(expected, scene.beam, look, int(look_rng.choice(_BITS)), ratio, lesions)


def _mid_lung(anatomy: Anatomy, mu: Attenuation) -> float:
    """Line integral behind mid lung, from the patient's measures alone."""
    lung = 0.9 * anatomy.lung_depth
    return mu.soft * (0.95 * anatomy.body_depth - lung) + mu.lung * lung


def render_images(count: int, *, size: int, seed: int, dose_fraction: float = 1.0) -> list[Rendering]:
    """Renders the first `count` images of a phantom data set in this process."""
    patients = schedule_patients(count, seed)
    return [
        render_image(number, patient, size=size, seed=seed, dose_fraction=dose_fraction)
        for number, patient in enumerate(patients)
    ]
