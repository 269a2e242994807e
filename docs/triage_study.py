"""How often a triage breaks its promise on real answers: shares of resplits beside δ, and the share of films decided.

Run: python -m docs.triage_study [--limit 0.9] [--resplits 1000] FOLDER[,FOLDER…] …

A folder is one that xray-eval wrote; folders joined by a comma (the splits of one run) are one cohort. Its patients are
split at random into those that calibrate and the rest, again and again. All patients of the cohort are the population
from which calibration patients are drawn, so that what is promised is known: the value among all. The value among the
rest differs from it by the chance of the rest, too.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.predictions import read_predictions
from xray_resnet.metrics.bootstrap import number_patients
from xray_resnet.metrics.triage import make_triage
from xray_resnet.triage import Edge, Measure, Promise, Triage

Floats = NDArray[np.float64]
COLUMNS = (
    "data", "finding", "what is promised", "δ", "given", "films decided",
    "broken, all patients", "broken, every film alike", "broken, the rest",
)  # fmt: skip
WORDS: dict[Measure, tuple[str, str]] = {
    "predictive value": ("PPV ≥", "NPV ≥"),
    "error rate": ("negatives ruled in ≤", "positives ruled out ≤"),
}


@dataclass(frozen=True)
class Cohort:
    """The assessed films of one finding.

    Attributes:
        labels: (N,) of 1 and 0.
        logits: (N,).
        patients: (N,) numbers 0 … P - 1.
    """

    labels: Floats
    logits: Floats
    patients: NDArray[np.intp]

    @property
    def weights(self) -> Floats:
        """(N,) of a film drawn at random from a patient drawn at random."""
        return 1 / np.bincount(self.patients)[self.patients]

    def __getitem__(self, films: NDArray[np.bool_]) -> "Cohort":
        return Cohort(self.labels[films], self.logits[films], self.patients[films])


@dataclass(frozen=True)
class Outcome:
    """One side of a triage on one resplit; what was not promised is not broken.

    Attributes:
        given: Whether there is a threshold.
        decided: Share of the films of the rest beyond it.
        broken: Whether the value breaks the limit among all patients, if every film counts alike, and among the rest.
    """

    given: bool
    decided: float
    broken: tuple[bool, bool, bool]


def main(arguments: Sequence[str]) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calibration", type=float, default=0.5, help="share of the patients that calibrate")
    parser.add_argument("--limit", type=float, default=0.9, help="of predictive values; 1 - limit of error rates")
    parser.add_argument("--confidence", type=float, default=0.9, help="of every promise")
    parser.add_argument("--resplits", type=int, default=1000, help="how many")
    parser.add_argument("folders", nargs="+", help="of evaluations, those of one run joined by a comma")
    options = parser.parse_args(arguments)
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    for folders in options.folders:
        for finding, cohort in read_cohorts([Path(folder) for folder in folders.split(",")]):
            for measure in get_args(Measure):
                limit = options.limit if measure == "predictive value" else round(1 - options.limit, 9)
                promise = Promise(measure, limit, options.confidence)
                sides = study(cohort, promise, share=options.calibration, resplits=options.resplits)
                for word, outcomes in zip(WORDS[measure], sides, strict=True):
                    name = Path(folders.split(",")[0]).name.rsplit("-", 1)[0]
                    print(format_row([name, finding, f"{word} {promise.limit:g}"], promise, outcomes), flush=True)
    return 0


def read_cohorts(folders: Sequence[Path]) -> Iterator[tuple[str, Cohort]]:
    """Findings with their films of all folders."""
    splits = [read_predictions(folder) for folder in folders]
    patients = np.concatenate([split.patient_ids for split in splits])
    for column, finding in enumerate(splits[0].findings):
        labels = np.concatenate([split.labels[:, column] for split in splits]).astype(np.float64)
        logits = np.concatenate([split.logits[:, column] for split in splits]).astype(np.float64)
        kept = ~np.isnan(labels)
        yield finding, Cohort(labels[kept], logits[kept], number_patients(patients[kept]))


def study(cohort: Cohort, promise: Promise, *, share: float, resplits: int) -> tuple[list[Outcome], list[Outcome]]:
    """Outcomes of ruling in and of ruling out in each resplit.

    Args:
        cohort: The population.
        promise: Made to both sides.
        share: Of the patients that calibrate.
        resplits: How many; the n-th is the same for every finding and promise.
    """
    inside, outside = [], []
    for seed in range(resplits):
        generator = np.random.default_rng(seed)
        people = generator.permutation(int(cohort.patients.max()) + 1)
        chosen = np.isin(cohort.patients, people[: round(share * len(people))])
        calibrating, rest = cohort[chosen], cohort[~chosen]
        triage = make_triage(
            calibrating.labels,
            calibrating.logits,
            patients=calibrating.patients,
            rule_in=promise,
            rule_out=promise,
            generator=generator,
        )
        inside.append(judge(triage, triage.rule_in, 1, cohort, rest))
        outside.append(judge(triage, triage.rule_out, 0, cohort, rest))
    return inside, outside


def judge(triage: Triage, edge: Edge, decision: int, everyone: Cohort, rest: Cohort) -> Outcome:
    """What became of one side, decided as 1 (ruled in) or 0 (ruled out)."""
    values = [
        count_errors(triage, edge.promise, decision, films, weights)
        for films, weights in (
            (everyone, everyone.weights),
            (everyone, np.ones(len(everyone.labels))),
            (rest, rest.weights),
        )
    ]
    broken = [edge.logit is not None and value > edge.promise.most_errors + 1e-12 for value in values]
    decided = float((triage(rest.logits) == decision).mean())
    return Outcome(edge.logit is not None, decided, (broken[0], broken[1], broken[2]))


def count_errors(triage: Triage, promise: Promise, decision: int, films: Cohort, weights: Floats) -> float:
    """The share of errors that the promise bounds; 0 if no film counts."""
    called, wrong = triage(films.logits) == decision, films.labels != decision
    counted = called if promise.measure == "predictive value" else wrong
    total = float(weights[counted].sum())
    return float(weights[called & wrong].sum()) / total if total else 0.0


def format_row(names: Sequence[str], promise: Promise, outcomes: Sequence[Outcome]) -> str:
    """One row: shares of the resplits, and the mean share of films decided."""
    broken = np.mean([outcome.broken for outcome in outcomes], axis=0)
    given, decided = (np.mean([getattr(outcome, name) for outcome in outcomes]) for name in ("given", "decided"))
    cells = [*names, f"{promise.delta:.2g}", *(f"{share:.3f}" for share in (given, decided, *broken))]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
