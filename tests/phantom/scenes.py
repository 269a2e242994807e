"""One phantom patient for tests, with any findings, dose and size."""

from collections.abc import Mapping

import numpy as np

from data_prep.phantom.anatomy import draw_anatomy
from data_prep.phantom.patient import draw_patient, stream
from data_prep.phantom.render import Rendering, render


def render_with(
    findings: Mapping[str, int], *, number: int = 0, size: int = 96, dose_fraction: float = 1.0
) -> Rendering:
    """Renders one and the same patient, pose and look for a `number`, with the `findings` given."""
    patient_rng = stream("patient", 7, number)
    patient = draw_patient(patient_rng, number)
    return render(
        np.random.default_rng([7, number]),
        patient=patient,
        anatomy=draw_anatomy(patient_rng, patient),
        findings=dict(findings),
        patient_rng=patient_rng,
        noise_rng=np.random.default_rng([8, number]),
        size=size,
        dose_fraction=dose_fraction,
    )
