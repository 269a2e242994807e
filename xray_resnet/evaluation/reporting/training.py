"""What is known of the model and its training."""

from collections.abc import Mapping
from importlib.metadata import metadata, version
from typing import Any

from xray_resnet.evaluation.reporting.known import Known

_MONITORED = "val_macro_auroc"
_AVERAGED = f"soup_{_MONITORED}"
_TOLD = {"optimiser", "learning_rate", "weight_decay", "warmup", "batch_size", "epochs", "loss", "seed"}
_TOLD_OF_IMBALANCE = {"sampling", "loss", "positive_weighting"}
"""Options that are told; of a run without one of them, made by another version, nothing is."""


def state_model(known: Known) -> str | None:
    """The network."""
    model = known.evidence.model
    if "order" not in model:
        return None
    facts = f" Beside the image it is told {', '.join(model['facts'])}." if model.get("facts") else ""
    return (
        f"ResNet-{model['depth']}, units {model['order']}, shortcut {model['shortcut']}, stem {model['stem']}, base "
        f"width {model['base_width']}; one grey channel in, one logit out for each of {', '.join(model['findings'])}."
        f"{facts}"
    )


def state_predictors(known: Known) -> str:
    """What goes in."""
    facts = known.evidence.model.get("facts")
    also = f" and the facts {', '.join(facts)}" if facts else " alone"
    return f"The frontal chest radiograph{also}; all of its pixels are given to the network, none is chosen by hand."


def state_software(known: Known) -> str | None:
    """Versions of what trained the model, and of what evaluated it."""
    record, model = known.evidence.record, known.evidence.model
    if record is None or not record.versions:
        return None
    made = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    here = f"xray-resnet {version('xray-resnet')}, {model['engine']}, {model['precision']}"
    return f"Trained with {made}. Evaluated with {here}."


def state_initialisation(known: Known) -> str | None:
    """The first weights."""
    record = known.evidence.record
    if record is None:
        return None
    if not record.pretraining:
        return "Fresh weights."
    return f"Weights from elsewhere: {'; '.join(f'{key}: {value}' for key, value in record.pretraining.items())}."


def state_training(known: Known) -> str | None:
    """How the weights were found."""
    train, augment = known.settings("train"), known.settings("augment")
    if not set(train) >= _TOLD:
        return None
    chances = [f"{name} {value:g}" for name, value in augment.items() if _is_chance(name, value)]
    return (
        f"Optimiser {train['optimiser']}, learning rate {train['learning_rate']:g}, weight decay "
        f"{train['weight_decay']:g}, warm-up {train['warmup']:g} of the steps, batches of {train['batch_size']}, at "
        f"most {train['epochs']} epochs, loss {train['loss']}, seed {train['seed']}.{_tell_steps(train)} "
        f"Augmentations by probability: {', '.join(chances) or 'none'}."
    )


def _tell_steps(train: Mapping[str, Any]) -> str:
    """What else a step of training saw, where it was not one batch of one process at full size."""
    told = []
    if train.get("accumulate", 1) > 1:
        told.append(f" A step takes the gradients of {train['accumulate']} batches.")
    if train.get("devices", 0) > 1 or train.get("nodes", 0) > 1:
        told.append(f" Shared by {train['devices'] or 1} processes on {train['nodes'] or 1} machines.")
    if sizes := train.get("smaller_first"):
        told.append(
            f" Smaller images first: {', '.join(f'{n}² for {100 * s:g} % of the epochs' for n, s in sizes.items())}."
        )
    return "".join(told)


def state_building(known: Known) -> str | None:
    """The network, how it was trained and which epoch was taken."""
    parts = [state_model(known), state_training(known), state_selection(known)]
    told = [part for part in parts if part]
    return " ".join(told) if len(told) == len(parts) else None


def state_selection(known: Known) -> str | None:
    """Whose weights were taken."""
    chosen = find_chosen(known)
    if chosen is None:
        return None
    name, auroc = chosen
    return f"The highest validation macro AUROC: {name}, {auroc:.3f}."


def find_chosen(known: Known) -> tuple[str, float] | None:
    """The weights that validation chose, an epoch's or the average of the last ones, and their macro AUROC.

    None if the run does not tell.
    """
    record = known.evidence.record
    epochs = record.epochs if record else ()
    count, averaged = len(epochs), known.settings("train").get("soup_epochs")
    names = {_MONITORED: "epoch {epoch} of {count}", _AVERAGED: "the average of the last {averaged} of {count} epochs"}
    told = [
        (name.format(epoch=row["epoch"], count=count, averaged=averaged), float(row[column]))
        for column, name in names.items()
        for row in epochs
        if row.get(column)
    ]
    return max(told, key=lambda each: each[1], default=None)


def state_ensembling(_: Known) -> str:
    """How many networks answer."""
    return "One network; no outputs of several are combined."


def state_imbalance(known: Known) -> str | None:
    """What was done about rare findings."""
    train = known.settings("train")
    if not set(train) >= _TOLD_OF_IMBALANCE:
        return None
    weighted = "weighted up" if train["positive_weighting"] else "not weighted"
    return f"Sampling {train['sampling']}, loss {train['loss']}; positives {weighted}."


def state_specification(known: Known) -> str | None:
    """Where the whole model is."""
    described = state_model(known)
    return described and f"{described} All weights are in the bundle, as safetensors and as ONNX."


def state_code(_: Known) -> str:
    """What computed everything."""
    package = metadata("xray-resnet")
    return f"{package['Name']} {package['Version']}, licence {package['License-Expression']}."


def _is_chance(name: str, value: object) -> bool:
    return name in _AUGMENTATIONS and isinstance(value, int | float) and value > 0


_AUGMENTATIONS = (
    "flip", "geometry", "exposure", "quantum_noise", "electronic_noise", "collimation", "scatter", "blur", "marker",
    "tube", "motion", "jpeg", "grid_lines", "dead_pixels", "hide_facts",
)  # fmt: skip
"""Options that are probabilities."""
