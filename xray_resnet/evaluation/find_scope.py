"""The scope of a network, found on the training and validation images of its own data."""

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.images import StoredImages
from xray_resnet.evaluation.sample import draw_one_each, draw_patients
from xray_resnet.scope import FALSE_ALARMS, Scope, choose_threshold, fit_space

MOST_FILMS = 1000
"""Training films that the network is asked about, at most."""


def find_scope(evidence: Evidence) -> Scope | str:
    """Where the features of training films lie, and the threshold by the images of the evidence; or why there is none.

    Args:
        evidence: On the validation split of the data that the model was trained on.
    """
    generator = evidence.chance.generator()
    try:
        space = fit_space(_ask_about_training(evidence, generator))
    except ValueError as error:
        return str(error)
    films = draw_one_each(evidence.predictions.patient_ids, generator=generator)
    threshold = choose_threshold(space.measure(evidence.features[films]))
    if threshold is None:
        needed = round(1 / FALSE_ALARMS) - 1
        return f"{len(films)} patients of the validation split, expected {needed} or more"
    return Scope(evidence.basis, space, threshold, FALSE_ALARMS)


def _ask_about_training(evidence: Evidence, generator: np.random.Generator) -> NDArray[np.float32]:
    """(n, C) features of training images, of some patients if there are many."""
    rows = evidence.dataset.indices("train")
    if not len(rows):
        raise ValueError("no training film")
    places = draw_patients(evidence.dataset.patient_ids[rows], MOST_FILMS, generator=generator)
    images = StoredImages(evidence.dataset, rows[places])
    with evidence.show("looking at training films", "images") as progress:
        known = images.read_facts(evidence.network.facts)
        return evidence.network.predict(images, known=known, progress=progress).features
