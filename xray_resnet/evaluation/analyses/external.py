"""Other data beside the model's own held-out images: the drop with its interval, and what differs."""

from dataclasses import asdict
from functools import partial

from xray_resnet.bundle.training_people import describe_people
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.external import External, compare_with_own
from xray_resnet.evaluation.external_plot import plot_external
from xray_resnet.evaluation.methods import letter_methods, tell_interval
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section, Tile
from xray_resnet.pages.numbers import format_share, to_title

LARGE_DROP = 0.05
"""Of macro AUROC: if the whole interval is above, the own figures say nothing of these films."""


def analyse_external(evidence: Evidence) -> Result:
    """What the model loses on these images; nothing on its own data."""
    if evidence.trained_on_this_dataset:
        return Result()
    external = compare_with_own(evidence, evidence.internal) if evidence.internal else None
    if external is None:
        return Result(warnings=[_miss_internal()])
    estimates = [estimate for own, here, drop in external.rows for estimate in (own.auroc, here.auroc, drop)]
    return Result(
        figures={"external": external.to_json()},
        plots={"aurocs": Plot(partial(plot_external, external), _describe(external))},
        tile=_make_tile(external),
        section=Section("Own and other data", {"external": external, "methods": letter_methods(estimates)}),
        warnings=[*_warn_of_drop(evidence, external), *_warn_of_definitions(external), *_warn_of_views(external)],
    )


def _miss_internal() -> Caveat:
    text = (
        "There is nothing to hold these figures against: the model's own test split was not evaluated with the same "
        "findings."
    )
    remedy = "xray-eval on the run alone, then this again"
    return Caveat(Rank.NOTE, "no_internal_evaluation", text, Concern.TRANSFER, remedy=remedy)


def _make_tile(external: External) -> Tile:
    shared = sum(drop.value is not None for drop in external.drops)
    detail = f"from {external.name}, {shared} finding{'s' if shared != 1 else ''}"
    return Tile("Drop of macro AUROC", format_share(external.macro.value), tell_interval(external.macro), detail)


def _describe(external: External) -> str:
    """The picture in words."""
    words = [
        f"{to_title(own.name)} {format_share(own.auroc.value)} and {format_share(here.auroc.value)}"
        for own, here, _ in external.rows
    ]
    return f"AUROC on the model's own held-out images and on these: {', '.join(words)}"


def _warn_of_drop(evidence: Evidence, external: External) -> list[Caveat]:
    """Of findings, or of all together, whose AUROC is lower here beyond chance."""
    if external.macro.is_above(0):
        text = (
            f"The model ranks worse here than on its own held-out images ({external.name}): "
            f"{_name_figure(external)} is {external.macro.value:.3f} lower ({tell_interval(external.macro)})."
            f"{_tell_people(evidence, external)}"
        )
        rank = Rank.SERIOUS if external.macro.is_above(LARGE_DROP) else Rank.CAUTION
        return [Caveat(rank, "external_drop", text, Concern.TRANSFER)]
    lower = [to_title(own.name) for own, _, drop in external.rows if drop.is_above(0)]
    text = f"The model ranks worse here than on its own held-out images ({external.name}): {', '.join(lower)}."
    return [Caveat(Rank.CAUTION, "external_drop", text, Concern.TRANSFER)] if lower else []


def _name_figure(external: External) -> str:
    return "macro AUROC" if len(external.drops) > 1 else "AUROC"


def _tell_people(evidence: Evidence, external: External) -> str:
    """Whose films both are, after a space, if both are at hand."""
    if external.populations is None:
        return ""
    training = evidence.model.get("training_data", {})
    words = (training.get("about", {}).get("patients"), evidence.dataset.about.get("patients"))
    told = (describe_people(asdict(side.people)) for side in external.populations)
    own, here = (f"{word}; {people}" if word else people for word, people in zip(words, told, strict=True))
    return f" There: {own}. Here: {here}."


def _warn_of_definitions(external: External) -> list[Caveat]:
    """Of labels that mean something else here, or may."""
    own, here = external.definitions
    if own is not None and own == here:
        return []
    said = f"there: {own or 'not known'}; here: {here or 'not known'}"
    if own is None or here is None:
        text = (
            f"Whether the labels mean the same here as in the data that the model learnt from ({external.name}) is not "
            f"known. How they were made, {said}. Part of a drop may be theirs."
        )
        remedy = "--data.about.labels when either dataset is prepared"
        return [Caveat(Rank.NOTE, "label_definitions_unknown", text, Concern.TRANSFER, remedy=remedy)]
    text = (
        f"Labels of one name were made in different ways in the data that the model learnt from ({external.name}) and "
        f"here. {said[0].upper()}{said[1:]}. Part of a drop may be theirs."
    )
    return [Caveat(Rank.CAUTION, "label_definitions_differ", text, Concern.TRANSFER)]


def _warn_of_views(external: External) -> list[Caveat]:
    names = ", ".join(f"{view} ({count} images)" for view, count in external.unseen_views.items())
    text = f"The model was shown no image of this view in training, so it is out of its scope: {names}."
    return [Caveat(Rank.SERIOUS, "unseen_view", text, Concern.TRANSFER)] if names else []
