"""What is asked of an evaluation: which analyses, how they go, and in which language the page is."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xray_resnet.evaluation.dose_options import DEFAULT, DoseOptions
from xray_resnet.explain.methods import Cam

if TYPE_CHECKING:  # the command reads its default here, and --help loads nothing heavy
    from xray_resnet.evaluation.retraining import Retraining
    from xray_resnet.pages import Language

LADDER_IMAGES = 160
"""So few that 56 versions of them take minutes with a ResNet-50 on two cores."""


@dataclass(frozen=True)
class Request:
    """As `xray-eval` is told.

    Attributes:
        report: Also write report.html, localisation.json and the overlays.
        language: Of the report's labels.
        also: Names of analyses that run only by name, such as ladder; what the network says for them is kept in the
            folder, so that they can be interrupted and are fast the next time.
        only: Names of the only analyses to run, beside those of `also`, whether a report shows them or not; without
            any, the usual ones run.
        skip: Names of analyses to leave out.
        subgroups: Columns and header facts by which images are grouped beside the usual ones.
        cam: Which map the report shows over its examples.
        ladder_images: How many images the corruption ladder takes at most, of patients drawn with the seed; 0: all.
        dose: How a dose is planned, if it is.
        retraining: Repeats the training without the films that are asked about, for an audit of labels that the model
            was fitted to; None if it cannot be repeated.
    """

    report: bool = False
    language: "Language" = "en"
    also: Collection[str] = ()
    only: Collection[str] = ()
    skip: Collection[str] = ()
    subgroups: Sequence[str] = ()
    cam: Cam = "gradcam"
    ladder_images: int = LADDER_IMAGES
    dose: DoseOptions = DEFAULT
    retraining: "Retraining | None" = None

    def asks_for(self, analysis: str) -> bool:
        """Whether an analysis that runs only by name was named."""
        return analysis in self.also or analysis in self.only

    def list_words(self) -> Iterator[str]:
        """The options of `xray-eval` that say it, as far as they differ from the defaults."""
        if self.report:
            yield "--report"
        for name in self.also:
            yield f"--{name}"
        if self.asks_for("ladder") and self.ladder_images != LADDER_IMAGES:
            yield from ("--ladder_images", str(self.ladder_images))
        for option, names in (("--only", self.only), ("--skip", self.skip)):
            yield from (option, *names) if names else ()
        for name in self.subgroups:
            yield from ("--subgroup", name)
        if self.asks_for("dose"):
            yield from self.dose.list_words()
        for option, value, usual in (("--language", self.language, "en"), ("--cam", self.cam, "gradcam")):
            yield from (option, value) if value != usual else ()
        if self.retraining:
            yield from ("--audit_folds", str(self.retraining.folds))


DEFAULT_REQUEST = Request()
