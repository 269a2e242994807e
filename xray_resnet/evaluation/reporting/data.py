"""What is known of the data: sources, reading, labels, partitions, patients."""

from dataclasses import asdict
from itertools import combinations

import numpy as np

from xray_resnet.bundle.training_people import describe_people
from xray_resnet.evaluation.reporting.known import Known
from xray_resnet.findings import LabelState
from xray_resnet.store.people import UNKNOWN
from xray_resnet.store.schema import SPLITS

_ACQUISITION = ("Manufacturer", "ManufacturerModelName", "Modality", "ViewPosition")


def state_sources(known: Known) -> str:
    """Names of datasets and sources."""
    dataset = known.evidence.dataset
    kind = "rendered phantoms, no patients" if dataset.synthetic else "radiographs"
    training = known.evidence.model.get("training_data", {}).get("name")
    trained = f" The model was trained on {training}." if training else ""
    return f"Dataset {dataset.name} from the sources {', '.join(sorted(set(dataset.sources)))}: {kind}.{trained}"


def state_eligibility(known: Known) -> str | None:
    """What files the dataset takes."""
    gate = known.evidence.dataset.reading.get("gate")
    if not gate:
        return None
    laterals = "accepted" if gate["accept_lateral"] else "refused"
    parts = ", ".join(gate["body_parts"]) or "those that may show a chest"
    return (
        f"Images, not patients, were chosen by their file: modalities {', '.join(gate['modalities'])}; body parts: "
        f"{parts}; lateral views {laterals}; each side at least {gate['min_side']} pixels, at most "
        f"{gate['max_pixels']} pixels in all."
    )


def state_preprocessing(known: Known) -> str | None:
    """From file to network input."""
    reading, given = known.evidence.dataset.reading, known.evidence.model.get("input")
    if not given:
        return None
    shape = f"{reading['size']}×{reading['size']} {reading['dtype']}"
    crop = ", cropped to the content" if reading.get("crop") else ""
    return (
        f"Display values (bright is dense){crop}, stored as {shape}, fingerprint "
        f"{known.evidence.dataset.reading_fingerprint}; resampled to {given['size']}×{given['size']}, less the mean "
        f"{given['mean']:g}, divided by the standard deviation {given['std']:g}."
    )


def state_subset(known: Known) -> str:
    """Which images of the split were evaluated."""
    evidence = known.evidence
    left_out = ""
    if evidence.seen.left_out:
        left_out = f", without those of {evidence.seen.patients} patients that the model was fitted to"
    return f"All images of the split {evidence.split}{left_out}: {len(evidence.rows)}."


def state_deidentification(known: Known) -> str:
    """What of a person is in the dataset."""
    if known.evidence.dataset.synthetic:
        return "The images are of no person."
    return "The dataset keeps keyed hashes for the ids of patients, studies and images, and of headers an allow-list."


def state_missing(known: Known) -> str:
    """Labels that are missing, and what became of them."""
    states = known.evidence.predictions.states
    counts = {
        "uncertain": int((states == LabelState.UNCERTAIN).sum()),
        "not assessed": int((states == LabelState.NOT_ASSESSED).sum()),
        "unmentioned": int((states == LabelState.UNMENTIONED).sum()),
    }
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    return (
        f"Of {states.size} labels {told}. Uncertain and not assessed ones are left out of the figures, finding by "
        "finding; unmentioned ones count as negative; none is imputed."
    )


def state_acquisition(known: Known) -> str | None:
    """What headers tell of the scanners and views, if they name a scanner's model; a manufacturer says too little."""
    facts = {name: [value for value in known.evidence.fact(name) if value] for name in _ACQUISITION}
    if not facts["ManufacturerModelName"]:
        return None
    count = len(known.evidence.rows)
    listed = "; ".join(
        f"{name} (of {len(values)} of {count} images): {', '.join(sorted({*values}))}"
        for name, values in facts.items()
        if values
    )
    return f"From the headers, {listed}. Tube voltage, exposure and grid are not kept; add them."


def state_reference(known: Known) -> str | None:
    """How the labels were made, as far as the dataset says."""
    told = known.evidence.dataset.about.get("labels")
    return f"Labels: {told}." if told else None


def state_assignment(known: Known) -> str | None:
    """How patients came to their partition."""
    split = known.settings("data").get("split")
    if not split or not known.evidence.trained_on_this_dataset:
        return None
    shares = ", ".join(f"{name} {100 * split[name]:g} %" for name in SPLITS)
    official = "The source's own partitions if it has any; else patients" if split["official"] else "Patients"
    return f"{official} at random (seed {split['seed']}): {shares}. SHA-256 {known.evidence.dataset.split_sha256}."


def state_disjointness(known: Known) -> str:
    """Whether a patient stands in two partitions, counted."""
    dataset = known.evidence.dataset
    patients = {split: set(dataset.patient_ids[dataset.indices(split)]) for split in dataset.description.splits}
    shared = set().union(*(one & other for one, other in combinations(patients.values(), 2)))
    if shared:
        return f"{len(shared)} patients stand in more than one partition."
    return "Disjoint at the level of patients: none stands in two partitions."


def state_flow(known: Known) -> str | None:
    """Files that were refused, by reason, and what is left."""
    if known.rejections is None:
        return None
    count, kept = sum(known.rejections.values()), len(known.evidence.dataset)
    reasons = "; ".join(f"{reason} {number}" for reason, number in known.rejections.items())
    why = f" ({reasons})" if reasons else ""
    parts = ", ".join(f"{name} {len(each.rows)}" for name, each in known.partitions.items())
    return f"{count + kept} files; {count} refused{why}; {kept} images: {parts}. Evaluated: {len(known.evidence.rows)}."


def state_demographics(known: Known) -> str | None:
    """Ages, sexes and views in every partition."""
    parts = {name: each.people for name, each in known.partitions.items()}
    if not any(people.age or [*people.sexes] != [UNKNOWN] for people in parts.values()):
        return None
    return " ".join(f"{name}: {describe_people(asdict(people))}." for name, people in parts.items())


def state_numbers(known: Known) -> str:
    """Images, patients and positives of every partition."""
    return " ".join(f"{name}: {_describe_numbers(known, name)}." for name in known.partitions)


def state_comparison(known: Known) -> str | None:
    """The evaluated images beside those of the development."""
    evidence = known.evidence
    if evidence.trained_on_this_dataset:
        return state_demographics(known)
    if known.has_section("external") and evidence.internal and evidence.internal.dataset:
        return "Section “Own and other data” compares prevalence, view, sex, age and brightness with the model's own."
    return None


def _describe_numbers(known: Known, split: str) -> str:
    dataset, partition = known.evidence.dataset, known.partitions[split]
    states = dataset.states[partition.rows]
    positives = dict(zip(dataset.findings, np.count_nonzero(states == LabelState.POSITIVE, axis=0), strict=True))
    told = ", ".join(f"{finding} {positives[finding]}" for finding in known.evidence.findings)
    return f"{len(partition.rows)} images of {partition.n_patients} patients; positive: {told}"
