"""How often the dose planner errs, and how near it comes to the limit, on studies drawn from films with a known answer.

Run: python -m docs.dose_study RUN DATASET [--split all] [--studies 1000] [--patients 100 200 …] [--doses 0.5 0.25 …]
  or python -m docs.dose_study FOLDER --noise 0.3 [--finding Effusion] …
  or python -m docs.dose_study FOLDER --vanish 0.01 [--finding Effusion] …

All films of the split are exposed at every dose once and for all; they are the population, and what AUROC loses among
them is the truth. A study draws patients from them with replacement, all films and exposures of each, and is planned as
xray-eval plans. An answer is wrong if it says safe of a dose that truly costs the margin or more, or not safe of one
that truly costs less.

With --noise no film is exposed: FOLDER is one that xray-eval wrote, and Gaussian noise is added to its logits, of that
σ at half the dose, and of σ · √((1 − d) / d) at d, as quantum noise would do to a linear reader. With --vanish a few
lose everything instead of all a little: at half the dose the finding cannot be seen any more in that share of the
patients who have it, at d in (1 − d) / d of it, and their films get the scores of others without it.

Three tables: with the margin that is asked for; with the margin set to what each dose truly costs, so that to call that
dose safe is wrong and nothing is harder to see; and how near the planned limit comes to the true one.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xray_resnet.cli.common import show_progress
from xray_resnet.evaluation.dose_options import DoseOptions
from xray_resnet.evaluation.evaluate import gather_evidence
from xray_resnet.evaluation.evidence import Chance
from xray_resnet.evaluation.exposures import expose
from xray_resnet.evaluation.predictions import read_predictions
from xray_resnet.evaluation.subject import open_subject
from xray_resnet.metrics.bootstrap import number_patients
from xray_resnet.metrics.clustered import Variation, subtract
from xray_resnet.metrics.dose_limit import Crossing, find_crossing, vary_doses
from xray_resnet.metrics.noninferiority import VANISHED, judge_sequence
from xray_resnet.metrics.ranking_intervals import Intervals, bound_differences

Floats = NDArray[np.float64]
PATIENTS = (50, 100, 200, 400, 800, 1600, 3200)
NEAR = 0.2
"""Of the true limit: what counts as near it."""


@dataclass(frozen=True)
class Population:
    """The films of one finding, ordered by patient.

    Attributes:
        labels: (N,) of 1, 0 or NaN.
        full: (N,) logits at full dose.
        reduced: (D, R, N) logits of the exposures at each dose.
        patients: (N,) numbers 0 … P - 1, rising.
    """

    labels: Floats
    full: Floats
    reduced: Floats
    patients: NDArray[np.intp]

    def draw(self, count: int, *, generator: np.random.Generator) -> "Population":
        """As many patients, with replacement; one who is drawn twice is two."""
        sizes = np.bincount(self.patients)
        chosen = generator.integers(len(sizes), size=count)
        starts, counts = (np.cumsum(sizes) - sizes)[chosen], sizes[chosen]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        films, who = np.repeat(starts, counts) + within, np.repeat(np.arange(count), counts)
        return Population(self.labels[films], self.full[films], self.reduced[..., films], who)

    def differ(self) -> Variation:
        """AUROC at each dose less that at full dose."""
        before, after = vary_doses(self.labels, self.full, self.reduced, patients=self.patients)
        return subtract(after, before)


@dataclass(frozen=True)
class Study:
    """One study.

    Attributes:
        with_finding: Patients.
        values: (D,) differences of AUROC.
        intervals: Theirs.
    """

    with_finding: int
    values: Floats
    intervals: Intervals


def main(arguments: Sequence[str]) -> int:
    """Prints the tables; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run; else the folder of an evaluation")
    parser.add_argument("dataset", type=Path, nargs="?", help="of the films of a run")
    parser.add_argument("--noise", type=float, help="σ that is added to logits at half the dose")
    parser.add_argument("--vanish", type=float, help="share of the patients with it whose finding half the dose hides")
    parser.add_argument("--finding", help="this one alone")
    parser.add_argument("--split", default="all")
    parser.add_argument("--studies", type=int, default=1000, help="of each size")
    parser.add_argument("--patients", type=int, nargs="+", default=PATIENTS, help="of a study")
    parser.add_argument("--margin", type=float, default=DoseOptions().margin)
    parser.add_argument("--doses", type=float, nargs="+", default=DoseOptions().doses, help="to try, falling")
    parser.add_argument("--repeats", type=int, default=DoseOptions().repeats, help="exposures at each dose")
    asked = parser.parse_args(arguments)
    options = DoseOptions(asked.margin, tuple(asked.doses), asked.repeats)
    if mistakes := [*options.list_mistakes()]:
        parser.error(mistakes[0])
    populations = (
        read_populations(asked.run, asked.dataset, asked.split, options)
        if asked.dataset
        else model_populations(asked.run, options, noise=asked.noise or 0.0, vanish=asked.vanish or 0.0)
    )
    rows = [
        (name, truth, count, run_studies(population, count, studies=asked.studies))
        for name, population in populations
        if asked.finding in (None, name)
        for truth in [population.differ().values]
        for count in asked.patients
    ]
    print(*tell_truth(rows, options), *tell_answers(rows, options), sep="\n")
    print(*tell_hardest(rows, options), *tell_limits(rows, options), sep="\n")
    return 0


Rows = Sequence[tuple[str, Floats, int, Sequence[Study]]]
"""Finding, its true differences (D,), patients of a study, studies."""


def read_populations(run: Path, dataset: Path, split: str, options: DoseOptions) -> Iterator[tuple[str, Population]]:
    """Asks the network, unless its answers are kept."""
    subject = open_subject(run, dataset=dataset, split=split, precision="auto", treatment="refuse")
    evidence = gather_evidence(subject, Chance(resamples=1), show=show_progress)
    exposures, predictions = expose(evidence, options), evidence.predictions
    patients = number_patients(predictions.patient_ids)
    order = np.argsort(patients, kind="stable")
    for place, name in enumerate(evidence.findings):
        full, reduced = exposures.full[order, place], exposures.reduced[..., order, place]
        yield name, Population(predictions.labels[order, place], full, reduced, patients[order])


def model_populations(
    folder: Path, options: DoseOptions, *, noise: float, vanish: float
) -> Iterator[tuple[str, Population]]:
    """From the logits of an evaluation, with noise that is added to them, and findings that vanish."""
    predictions = read_predictions(folder)
    patients, generator = number_patients(predictions.patient_ids), np.random.default_rng(0)
    order = np.argsort(patients, kind="stable")
    doses = np.array(options.doses)[:, None, None]
    for place, name in enumerate(predictions.findings):
        labels, full = predictions.labels[order, place], predictions.logits[order, place].astype(np.float64)
        added = generator.normal(size=(len(doses), options.repeats, len(full)))
        is_gone = (generator.random(patients.max() + 1)[patients[order]] < vanish * (1 - doses) / doses) & (labels == 1)
        left = np.where(is_gone, generator.choice(full[labels == 0], len(full)), full)
        yield name, Population(labels, full, left + noise * np.sqrt((1 - doses) / doses) * added, patients[order])


def run_studies(population: Population, count: int, *, studies: int) -> list[Study]:
    """Studies of so many patients; the n-th draws the same patients for every finding."""
    return [
        Study(differences.patients[0], differences.values, bound_differences(differences, jump=VANISHED))
        for seed in range(studies)
        for differences in [population.draw(count, generator=np.random.default_rng([count, seed])).differ()]
    ]


def tell_truth(rows: Rows, options: DoseOptions) -> Iterator[str]:
    """What each dose truly costs, and where the limit lies."""
    yield from _head("finding", *(f"{dose:g}" for dose in options.doses), "limit")
    for name, truth in {name: truth for name, truth, *_ in rows}.items():
        limit = locate(truth, exact(truth), options.doses, options.margin).value
        yield _row(name, *(f"{value:+.4f}" for value in truth), _dose(limit, options))


def tell_answers(rows: Rows, options: DoseOptions) -> Iterator[str]:
    """Shares of studies: wrong answers, and those that cannot tell of a dose."""
    yield from _head(
        "finding", "patients", "with it", "wrongly safe", "wrongly not safe", f"cannot tell of {options.doses[0]:g}",
        "doses undecided", "lowest safe dose, median",
    )  # fmt: skip
    for name, truth, count, studies in rows:
        verdicts = np.array([judge_sequence(study.intervals, margin=options.margin) for study in studies])
        wrongly_safe = (verdicts[:, truth <= -options.margin] == "safe").any(axis=1)
        wrongly_unsafe = (verdicts[:, truth > -options.margin] == "not safe").any(axis=1)
        undecided = verdicts == "cannot tell"
        shown = np.sum(verdicts == "safe", axis=1)
        median = int(np.median(shown))
        yield _row(
            name, count, f"{np.mean([study.with_finding for study in studies]):.0f}",
            f"{wrongly_safe.mean():.3f}", f"{wrongly_unsafe.mean():.3f}", f"{undecided[:, 0].mean():.3f}",
            f"{undecided.mean():.3f}", f"{options.doses[median - 1]:g}" if median else "none",
        )  # fmt: skip


def tell_hardest(rows: Rows, options: DoseOptions) -> Iterator[str]:
    """Wrongly safe where the margin is what a dose truly costs, for each dose that costs a hundredth at least."""
    yield from _head("finding", "patients", *(f"{dose:g}" for dose in options.doses))
    for name, truth, count, studies in rows:
        shares = [
            f"{np.mean([judge_sequence(study.intervals, margin=-cost)[place] == 'safe' for study in studies]):.3f}"
            if cost <= -0.01
            else "–"
            for place, cost in enumerate(truth)
        ]
        yield _row(name, count, *shares)


def tell_limits(rows: Rows, options: DoseOptions) -> Iterator[str]:
    """Shares of studies whose limit is near the true one, and whose interval holds it."""
    yield from _head("finding", "true limit", "patients", "with it", "median limit", "within 20 %", "interval holds it")
    for name, truth, count, studies in rows:
        true = locate(truth, exact(truth), options.doses, options.margin).value
        if true is None:
            continue
        planned = [locate(study.values, study.intervals, options.doses, options.margin) for study in studies]
        values = np.array([limit.value or 0.0 for limit in planned])
        holds = [(limit.low or 0.0) <= true <= (limit.high or 0.0) for limit in planned]
        yield _row(
            name, f"{true:.2g}", count, f"{np.mean([study.with_finding for study in studies]):.0f}",
            f"{np.median(values):.2g}", f"{(np.abs(values / true - 1) <= NEAR).mean():.3f}", f"{np.mean(holds):.3f}",
        )  # fmt: skip


def locate(values: Floats, intervals: Intervals, doses: Sequence[float], margin: float) -> Crossing:
    """Where the limit lies, as `find_dose_limit` says it."""
    return find_crossing(values, intervals, doses=doses, margin=margin)


def exact(values: Floats) -> Intervals:
    """Intervals of what is known."""
    return Intervals(values, values, [None] * len(values))


def _dose(value: float | None, options: DoseOptions) -> str:
    return f"below {options.doses[-1]:g}" if value is None else f"{value:.2g}"


def _head(*names: str) -> list[str]:
    return ["", _row(*names), "|---" * len(names) + "|"]


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
