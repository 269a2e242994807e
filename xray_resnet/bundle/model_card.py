"""The model card of a bundle: what it is, what it was trained on, what it must not be used for."""

from collections.abc import Mapping
from typing import Any

from xray_resnet.architecture import Architecture
from xray_resnet.basis import Basis
from xray_resnet.bundle.metadata import BundleMetadata
from xray_resnet.bundle.training_people import describe_training
from xray_resnet.model_output import Calibrations, OperatingPoints, Triages
from xray_resnet.scope import Scope
from xray_resnet.triage import SIDES, Side

_CARD = """\
# {name}
**Research software, not a medical device.** Not for diagnosis, triage or treatment.

{network} with one grey input channel and one logit per finding.

| | |
|---|---|
| findings | {findings} |
| input | one frontal chest radiograph, {size}×{size} after reading; bright is dense{facts} |
| trained on | {training}{synthetic} |
| its labels | {labels} |
| first weights | {pretraining} |
| split | SHA-256 `{split}` |
| reading fingerprint | `{reading}` |
| input fingerprint | `{input}` |
| calibration | {calibration} |
| operating points | {operating_points} |
| triage | {triage} |
| scope | {scope} |

{scores}
Performance outside the training data is unknown: measure it on your own data with `xray-eval --run … --data …`.

## Use
```
xray-predict INPUT --model THIS_FOLDER --output OUT --overlay
python -m monai.bundle run --config_file THIS_FOLDER/configs/inference.json --dataset_dir INPUT --output_dir OUT
```
"""


def write_model_card(metadata: BundleMetadata) -> str:
    """The model card as Markdown."""
    data = metadata.training_data
    return _CARD.format(
        name=metadata.name,
        network=_describe_network(metadata.model),
        findings=", ".join(metadata.findings),
        size=metadata.input["size"],
        facts=f"; and, if known, {', '.join(metadata.facts)}" if metadata.facts else "",
        training=describe_training(data),
        labels=data.get("about", {}).get("labels") or "how they were made is not recorded",
        synthetic=" (synthetic radiographs)" if data.get("synthetic") else "",
        pretraining=metadata.pretraining.get("source", "fresh"),
        split=data.get("split_sha256", "not stated"),
        reading=metadata.reading_fingerprint,
        input=metadata.input_fingerprint,
        calibration=_describe_basis(metadata.output.calibration),
        operating_points=_describe_basis(metadata.output.operating_points),
        triage=_describe_basis(metadata.output.triage),
        scope=_describe_scope(metadata.output.scope),
        scores=describe_scores(metadata),
    )


def describe_scores(metadata: BundleMetadata) -> str:
    """What scores, probabilities and decisions of a model are worth, in words."""
    output = metadata.output
    sentences = ["Scores are sigmoids of the logits: they rank images and are not probabilities."]
    if output.calibration:
        sentences.append(f"Probabilities are calibrated for {', '.join(output.calibration.findings)}.")
        shifts = [f"{name} {100 * shift.wanted:g} %" for name, shift in output.calibration.shifts.items()]
        sentences += [f"They are corrected to a prevalence of: {', '.join(shifts)}."] if shifts else []
    triaged = output.triage.list_deciding() if output.triage else []
    points = output.operating_points.findings if output.operating_points else {}
    if called := [name for name in points if name not in triaged]:
        sentences.append(f"Decisions are positive or negative for {', '.join(called)}.")
    if output.triage and triaged:
        sentences.append(f"Decisions are rule-in, rule-out or uncertain for {', '.join(triaged)}.")
        sentences += _describe_promises(output.triage, trained_on=metadata.training_data.get("name"))
    if output.scope:
        rate = f"at most {100 * output.scope.false_alarms:g} % of films like the training films"
        sentences.append(f"Films that the network sees as unlike its training films are flagged, and {rate}.")
    return " ".join(sentences)


def _describe_network(model: Mapping[str, Any]) -> str:
    """What a bundle says of its network."""
    network = Architecture.from_json(model)
    if network.order == "full_preactivation":
        return f"A pre-activation ResNet-{network.depth} (He et al. 2016b)"
    return f"A ResNet-{network.depth} in the order {network.order} of He et al. 2016b, figure 4,"


def _describe_promises(made: Triages, *, trained_on: str | None) -> list[str]:
    """What is promised of the films that are ruled in and out, and of whom."""
    promises = [sentence for side in SIDES for sentence in _describe_side(made, side)]
    of = f"patients like the {made.basis.patients} of {made.basis.dataset}, {made.basis.split}"
    chose = "They chose the epoch of the network, too, so that promises may fail more often than they say."
    seen = [chose] if made.basis.chose_epoch(trained_on) else []
    return [*promises, f"This is promised for {of}, and for no others.", *seen]


def _describe_side(made: Triages, side: Side) -> list[str]:
    """One sentence for each promise that is given to some findings."""
    edges = {name: triage.side(side) for name, triage in made.findings.items()}
    given = {name: edge.promise for name, edge in edges.items() if edge.logit is not None}
    return [
        f"Films are ruled {side} with {promise.describe(side)} at confidence {promise.confidence:g} "
        f"for {', '.join(name for name in given if given[name] == promise)}."
        for promise in dict.fromkeys(given.values())
    ]


def _describe_basis(made: Calibrations | OperatingPoints | Triages | None) -> str:
    if made is None:
        return "none"
    names = made.list_deciding() if isinstance(made, Triages) else made.findings
    return f"{', '.join(names) or 'no finding'} ({_name_basis(made.basis)})"


def _describe_scope(scope: Scope | None) -> str:
    if scope is None:
        return "none"
    return f"up to a distance of {scope.threshold:.3g} from the training films ({_name_basis(scope.basis)})"


def _name_basis(basis: Basis) -> str:
    return f"{basis.patients} patients of {basis.dataset}, {basis.split}; {basis.engine}, {basis.precision}"
