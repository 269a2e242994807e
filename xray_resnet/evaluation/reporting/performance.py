"""What is known of the evaluation: figures, intervals, robustness, groups, explanations."""

from xray_resnet.evaluation.methods import tell_interval
from xray_resnet.evaluation.reporting.known import Known
from xray_resnet.evaluation.reporting.training import find_chosen
from xray_resnet.explain.methods import TITLES
from xray_resnet.metrics import Estimate
from xray_resnet.pages.numbers import to_title

_FIGURES = {
    "findings": "AUROC, partial AUROC, average precision",
    "calibration": "calibration error, Brier score, log-loss",
    "operating_points": "sensitivity, specificity, predictive values, net benefit",
    "triage": "shares of films ruled in and out, and their errors",
}
"""Analysis → its metrics."""
_ROBUSTNESS = {
    "ladder": "a ladder of image corruptions",
    "dose": "simulated lower doses",
    "subgroups": "subgroups of images",
    "shortcuts": "what the image's facts alone tell",
    "baseline": "a baseline on thumbnails",
}
"""Analysis → what the figures are held against."""

_CHECKS = {
    "localisation": "against boxes, beside a prior that never looks",
    "explanation": "whether maps depend on what was learnt, whether the score follows them, and against occlusion",
}
"""Analysis → what it asks of the maps."""


def state_metrics(known: Known) -> str | None:
    """The metrics of the analyses that ran."""
    named = [text for name, text in _FIGURES.items() if known.has_section(name)]
    return f"{'; '.join(named)}." if named else None


def state_uncertainty(known: Known) -> str | None:
    """How intervals are made."""
    if not known.has_section("findings"):
        return None
    chance = known.evidence.chance
    return (
        "95 % intervals with patients as the unit: of AUROC by Obuchowski (1997) or Newcombe (2006); of shares by "
        f"{chance.resamples} bootstrap resamples of the patients, seed {chance.seed}, or Wilson's."
    )


def state_robustness(known: Known) -> str | None:
    """What the figures were held against."""
    named = [text for name, text in _ROBUSTNESS.items() if known.has_section(name)]
    return f"Measured: {'; '.join(named)}." if named else None


def state_explainability(known: Known) -> str | None:
    """The maps, and whether they were tested."""
    if not known.has_section("examples"):
        return None
    named = [text for name, text in _CHECKS.items() if known.has_section(name)]
    tested = f" Checked: {'; '.join(named)}." if named else ""
    return f"Maps ({TITLES[known.evidence.asked.cam]}) of every finding, shown over examples that a rule chose.{tested}"


def state_internal(known: Known) -> str | None:
    """The held-out images of the model's own data."""
    evidence = known.evidence
    if evidence.trained_on_this_dataset and evidence.split == "test":
        return f"On the held-out split test of {evidence.dataset.name}."
    if evidence.internal:
        return f"On the held-out split test of {evidence.internal.name}."
    return None


def state_external(known: Known) -> str | None:
    """Other data, if the model is known not to have seen their patients; other splits of its own data are none."""
    evidence = known.evidence
    is_unseen = evidence.seen.patients == 0 or evidence.seen.left_out
    own = evidence.model.get("training_data", {}).get("name")
    if own in (None, evidence.dataset.name) or not is_unseen:
        return None
    return f"On {evidence.dataset.name}, split {evidence.split}, of whose patients the model was fitted to none."


def state_performance(known: Known) -> str | None:
    """AUROC of every finding and their mean."""
    if not known.has_section("findings"):
        return None
    ranking = known.evidence.ranking
    aurocs = "; ".join(f"{to_title(each.name)} {_write(each.auroc)}" for each in ranking.findings)
    return f"AUROC on {known.evidence.split}: {aurocs}; mean {_write(ranking.macro)}."


def state_partitions(known: Known) -> str | None:
    """The figure of the validation beside that of the held-out images."""
    chosen, macro = find_chosen(known), known.evidence.ranking.macro
    if chosen is None or macro.value is None or known.evidence.split != "test":
        return None
    if not known.evidence.trained_on_this_dataset:
        return None
    name, auroc = chosen
    return f"Mean AUROC: validation {auroc:.3f} (chose {name}), test {_write(macro)}; training not measured."


def state_failures(known: Known) -> str | None:
    """The mistakes that the page shows."""
    if not known.has_section("examples"):
        return None
    told = [each.name for each in known.evidence.ranking.findings if each.n_positive and each.n_negative]
    if not told:
        return None
    named = ", ".join(map(to_title, told))
    return f"The gallery of examples shows the worst misses and the worst false alarms of {named}."


def state_groups(known: Known) -> str | None:
    """The groups that were compared."""
    groupings = _list_groupings(known)
    return f"AUROC in each group beside the rest, Holm's correction: {', '.join(groupings)}." if groupings else None


def state_groups_found(known: Known) -> str | None:
    """Where performance differs."""
    groups = state_groups(known)
    if groups is None:
        return None
    worse = [caveat.text for caveat in known.results["subgroups"].warnings]
    return " ".join(worse or ["No finding is ranked worse in a group than in the rest, after the correction."])


def state_fairness(known: Known) -> str | None:
    """Groups of people that were compared."""
    groupings = [name for name in _list_groupings(known) if name in ("sex", "age")]
    return f"AUROC in groups of {' and '.join(groupings)} beside the rest, with intervals." if groupings else None


def state_output(known: Known) -> str:
    """What the model says."""
    output = known.evidence.output
    made = [f"probabilities, calibrated, for {', '.join(output.calibration.findings)}"] if output.calibration else []
    points = output.operating_points.findings if output.operating_points else {}
    made += [
        f"{name} is called from a score of {point.score:.3f} ({point.criterion})" for name, point in points.items()
    ]
    return "; ".join(["Scores of 0 to 1, which rank images", *made]) + "."


def state_computation(known: Known) -> str:
    """From pixels to a prediction."""
    model = known.evidence.model
    return f"The sigmoid of the network's logit, computed by {model['engine']} in {model['precision']}."


def state_updating(known: Known) -> str:
    """Whether the model was changed for these images."""
    return state_update(known) or "None for these images: the model is the bundle's."


def state_update(known: Known) -> str | None:
    """What was changed for these images."""
    amendment = known.evidence.amendment
    if amendment is None:
        return None
    output, here = amendment.output, known.evidence.basis
    parts = {
        "calibration": output.calibration,
        "operating points": output.operating_points,
        "triage": output.triage,
        "scope": output.scope,
    }
    named = [name for name, part in parts.items() if part is not None and part.basis == here]
    return f"Chosen on these images: {', '.join(named)}; the weights are as trained." if named else None


def state_differences(known: Known) -> str | None:
    """Training and evaluation data."""
    if known.evidence.trained_on_this_dataset:
        return f"The same dataset; the evaluated split ({known.evidence.split}) was: {known.evidence.role}."
    if known.has_section("external"):
        return "Another dataset; section “Own and other data” tells what differs."
    return None


def state_bad_input(known: Known) -> str | None:
    """What happens to unusable files."""
    if "gate" not in known.evidence.dataset.reading:
        return None
    return "A file that is not a usable frontal radiograph is refused with a reason; doubtful ones are flagged."


def _list_groupings(known: Known) -> list[str]:
    """Facts of whose groups at least one could be compared with the rest."""
    if not known.has_section("subgroups"):
        return []
    facts = known.results["subgroups"].figures["subgroups"]["facts"]
    return [
        name
        for name, groups in facts.items()
        if any(row["p_value"] is not None for findings in groups.values() for row in findings.values())
    ]


def _write(estimate: Estimate) -> str:
    return str(estimate.why_null) if estimate.value is None else f"{estimate.value:.3f} ({tell_interval(estimate)})"
