"""How well each finding is ranked in groups of images, against the rest of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.groups import Grouping, group_images, part_same
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.metrics.bootstrap import number_patients
from xray_resnet.metrics.contrasts import Contrast, contrast_group, correct_contrasts

FACTS = ("view", "sex", "age", "source", "scanner")
"""By which images are grouped always."""
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class GroupFinding:
    """One finding in one group.

    Attributes:
        fact: What groups the images.
        group: The group.
        finding: The finding.
        n_images: Assessed images in the group.
        n_patients: Their patients.
        n_positive: Those of the images with the finding.
        contrast: AUROC in the group and in the rest; its p-value is corrected over all comparisons.
    """

    fact: str
    group: str
    finding: str
    n_images: int
    n_patients: int
    n_positive: int
    contrast: Contrast

    @property
    def is_significant(self) -> bool:
        """Whether the group differs from the rest, after the correction."""
        return self.contrast.corrected is not None and self.contrast.corrected < SIGNIFICANT

    @property
    def is_worse(self) -> bool:
        """Whether the finding is ranked worse in the group, after the correction."""
        return self.is_significant and (self.contrast.difference.value or 0.0) < 0

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "n_images": self.n_images,
            "n_patients": self.n_patients,
            "n_positive": self.n_positive,
            "auroc": estimate_to_json(self.contrast.inside),
            "auroc_of_the_rest": estimate_to_json(self.contrast.outside),
            "difference": estimate_to_json(self.contrast.difference),
            "p_value": self.contrast.p_value,
            "p_value_corrected": self.contrast.corrected,
        }


@dataclass(frozen=True)
class Subgroups:
    """All groups of all facts.

    Attributes:
        groupings: Facts by which images differ.
        same: Fact → what it is in all images.
        rows: One for each fact, group and finding, in this order.
        n_tests: Comparisons over which p-values are corrected.
    """

    groupings: tuple[Grouping, ...]
    same: Mapping[str, str]
    rows: tuple[GroupFinding, ...]
    n_tests: int

    def rows_of(self, fact: str) -> list[GroupFinding]:
        """The rows of one fact, finding by finding."""
        findings = {row.finding: place for place, row in reversed([*enumerate(self.rows)])}
        return sorted((row for row in self.rows if row.fact == fact), key=lambda row: findings[row.finding])

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        facts: dict[str, dict[str, dict[str, Any]]] = {}
        for row in self.rows:
            facts.setdefault(row.fact, {}).setdefault(row.group, {})[row.finding] = row.to_json()
        return {
            "correction": "Holm",
            "n_comparisons": self.n_tests,
            "same_in_all_images": dict(self.same),
            "facts": facts,
        }


def measure_subgroups(evidence: Evidence) -> Subgroups:
    """Groups the images by `FACTS` and by the names that were asked for, and compares every group with the rest."""
    names = dict.fromkeys((*FACTS, *evidence.asked.subgroups))
    groupings = [group_images(name, evidence.fact(name)) for name in names]
    differing, same = part_same(groupings)
    rows = [*_compare_all(evidence, differing)]
    divisions = [_name_division(evidence, row, differing) for row in rows]
    corrected = correct_contrasts([row.contrast for row in rows], divisions)
    tested = {each for each, row in zip(divisions, rows, strict=True) if row.contrast.p_value is not None}
    rows = [replace(row, contrast=contrast) for row, contrast in zip(rows, corrected, strict=True)]
    return Subgroups(differing, same, tuple(rows), len(tested))


def _compare_all(evidence: Evidence, groupings: Sequence[Grouping]) -> Iterator[GroupFinding]:
    predictions = evidence.predictions
    labels, patients = predictions.labels, number_patients(predictions.patient_ids)
    for grouping in groupings:
        for group in grouping.groups:
            members = grouping.members(group)
            for column, finding in enumerate(evidence.findings):
                truth = labels[:, column]
                assessed = members & np.isfinite(truth)
                yield GroupFinding(
                    grouping.name,
                    group,
                    finding,
                    int(assessed.sum()),
                    len(np.unique(patients[assessed])),
                    int((truth[assessed] == 1).sum()),
                    contrast_group(truth, predictions.logits[:, column], members, patients=patients),
                )


def _name_division(evidence: Evidence, row: GroupFinding, groupings: Sequence[Grouping]) -> tuple[str, bytes]:
    """The finding and how its assessed images are divided: a group and its complement divide them alike."""
    grouping = next(each for each in groupings if each.name == row.fact)
    labels = evidence.predictions.labels[:, evidence.findings.index(row.finding)]
    members: NDArray[np.bool_] = grouping.members(row.group)[np.isfinite(labels)]
    return row.finding, np.packbits(members ^ members[:1]).tobytes()
