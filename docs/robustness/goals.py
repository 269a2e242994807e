"""What ours must reach against the plain recipe, and whether it does."""

from dataclasses import dataclass

from docs.robustness.results import Group, Results
from xray_resnet.data.ladder import MILD
from xray_resnet.evaluation.analyses.ladder import MOST_LOST
from xray_resnet.metrics import Estimate

MOST_RATIO = 0.5
MOST_ELSEWHERE = 0.002
LEAST_CLEAN = -0.005


@dataclass(frozen=True)
class Goal:
    """A goal and its figure.

    Attributes:
        what: In words.
        wanted: The bound.
        found: The figure, written out.
        is_reached: Whether the figure keeps the bound.
    """

    what: str
    wanted: str
    found: str
    is_reached: bool


def judge(results: Results) -> list[Goal]:
    """Every goal, in the order of the study."""
    goals = [_judge_group(group) for group in results.groups]
    low = results.clean.low if results.clean.low is not None else float("-inf")
    goals.append(
        Goal("clean films: ours − plain, lower end", f"> {LEAST_CLEAN}", show(results.clean), low > LEAST_CLEAN)
    )
    rung, loss = results.worst_mild_rung()
    what = f"largest loss of ours at severity ≤ {MILD}"
    return [*goals, Goal(what, f"≤ {MOST_LOST}", f"{loss:.4f} ({rung.name})", loss <= MOST_LOST)]


def _judge_group(group: Group) -> Goal:
    if group.name == "elsewhere":
        value = group.difference.value or 0.0
        return Goal("elsewhere: ours − plain", f"≤ {MOST_ELSEWHERE}", show(group.difference), value <= MOST_ELSEWHERE)
    ratio = group.ratio.value
    return Goal(f"{group.name}: ours ÷ plain", f"≤ {MOST_RATIO}", show(group.ratio), (ratio or 0.0) <= MOST_RATIO)


def show(estimate: Estimate) -> str:
    """A figure with its interval."""
    if estimate.value is None:
        return str(estimate.why_null)
    interval = "" if estimate.low is None else f" ({estimate.low:.4f} … {estimate.high:.4f})"
    return f"{estimate.value:.4f}{interval}"
