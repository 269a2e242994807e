"""What is asked of the dose planner: the margin, the doses and the exposures of each film, as `xray-eval` is told."""

from collections.abc import Iterator
from dataclasses import dataclass

DOSES = (0.5, 0.25, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02)
"""From half the dose to the lowest of the corruption ladder, closer together where networks begin to lose."""


@dataclass(frozen=True)
class DoseOptions:
    """How a dose is planned.

    Attributes:
        margin: AUROC that it may cost, more than 0 and less than 0.5.
        doses: Fractions of the dose that the films came with, falling, each above 0 and below 1.
        repeats: Exposures that are simulated of each film at each dose, at least 1.
    """

    margin: float = 0.02
    doses: tuple[float, ...] = DOSES
    repeats: int = 4

    def list_mistakes(self) -> Iterator[str]:
        """What is wrong with them."""
        if not 0 < self.margin < 0.5:
            yield f"--dose-margin is {self.margin:g}, expected more than 0 and less than 0.5"
        if wrong := [dose for dose in self.doses if not 0 < dose < 1]:
            yield f"--dose-grid has {wrong[0]:g}, expected fractions of the dose, more than 0 and less than 1"
        if self.repeats < 1:
            yield f"--dose-repeats is {self.repeats}, expected at least 1"

    def list_words(self) -> list[str]:
        """The options of `xray-eval` that say it, as far as they differ from the defaults."""
        words = [] if self.margin == DEFAULT.margin else ["--dose-margin", str(self.margin)]
        words += [] if self.doses == DOSES else ["--dose-grid", *map(str, self.doses)]
        return words + ([] if self.repeats == DEFAULT.repeats else ["--dose-repeats", str(self.repeats)])


DEFAULT = DoseOptions()
