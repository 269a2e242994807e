"""Lower dose: how far the dose could fall before a finding is ranked worse, by finding."""

from functools import partial
from typing import TYPE_CHECKING

from xray_resnet.detector import QUANTA_AT_FULL_DOSE, REFERENCE_SIZE
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section, Tile
from xray_resnet.pages.numbers import to_title

if TYPE_CHECKING:
    from xray_resnet.evaluation.dose import DosePlan
    from xray_resnet.metrics.dose_limit import DoseLimit


def analyse_dose(evidence: Evidence) -> Result:
    """What the films say of each dose."""
    from xray_resnet.evaluation.dose import plan_dose  # loads what adds noise, which other analyses need not
    from xray_resnet.evaluation.dose_plot import plot_dose
    from xray_resnet.metrics.noninferiority import ERROR, POWER

    plan = plan_dose(evidence)
    shown = {name: limit for name, limit in plan.findings.items() if limit.steps}
    size = evidence.network.model_input.size
    values = {
        "size": size,
        "noise": measure_noise(plan.options.doses[-1], size),
        "plan": plan,
        "shown": shown,
        "error": ERROR,
        "power": POWER,
        "answer": describe_answer,
    }
    return Result(
        figures={"dose": plan.to_json()},
        plots={"dose": Plot(partial(plot_dose, shown, plan.options.margin), _describe(shown))},
        tile=_make_tile(plan),
        section=Section("Lower dose", values),
        warnings=_warn(plan),
    )


def measure_noise(dose: float, size: int) -> tuple[float, float]:
    """Standard deviation of a pixel's quanta in mid lung over their mean: at 512², and at a network's size²."""
    noise = (QUANTA_AT_FULL_DOSE * dose) ** -0.5
    return noise, noise * min(1.0, size / REFERENCE_SIZE)


def describe_answer(limit: "DoseLimit") -> str:
    """What is shown of a finding, in words."""
    if limit.why_null is not None:
        return f"cannot tell: {limit.why_null}"
    safe = "" if limit.safe is None else f"safe down to {limit.safe:g}"
    unsafe = "" if limit.unsafe is None else f"not safe at {limit.unsafe:g}"
    return ", ".join(word for word in (safe, unsafe) if word) or "cannot tell"


def _make_tile(plan: "DosePlan") -> Tile:
    lowest = ", the lowest tried" if plan.safe == plan.options.doses[-1] else ""
    value = {"safe": f"{plan.safe}", "not safe": f"not {plan.options.doses[0]:g}", "cannot tell": "cannot tell"}
    note = f"as a fraction of the dose of the films{lowest}; AUROC lower by less than {plan.options.margin:g}"
    return Tile("Simulated dose that the network bears", value[plan.verdict], note)


def _describe(shown: "dict[str, DoseLimit]") -> str:
    words = (f"{to_title(name)} {describe_answer(limit)}" for name, limit in shown.items())
    return f"Difference of AUROC to full dose by dose: {'; '.join(words)}"


def _warn(plan: "DosePlan") -> list[Caveat]:
    """Of findings that lose at once, of those that the films are too few for, and of what is simulated."""
    highest, margin = plan.options.doses[0], plan.options.margin
    warnings = []
    if lost := [to_title(name) for name, limit in plan.findings.items() if limit.verdict == "not safe"]:
        text = f"At {highest:g} of the dose AUROC is already more than {margin:g} lower: {', '.join(lost)}."
        warnings.append(Caveat(Rank.CAUTION, "dose_not_safe", text, Concern.TRANSFER))
    if few := [_tell_needed(name, limit) for name, limit in plan.findings.items() if limit.verdict == "cannot tell"]:
        text = f"The films cannot tell whether {highest:g} of the dose is safe: {', '.join(few)}."
        warnings.append(Caveat(Rank.NOTE, "dose_cannot_tell", text, Concern.SAMPLE))
    return [*warnings, _say_what_is_simulated(plan)]


def _tell_needed(name: str, limit: "DoseLimit") -> str:
    needed = limit.first_open.needed if limit.first_open else None
    return to_title(name) + (f" (about {needed:,} patients with it are needed)" if needed else "")


def _say_what_is_simulated(plan: "DosePlan") -> Caveat:
    assumed = plan.n_images - plan.n_known
    text = (
        "Lower doses are simulated: quantum noise alone, with the same tube voltage, scatter and processing, without "
        "the electronic noise that counts at the lowest. This is no statement that a film of such a dose can be read."
    )
    text += f" The detector of {assumed:,} of {plan.n_images:,} films is not known and assumed." if assumed else ""
    return Caveat(Rank.CAUTION, "dose_is_simulated", text, Concern.SCOPE)
