"""Two models on the same images: paired differences of AUROC with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xray_resnet.errors import UserError
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.evaluation.predictions import Predictions, read_predictions
from xray_resnet.findings import positions
from xray_resnet.metrics import (
    Aurocs,
    Estimate,
    PairedTest,
    correct_p_values,
    estimate_aurocs,
    estimate_paired_difference,
    paired_test,
)
from xray_resnet.metrics.paired import PERMUTATIONS


@dataclass(frozen=True)
class Comparison:
    """The second evaluation against the first.

    Attributes:
        findings: Names of the findings that both have.
        n_images: Images that both predicted.
        n_patients: Their patients.
        first: AUROC of the first.
        second: AUROC of the second.
        difference: Second minus first.
        tests: The paired test of each finding, from the same standard error as the interval of the difference.
        p_values: Of the tests, corrected over the findings (Holm); None if there is nothing to test.
    """

    findings: tuple[str, ...]
    n_images: int
    n_patients: int
    first: Aurocs
    second: Aurocs
    difference: Aurocs
    tests: tuple[PairedTest | None, ...]
    p_values: tuple[float | None, ...]

    @property
    def rows(self) -> list[tuple[str, Estimate, Estimate, Estimate, float | None]]:
        """Name, first, second, difference and p-value of each finding, then of the macro average, which has none."""
        return [
            *zip(
                [*self.findings, "macro"],
                [*self.first.findings, self.first.macro],
                [*self.second.findings, self.second.macro],
                [*self.difference.findings, self.difference.macro],
                [*self.p_values, None],
                strict=True,
            )
        ]

    def to_json(self) -> dict[str, Any]:
        """The content of comparison.json."""
        rows = {
            name: {
                "first": estimate_to_json(first),
                "second": estimate_to_json(second),
                "difference": estimate_to_json(difference),
                "p_value": p_value,
            }
            for name, first, second, difference, p_value in self.rows
        }
        macro = rows.pop("macro")
        return {"n_images": self.n_images, "n_patients": self.n_patients, "findings": rows, "macro": macro}


def compare(first: Path, second: Path, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Comparison:
    """Compares two evaluation folders (`RUN/eval/<dataset>-<split>`) over the same images.

    Args:
        first: The evaluation to compare with.
        second: The evaluation that is compared.
        permutations: Exchanges of the two in tests of findings with too few patients for another test.
        seed: Of the exchanges.

    Raises:
        UserError: if the images, their labels or all the findings differ.
    """
    one, other = read_predictions(first), read_predictions(second)
    findings = tuple(name for name in one.findings if name in other.findings)
    _check_same_images(one, other, findings, f"{first} and {second}")
    before, after = positions(one.findings, findings), positions(other.findings, findings)
    labels, patients = one.labels[:, before], one.patient_ids
    scores = one.logits[:, before], other.logits[:, after]
    tests = tuple(
        paired_test(
            labels[:, finding],
            *(each[:, finding] for each in scores),
            patients=patients,
            generator=np.random.default_rng((seed, finding)),
            permutations=permutations,
        )
        for finding in range(len(findings))
    )
    return Comparison(
        findings=findings,
        n_images=len(one.image_ids),
        n_patients=len(np.unique(patients)),
        first=estimate_aurocs(labels, scores[0], patients=patients),
        second=estimate_aurocs(labels, scores[1], patients=patients),
        difference=estimate_paired_difference(labels, *scores, patients=patients),
        tests=tests,
        p_values=tuple(correct_p_values([None if test is None else test.p_value for test in tests])),
    )


def format_comparison(comparison: Comparison, *, names: Sequence[str] = ("first", "second")) -> str:
    """The comparison as a Markdown table: one row per finding, then the macro average."""
    head = f"| finding | {names[0]} | {names[1]} | difference (95 %) | p (Holm) |\n|---|---|---|---|---|"
    rows = [
        f"| {name} | {_number(a)} | {_number(b)} | {format_interval(d)} | {_p_value(p)} |"
        for name, a, b, d, p in comparison.rows
    ]
    return "\n".join([head, *rows])


def _check_same_images(one: Predictions, other: Predictions, findings: tuple[str, ...], where: str) -> None:
    if not findings:
        raise UserError(
            f"{where}: no finding in common, {', '.join(one.findings)} against {', '.join(other.findings)}; "
            "compare models of the same findings"
        )
    if not np.array_equal(one.image_ids, other.image_ids):
        shared = len(np.intersect1d(one.image_ids, other.image_ids))
        raise UserError(
            f"{where}: {len(one.image_ids)} and {len(other.image_ids)} images, {shared} of them the same; "
            "evaluate both on the same dataset and split"
        )
    before, after = positions(one.findings, findings), positions(other.findings, findings)
    if not np.array_equal(one.states[:, before], other.states[:, after]):
        raise UserError(f"{where}: the labels of the same images differ; evaluate both on the same dataset")


def format_interval(estimate: Estimate, *, signed: bool = True) -> str:
    """A figure with its interval, or why it has none.

    Args:
        estimate: Of an AUROC, or of a difference.
        signed: Whether a plus stands before what is above 0.
    """
    form = "+.3f" if signed else ".3f"
    if estimate.value is None:
        return f"– ({estimate.why_null})"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:{form}} ({estimate.why_null})"
    return f"{estimate.value:{form}} ({estimate.low:{form}} … {estimate.high:{form}})"


def _number(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{estimate.value:.3f}"


def _p_value(p_value: float | None) -> str:
    return "–" if p_value is None else f"{p_value:.2g}"
