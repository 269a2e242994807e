"""A model on other data beside its own held-out images: what is lost, and what differs."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.internal import Internal
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.evaluation.population import Population, describe_population
from xray_resnet.evaluation.ranking import FindingRanking, Ranking, rank
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.unpaired import subtract_unpaired


@dataclass(frozen=True)
class External:
    """Figures of the findings that both datasets have, in the same order on both sides.

    Attributes:
        name: Of the model's own dataset.
        pairs: Each finding on the held-out images of that, and on the other data.
        drops: AUROC there less AUROC here, of each finding.
        macro: Of the mean over the findings that are defined on both sides.
        populations: What the images are like, own and here; None if the own dataset is not at hand.
        definitions: How the labels were made, own and here, as either dataset says; None if it does not.
        unseen_views: Views that no training image has, with how many images have them here.
    """

    name: str
    pairs: tuple[tuple[FindingRanking, FindingRanking], ...]
    drops: tuple[Estimate, ...]
    macro: Estimate
    populations: tuple[Population, Population] | None
    definitions: tuple[str | None, str | None]
    unseen_views: dict[str, int]

    @property
    def rows(self) -> list[tuple[FindingRanking, FindingRanking, Estimate]]:
        """Own, here and the drop of each finding."""
        return [(own, here, drop) for (own, here), drop in zip(self.pairs, self.drops, strict=True)]

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "internal": self.name,
            "findings": {
                own.name: {
                    "internal": estimate_to_json(own.auroc),
                    "external": estimate_to_json(here.auroc),
                    "drop": estimate_to_json(drop),
                }
                for own, here, drop in self.rows
            },
            "macro_drop": estimate_to_json(self.macro),
            "populations": self.populations
            and dict(zip(("internal", "external"), (each.to_json() for each in self.populations), strict=True)),
            "label_definitions": dict(zip(("internal", "external"), self.definitions, strict=True)),
            "unseen_views": self.unseen_views,
        }


def compare_with_own(evidence: Evidence, internal: Internal) -> External | None:
    """Other data against the model's own held-out images; None if these have none of the findings.

    Args:
        evidence: On the other data.
        internal: On the model's own.
    """
    findings = [finding for finding in evidence.findings if finding in internal.predictions.findings]
    if not findings:
        return None
    own, here = rank(internal.predictions.choose(findings)), evidence.ranking
    pairs = tuple((own.find(finding), here.find(finding)) for finding in findings)
    drops = tuple(subtract_unpaired(a.auroc, b.auroc) for a, b in pairs)
    defined = [a.name for (a, _), drop in zip(pairs, drops, strict=True) if drop.value is not None]
    return External(
        name=internal.name,
        pairs=pairs,
        drops=drops,
        macro=_subtract_macros(own, here, defined),
        populations=_describe_both(evidence, internal, findings),
        definitions=(
            evidence.model.get("training_data", {}).get("about", {}).get("labels") or None,
            evidence.dataset.about.get("labels") or None,
        ),
        unseen_views=_list_unseen_views(evidence, internal),
    )


def _subtract_macros(own: Ranking, here: Ranking, defined: list[str]) -> Estimate:
    """Over the findings that are defined on both sides, so that the same are compared."""
    if not defined:
        return Estimate(None, why_null="no finding has an AUROC on both sides")
    return subtract_unpaired(own.average(defined), here.average(defined))


def _describe_both(evidence: Evidence, internal: Internal, findings: list[str]) -> tuple[Population, Population] | None:
    if internal.dataset is None:
        return None
    own = describe_population(internal.dataset, internal.rows, findings)
    return own, describe_population(evidence.dataset, evidence.rows, findings)


def _list_unseen_views(evidence: Evidence, internal: Internal) -> dict[str, int]:
    """Views of the images here that the model was never shown; none if it was shown images of unknown view."""
    if internal.dataset is None:
        return {}
    views = internal.dataset.column("view")
    shown = {views[row] for row in internal.dataset.indices("train").tolist()}
    if not all(shown):
        return {}
    names, counts = np.unique([view for view in evidence.fact("view") if view], return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True) if name not in shown}
