"""What a source says of its patients and of how its labels were made, as far as its publication tells."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """A source in words; empty where nothing is stated.

    Attributes:
        patients: Whose radiographs they are.
        labels: How the labels were made, which are the reference standard of an evaluation.
    """

    patients: str = ""
    labels: str = ""


ABOUT: Mapping[str, About] = {
    "phantom": About(
        "simulated patients, rendered from simple anatomy", "known exactly: the renderer put each finding there"
    ),
    "nih_chestxray14": About(
        "patients of one research hospital, the NIH Clinical Center",
        "mined from radiology reports by text processing (Wang et al. 2017)",
    ),
    "chexpert": About(
        "in- and outpatients of one hospital, Stanford",
        "mined from radiology reports by the CheXpert labeller; in valid and test by radiologists (Irvin et al. 2019)",
    ),
    "mimic_cxr": About(
        "patients of one hospital's emergency department, Beth Israel Deaconess",
        "mined from radiology reports (Johnson et al. 2019)",
    ),
    "padchest": About(
        "patients of one hospital, San Juan in Alicante",
        "from reports, about a quarter by physicians and the rest by a network (Bustos et al. 2020)",
    ),
    "rsna_pneumonia": About(
        "films chosen from NIH ChestX-ray14",
        "opacities suspicious of pneumonia, boxed by radiologists without clinical data (Shih et al. 2019)",
    ),
    "siim_pneumothorax": About(
        "films chosen from NIH ChestX-ray14", "pneumothoraces outlined by radiologists (SIIM-ACR 2019)"
    ),
    "vindr_cxr": About(
        "patients of two hospitals in Hanoi",
        "drawn by three radiologists for each film, in test by consensus of five (Nguyen et al. 2022)",
    ),
    "openi": About(
        "outpatients of the Indiana Network for Patient Care",
        "coded by hand and by machine from radiology reports (Demner-Fushman et al. 2016)",
    ),
    "covid_chestxray": About(
        "cases that were published, which are unusual ones", "as the publications state them (Cohen et al. 2020)"
    ),
    "combined": About("those of several sources together", "made in another way in each of several sources"),
}
"""Source → what is said of it; the user's own folders and tables say it themselves, in `data.about`."""
