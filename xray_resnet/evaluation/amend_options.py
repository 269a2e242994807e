"""Whether the bundle is amended after an evaluation, and how: as `xray-eval` is told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from xray_resnet.errors import UserError
from xray_resnet.metrics.operating import Criterion
from xray_resnet.triage import Promise, Promises

_FITTED = ("train", "all")


@dataclass(frozen=True)
class AmendOptions:
    """Whether a bundle is amended, and how.

    Attributes:
        amend: Whether; None: if the images are the validation split of the data that the model was trained on.
        criterion: How operating points are chosen.
        prevalence: Of the findings where the model is used: one for all of them, or finding → prevalence. Probabilities
            are corrected to it, and predictive values are told for it.
        triage: Whether films are ruled in and out. A criterion with a target asks for decisions by it, and leaves the
            triage out unless promises are given, too.
        promises: What is promised of such films; None: the default.
    """

    amend: bool | None = None
    criterion: Criterion = field(default_factory=Criterion)
    prevalence: float | Mapping[str, float] | None = None
    triage: bool = True
    promises: Promises | None = None

    def resolve_promises(self) -> Promises | None:
        """What is promised of films that are ruled in and out; None without a triage."""
        if not self.triage or (self.promises is None and self.criterion.target is not None):
            return None
        return self.promises or Promises()

    def resolve_prevalences(self, findings: tuple[str, ...]) -> dict[str, float]:
        """Finding → prevalence, of the findings that have one.

        Raises:
            UserError: if one is of another finding.
        """
        if self.prevalence is None:
            return {}
        if not isinstance(self.prevalence, Mapping):
            return dict.fromkeys(findings, self.prevalence)
        if unknown := [name for name in self.prevalence if name not in findings]:
            raise UserError(
                f"--prevalence names {unknown[0]}, which is not evaluated; name some of {', '.join(findings)}"
            )
        return dict(self.prevalence)

    def list_words(self) -> list[str]:
        """The options of `xray-eval` that say it."""
        words = [] if self.amend is None else ["--amend" if self.amend else "--no-amend"]
        if self.criterion.target is not None:
            words += [f"--{self.criterion.kind}", f"{self.criterion.target:g}"]
        words += self._list_triage_words()
        if self.prevalence is not None:
            words += ["--prevalence", json.dumps(self.prevalence)]
        return words

    def is_wanted(self, *, split: str, own_data: bool) -> bool:
        """Whether the bundle is amended after an evaluation on this split.

        Raises:
            UserError: if it is asked for on images that the model was fitted to, or if a criterion would be ignored.
        """
        if self.amend and own_data and split in _FITTED:
            raise UserError(
                f"--amend on the split {split!r} of the data that the model was trained on: it is too sure of these "
                "images; amend on --split val"
            )
        wanted = self.amend if self.amend is not None else own_data and split == "val"
        if self.criterion.target is not None and not wanted:
            raise UserError(
                f"--{self.criterion.kind} chooses operating points, and the bundle keeps those that it has; choose on "
                "--split val, or add --amend"
            )
        if (words := self._list_triage_words()) and not wanted:
            raise UserError(
                f"{words[0]} is about making a triage, and the bundle keeps what it has; make it on --split val, or "
                "add --amend"
            )
        return wanted

    def _list_triage_words(self) -> list[str]:
        """The options that say whether there is a triage and what it promises; none where nothing was said."""
        if not self.triage:
            return ["--no-triage"]
        return [] if self.promises is None else _list_words_of(self.promises)


DEFAULT = AmendOptions()


def _list_words_of(promises: Promises) -> list[str]:
    """The options of `xray-eval` that say what is promised."""
    sides = zip((promises.rule_in, promises.rule_out), (("ppv", "fpr"), ("npv", "fnr")), strict=True)
    words = [word for promise, names in sides for word in _list_limit(promise, *names)]
    return [*words, "--confidence", f"{promises.rule_in.confidence:g}"]


def _list_limit(promise: Promise, value: str, rate: str) -> list[str]:
    return [f"--{value if promise.measure == 'predictive value' else rate}", f"{promise.limit:g}"]
