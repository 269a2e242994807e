"""What an experiment is, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xray_resnet.errors import UserError
from xray_resnet.lab.claims import Claim, Verdict
from xray_resnet.metrics import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from xray_resnet.lab.bench import Bench
    from xray_resnet.lab.training import Plan


class NothingToStudyError(UserError):
    """The run's network lacks what the experiment is about; others may be done."""


@dataclass(frozen=True)
class Outcome:
    """What was measured.

    Attributes:
        estimate: The number that the claim is about, with its interval.
        found: What came out, in sentences.
        data: All that the figure shows, as plain values.
        settings: What it was measured with.
    """

    estimate: Estimate
    found: str
    data: Mapping[str, Any]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Experiment:
    """An experiment of the laboratory.

    Attributes:
        name: As the command takes it.
        title: In words.
        question: What it asks of the network, in a sentence.
        claim: What it holds the outcome against.
        measure: Measures on a bench.
        draw: Draws what was measured, from `Outcome.data`.
        plan: The networks that it trains, if any.
        passes: How many images go through the run's own network, about; a gradient counts as three.
        gradients: How many gradients it takes in fresh small networks, times their units.
    """

    name: str
    title: str
    question: str
    claim: Claim
    measure: Callable[["Bench"], Outcome]
    draw: Callable[[Mapping[str, Any]], "Figure"]
    plan: Callable[["Bench"], Mapping[Any, "Plan"]] = field(default=lambda bench: {})
    passes: Callable[["Bench"], int] = field(default=lambda bench: 0)
    gradients: Callable[["Bench"], int] = field(default=lambda bench: 0)

    def judge(self, outcome: Outcome) -> Verdict:
        """The verdict on the claim."""
        return self.claim.judge(outcome.estimate)
