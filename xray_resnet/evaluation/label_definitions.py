"""How the labels of an archive came about: one name, such as Pneumonia, can stand for two things in two archives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from xray_resnet.config.sources import Source
from xray_resnet.store import Dataset

DEFINITIONS: Mapping[Source, str | None] = {
    "phantom": "drawn into the rendered image",
    "nih_chestxray14": "mined from the text of reports (Wang et al. 2017)",
    "chexpert": "read from reports by the CheXpert labeller (Irvin et al. 2019)",
    "mimic_cxr": "read from reports by the CheXpert or NegBio labeller (Johnson et al. 2019)",
    "padchest": "read from reports by hand or by a network trained on those (Bustos et al. 2020)",
    "rsna_pneumonia": "opacities suspicious of pneumonia that radiologists boxed without the report (Shih et al. 2019)",
    "siim_pneumothorax": "pneumothoraces outlined on the image (SIIM-ACR 2019)",
    "vindr_cxr": "findings that most radiologists named on the image (Nguyen et al. 2022)",
    "openi": "terms coded by hand from reports (Demner-Fushman et al. 2016)",
    "covid_chestxray": "diagnoses of published cases (Cohen et al. 2020)",
    "image_folder": None,
    "table": None,
    "combined": None,
}
"""Source → how its labels came about, by its publication; None if that is as somebody made it."""


def define_labels(dataset: Dataset, rows: NDArray[np.int64]) -> str | None:
    """How the labels of the images in (N,) rows came about; None if it is not known of some."""
    sources = dataset.sources
    definitions = {DEFINITIONS.get(sources[row]) for row in rows.tolist()}
    return None if None in definitions else "; ".join(sorted(map(str, definitions)))
