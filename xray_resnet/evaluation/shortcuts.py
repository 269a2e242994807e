"""What facts that show no finding tell of the labels, and what the model is worth among images that are alike in them.

The facts are judged on all images of the dataset, whatever their split: the images that a model learns from have the
shortcut as well, and a split alone is small. The model is judged on the images of the evaluation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.border import SHARE, measure_borders
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.groups import Grouping, cross, group_images, part_same
from xray_resnet.evaluation.image_facts import read_fact
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.evaluation.sample import draw_patients
from xray_resnet.evaluation.telling import Telling, divide_patients, measure_telling
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.contrasts import compare_areas
from xray_resnet.metrics.strata import NO_PAIRS, ComparedPairs, compare_within
from xray_resnet.store import Dataset
from xray_resnet.store.labels import read_labels

MOST_IMAGES = 20_000
"""Of more images whole patients are drawn until there are so many: they tell as much, and fits take seconds."""
TELLS_FROM = 0.6
"""Lower end of the interval of AUROC above which facts tell a label. Above 0.5 would be too early: of fourteen findings
that nothing tells, one or more pass it by chance in three data sets of ten (1 - 0.975^14), and age tells most findings
a little. Above 0.6, facts rank as a weak model does."""
_COLUMNS = {
    "view": "view",
    "sex": "sex",
    "age": "age",
    "source": "source",
    "scanner": "scanner",
    "compression": "transfer_syntax",
    "modality": "Modality",
    "polarity": "PhotometricInterpretation",
    "bit depth": "BitsStored",
    "burned-in annotation": "BurnedInAnnotation",
    "intended use": "PresentationIntentType",
}
"""Fact, in words → its name in the dataset."""
_MEGA = 1e6


@dataclass(frozen=True)
class FindingShortcuts:
    """One finding.

    Attributes:
        name: The finding.
        telling: How well facts tell it.
        model: AUROC of the model on the images of the evaluation.
        within: The same over pairs that are alike in the strongest facts.
        share_of_pairs: How many of all pairs those are; None without strata.
        lost: The model's AUROC less that within strata.
    """

    name: str
    telling: Telling
    model: Estimate
    within: Estimate
    share_of_pairs: float | None
    lost: Estimate

    @property
    def is_told(self) -> bool:
        """Whether facts tell it well enough that a model may have learned them."""
        return self.telling.together.is_above(TELLS_FROM)

    @property
    def reaches_model(self) -> bool:
        """Whether facts rank it as well as the model, or better."""
        facts, model = self.telling.together.value, self.model.value
        return facts is not None and model is not None and facts >= model

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "facts": estimate_to_json(self.telling.together),
            "each_fact": {name: estimate_to_json(each) for name, each in self.telling.alone.items()},
            "strongest": list(self.telling.strongest),
            "model": estimate_to_json(self.model),
            "model_within_strata": estimate_to_json(self.within),
            "share_of_pairs_within_strata": self.share_of_pairs,
            "lost_within_strata": estimate_to_json(self.lost),
        }


@dataclass(frozen=True)
class Shortcuts:
    """All findings.

    Attributes:
        n_images: Of the dataset, on which the facts were judged.
        n_patients: Theirs.
        facts: Names of the facts by which they differ.
        same: Fact → what it is in all of them.
        findings: One for each finding.
    """

    n_images: int
    n_patients: int
    facts: tuple[str, ...]
    same: Mapping[str, str]
    findings: tuple[FindingShortcuts, ...]

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "what": "logistic regression on facts, cross-validated by patients",
            "n_images": self.n_images,
            "n_patients": self.n_patients,
            "tells_from": TELLS_FROM,
            "facts": list(self.facts),
            "same_in_all_images": dict(self.same),
            "findings": {finding.name: finding.to_json() for finding in self.findings},
        }


def measure_shortcuts(evidence: Evidence) -> Shortcuts:
    """Judges facts and model, finding by finding."""
    dataset = evidence.dataset
    rows = draw_patients(dataset.patient_ids, MOST_IMAGES, generator=evidence.chance.generator())
    both = np.union1d(rows, evidence.rows)
    borders = measure_borders(dataset, both)
    groupings = group_by_facts(dataset, rows, borders[np.searchsorted(both, rows)])
    differing, same = part_same(groupings)
    of_evaluation = group_by_facts(dataset, evidence.rows, borders[np.searchsorted(both, evidence.rows)])
    here = {grouping.name: grouping for grouping in of_evaluation}
    tellings = _judge_facts(evidence, rows, differing)
    return Shortcuts(
        len(rows),
        len(np.unique(dataset.patient_ids[rows])),
        tuple(grouping.name for grouping in differing),
        same,
        tuple(_judge_model(evidence, column, telling, here) for column, telling in enumerate(tellings)),
    )


def group_by_facts(dataset: Dataset, rows: NDArray[np.int64], borders: NDArray[np.float64]) -> list[Grouping]:
    """Images in (N,) rows grouped by each fact: of table and header, size in megapixels, width over height, border.

    Args:
        dataset: Has the images.
        rows: Their rows.
        borders: (N, 2) of them, as `measure_borders` gives them.
    """
    values: dict[str, Sequence[Any]] = {name: read_fact(dataset, rows, column) for name, column in _COLUMNS.items()}
    sizes, spacings = read_fact(dataset, rows, "file_size"), read_fact(dataset, rows, "spacing_mm")
    known = [size if size and all(size) else None for size in sizes]
    values["image size"] = [size and size[0] * size[1] / _MEGA for size in known]
    values["image shape"] = [size and size[1] / size[0] for size in known]
    values["pixel spacing"] = [spacing and spacing[0] for spacing in spacings]
    values["brightness of the border"], values["contrast of the border"] = borders.T.tolist()
    return [group_images(name, known) for name, known in values.items()]


def describe_border() -> str:
    """The border in words."""
    return f"a strip of {SHARE:.0%} of the shorter side along the edges".replace("%", " %")


def _judge_facts(evidence: Evidence, rows: NDArray[np.int64], facts: Sequence[Grouping]) -> list[Telling]:
    """How well the facts of the images in (N,) rows tell each finding."""
    dataset = evidence.dataset
    labels = read_labels(dataset, rows, evidence.findings)
    patients = dataset.patient_ids[rows]
    fold_of = divide_patients(patients, seed=evidence.chance.seed)
    return [measure_telling(column, facts, patients=patients, fold_of=fold_of) for column in labels.T]


def _judge_model(evidence: Evidence, column: int, telling: Telling, here: Mapping[str, Grouping]) -> FindingShortcuts:
    """The model on one finding, over all pairs and over those alike; `here` groups the images of the evaluation."""
    predictions = evidence.predictions
    labels, logits = predictions.labels[:, column], predictions.logits[:, column]
    name, model = evidence.findings[column], evidence.ranking.findings[column].auroc
    whole = compare_within(labels, logits, np.zeros(len(labels), np.intp), patients=predictions.patient_ids)
    if not telling.strongest or whole is None:
        undefined = model.why_null if model.value is None else telling.together.why_null
        nothing = Estimate(None, why_null=undefined or "no fact tells it better than guessing")
        return FindingShortcuts(name, telling, model, nothing, None, nothing)
    strata = cross([here[fact] for fact in telling.strongest])
    alike = compare_within(labels, logits, strata, patients=predictions.patient_ids)
    within = alike.estimate() if alike else Estimate(None, why_null=NO_PAIRS)
    share = alike.n_pairs / whole.n_pairs if alike else 0.0
    return FindingShortcuts(name, telling, model, within, share, _lose(whole, alike, within))


def _lose(whole: ComparedPairs, alike: ComparedPairs | None, within: Estimate) -> Estimate:
    """The AUROC of all pairs less that of the pairs within strata."""
    if alike is None or within.low is None:
        return Estimate(None, why_null=within.why_null)
    return compare_areas(whole, alike)[0]
