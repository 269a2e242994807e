"""How often the intervals of ranking metrics cover the truth, and how often the paired test finds what is not there.

Run: python -m docs.coverage [--quick] [--all] [--output coverage.csv]

Scores are normal; patients with the finding and without it have one or several images, which share part of their
score. Each cell is simulated with its own seed. Cells are kept in the output file, and what is there is not simulated
again, so that the command goes on where it was interrupted. Of hundreds of cells the worst owe most of that to chance:
those that look bad are simulated again, with more runs and other seeds, and these count. The table has the lowest and
the highest share of intervals that cover, over all cells with so many patients and such a spread (standard deviation of
the scores with the finding, in that without it); runs without an interval count neither way.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from xray_resnet.metrics import Estimate, estimate_aurocs, estimate_paired_difference
from xray_resnet.metrics.clustered import Variation, subtract
from xray_resnet.metrics.components import (
    differentiate_auroc,
    differentiate_average_precision,
    differentiate_partial_auroc,
)
from xray_resnet.metrics.ranking_intervals import (
    Intervals,
    bound_aurocs,
    bound_differences,
    bound_partial_aurocs,
    bound_shares,
    compute_p_values,
    standardise,
    why_few,
)

Floats = NDArray[np.float64]

WITH, WITHOUT = (5, 10, 20, 40, 100), (75, 300)
AREAS = (0.6, 0.75, 0.9, 0.95, 0.98)
PAIRS = ((0.6, 0.6), (0.8, 0.8), (0.95, 0.95), (0.8, 0.9), (0.9, 0.98), (0.95, 0.98))
AVERAGED = ((0.95, 0.95), (0.8, 0.9))
LIKENESS = (0.3, 0.9)
"""Correlations of two models' scores of an image."""
MAX_FPR = 0.1
MOST_ERRORS, LEAST_COVERED = 0.05, 0.945
"""Beyond these a cell is simulated again."""
_BLOCK = 1000
"""Runs at once, by memory."""
FINDINGS = 4
"""Of a macro average; the first is the rarest."""
AUROC, MACRO, PARTIAL, PRECISION = "AUROC", "macro AUROC", "partial AUROC", "average precision"
DIFFERENCE, MACRO_DIFFERENCE, ERROR = "difference", "macro difference", "type I error"
SHOWN = (AUROC, MACRO, DIFFERENCE, MACRO_DIFFERENCE, PRECISION, PARTIAL, ERROR)


@dataclass(frozen=True)
class Images:
    """What images the patients have.

    Attributes:
        fewest: Of a patient.
        most: Of a patient; the patients' numbers are equally spaced on a logarithmic scale.
        resemblance: Share of the variance of scores that the images of a patient have in common.
        spread: Standard deviation of the scores with the finding; 1 without it.
    """

    fewest: int
    most: int
    resemblance: float
    spread: float = 1.0

    def count(self, patients: int) -> NDArray[np.intp]:
        """How many each patient has."""
        return np.rint(np.geomspace(self.fewest, self.most, patients)).astype(np.intp)

    def __str__(self) -> str:
        """In words, for the file of the cells."""
        number = f"{self.fewest}" if self.fewest == self.most else f"{self.fewest} to {self.most}"
        return f"{number}; resemblance {self.resemblance:g}; spread {self.spread:g}"


IMAGES = (Images(1, 1, 0), Images(4, 4, 0.5), Images(1, 4, 0.8), Images(1, 16, 0.5), Images(4, 4, 0.5, spread=2))


@dataclass(frozen=True)
class Cohort:
    """Patients with a finding and without it.

    Attributes:
        having: How many have it.
        lacking: How many do not.
        images: What images they have.
    """

    having: int
    lacking: int
    images: Images

    @property
    def patients(self) -> NDArray[np.intp]:
        """(N,) number of each image's patient; those with the finding come first."""
        counts = [self.images.count(self.having), self.images.count(self.lacking)]
        return np.repeat(np.arange(self.having + self.lacking), np.concatenate(counts))

    @property
    def labels(self) -> Floats:
        """(N,) of 1 and 0."""
        return (self.patients < self.having).astype(np.float64)

    def draw(self, models: int, runs: int, *, likeness: float, generator: np.random.Generator) -> Floats:
        """Scores (models, runs, N) of models that know nothing.

        Args:
            models: How many; any two correlate.
            runs: How many times each.
            likeness: Their correlation.
            generator: Draws them.
        """
        who, share = self.patients, self.images.resemblance

        def draw(count: int) -> Floats:
            common, own = generator.normal(size=(1, runs, count)), generator.normal(size=(models, runs, count))
            return np.sqrt(likeness) * common + np.sqrt(1 - likeness) * own

        return np.sqrt(share) * draw(self.having + self.lacking)[..., who] + np.sqrt(1 - share) * draw(len(who))

    def raise_scores(self, scores: Floats, labels: Floats, area: float) -> Floats:
        """Scores (…, N) of a model that knows nothing to those of one with an AUROC for labels (N,)."""
        spread = np.where(labels == 1, self.images.spread, 1.0)
        return np.asarray(scores * spread + self.shift(area) * labels)

    def shift(self, area: float) -> float:
        """How much higher scores with the finding are on average."""
        return float(norm.ppf(area) * np.hypot(1, self.images.spread))

    def true_precision(self, area: float) -> float:
        """Average precision of all images of such patients, at the prevalence of the cohort."""
        prevalence = float(self.labels.mean())
        scores = self.images.spread * np.linspace(-9, 9, 20001) + self.shift(area)
        density = norm.pdf(scores, self.shift(area), self.images.spread)
        hits = prevalence * norm.sf(scores, self.shift(area), self.images.spread)
        return float(np.trapezoid(density * hits / (hits + (1 - prevalence) * norm.sf(scores)), scores))

    def true_partial_auroc(self, area: float) -> float:
        """Standardised area under the ROC curve up to `MAX_FPR`."""
        rates = MAX_FPR * (np.arange(20000) + 0.5) / 20000
        share = norm.sf(norm.isf(rates), self.shift(area), self.images.spread).mean()
        return float(standardise(share, max_fpr=MAX_FPR))


@dataclass(frozen=True)
class Cell:
    """What was found in one cell.

    Attributes:
        what: The interval, or `type I error`.
        having: Patients with the finding.
        lacking: Patients without it.
        images: Of a patient.
        truth: AUROC of the models, and how alike two are.
        given: Share of the runs with an interval, or with a test.
        share: Of those, that cover the truth, or in which the test rejects; NaN without any.
        width: Mean width; NaN without any.
    """

    what: str
    having: int
    lacking: int
    images: str
    truth: str
    given: float
    share: float
    width: float

    @property
    def key(self) -> tuple[str, int, int, str, str]:
        """What sets it apart from all others."""
        return self.what, self.having, self.lacking, self.images, self.truth

    @property
    def looks_bad(self) -> bool:
        """Whether it covers too rarely, or errs too often, be it by chance."""
        return self.share > MOST_ERRORS if self.what == ERROR else self.share < LEAST_COVERED

    @property
    def spread(self) -> str:
        """Of the scores with the finding."""
        return self.images.rsplit(maxsplit=1)[-1]


def main(arguments: Sequence[str]) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="simulations of each cell; half of macro averages")
    parser.add_argument("--again", type=int, default=10_000, help="simulations of cells that look bad")
    parser.add_argument("--quick", action="store_true", help="100 simulations")
    parser.add_argument("--all", action="store_true", help="print every cell, too")
    parser.add_argument("--output", type=Path, default=Path("coverage.csv"), help="where the cells are kept")
    options = parser.parse_args(arguments)
    cohorts = [Cohort(*sizes) for sizes in product(WITH, WITHOUT, IMAGES)]
    runs, again = (100, 1000) if options.quick else (options.runs, options.again)
    cells = simulate_all(cohorts, options.output, runs=runs)
    cells = simulate_bad(cohorts, cells, options.output.with_suffix(".again.csv"), runs=again)
    if options.all:
        print("\n".join(", ".join(map(str, astuple(cell))) for cell in cells) + "\n")
    print(format_table(cells))
    return 0


def simulate_all(cohorts: Iterable[Cohort], output: Path, *, runs: int) -> list[Cell]:
    """Every cell of the cohorts; those that the output file lacks are simulated and added to it."""
    cells = read_cells(output)
    done = {(cell.having, cell.lacking, cell.images, cell.truth) for cell in cells}
    for cohort in cohorts:
        for truth, simulate in _list_simulations(cohort, runs):
            if (cohort.having, cohort.lacking, str(cohort.images), truth) not in done:
                found = [*simulate(truth)]
                _append(output, found)
                cells += found
    return cells


def simulate_bad(cohorts: Iterable[Cohort], cells: Sequence[Cell], output: Path, *, runs: int) -> list[Cell]:
    """The cells, those that look bad replaced by new ones of more runs; the output file keeps these."""
    bad = {cell.key for cell in cells if cell.looks_bad}
    again = read_cells(output)
    left = {key[1:] for key in bad} - {cell.key[1:] for cell in again}
    for cohort in cohorts:
        blocks = [[*_list_simulations(cohort, _BLOCK, block=block)] for block in range(1, runs // _BLOCK + 1)]
        for same in zip(*blocks, strict=True):
            truth = same[0][0]
            if (cohort.having, cohort.lacking, str(cohort.images), truth) in left:
                found = [*map(_pool, zip(*(simulate(truth) for _, simulate in same), strict=True))]
                _append(output, found)
                again += found
    replaced = {cell.key: cell for cell in again if cell.key in bad}
    return [replaced.get(cell.key, cell) for cell in cells]


def _pool(cells: Sequence[Cell]) -> Cell:
    """One cell of several that were simulated alike."""
    given = np.array([cell.given for cell in cells])
    if not given.any():
        return cells[0]
    share, width = (
        float(np.average([getattr(cell, name) for cell in cells], weights=given)) for name in ("share", "width")
    )
    return replace(cells[0], given=float(given.mean()), share=round(share, 4), width=width)


def _list_simulations(
    cohort: Cohort, runs: int, *, block: int = 0
) -> Iterator[tuple[str, Callable[[str], Iterator[Cell]]]]:
    """What is true, in words, and what simulates it; each block has seeds of its own."""
    for area in AREAS:
        yield f"{area:g}", partial(simulate_one, cohort, area, runs, block=block)
    for pair, likeness in product(PAIRS, LIKENESS):
        truth = f"{pair[0]:g} and {pair[1]:g}; likeness {likeness:g}"
        yield truth, partial(simulate_two, cohort, pair, likeness, runs, block=block)
    for pair in AVERAGED if cohort.images in IMAGES[:2] else ():
        truth = f"mean of {FINDINGS}; {pair[0]:g} and {pair[1]:g}"
        yield truth, partial(simulate_averages, cohort, pair, runs // 2, block=block)


def simulate_one(cohort: Cohort, area: float, runs: int, truth: str, *, block: int = 0) -> Iterator[Cell]:
    """AUROC, average precision and partial AUROC of one model."""
    labels = cohort.labels
    (scores,) = cohort.raise_scores(
        cohort.draw(1, runs, likeness=0, generator=_seed(cohort, truth, block)), labels, area
    )
    vary = partial(Variation.of, labels=labels, scores=scores, patients=cohort.patients)
    parts = vary(partial(differentiate_partial_auroc, max_fpr=MAX_FPR))
    yield _judge(AUROC, cohort, truth, bound_aurocs(vary(differentiate_auroc)), area)
    precision = bound_shares(vary(differentiate_average_precision))
    yield _judge(PRECISION, cohort, truth, precision, cohort.true_precision(area))
    yield _judge(PARTIAL, cohort, truth, bound_partial_aurocs(parts, max_fpr=MAX_FPR), cohort.true_partial_auroc(area))


def simulate_two(
    cohort: Cohort, pair: Sequence[float], likeness: float, runs: int, truth: str, *, block: int = 0
) -> Iterator[Cell]:
    """The difference of two models, and the test of two that are equally good."""
    labels, drawn = cohort.labels, cohort.draw(2, runs, likeness=likeness, generator=_seed(cohort, truth, block))
    first, second = (
        Variation.of(differentiate_auroc, labels, cohort.raise_scores(scores, labels, area), patients=cohort.patients)
        for scores, area in zip(drawn, pair, strict=True)
    )
    differences = subtract(second, first)
    yield _judge(DIFFERENCE, cohort, truth, bound_differences(differences), pair[1] - pair[0])
    if pair[0] == pair[1]:
        p_values = np.full(runs, np.nan) if why_few(differences) else compute_p_values(differences)
        yield _count(ERROR, cohort, truth, np.isfinite(p_values), p_values < 0.05, p_values)


def simulate_averages(
    cohort: Cohort, pair: Sequence[float], runs: int, truth: str, *, block: int = 0
) -> Iterator[Cell]:
    """The mean AUROC of one model over several findings, and its difference from another's."""
    labels = spread_findings(cohort)
    drawn = cohort.draw(2 * FINDINGS, runs, likeness=0.5, generator=_seed(cohort, truth, block))
    drawn = drawn.reshape(2, FINDINGS, runs, -1).transpose(0, 2, 3, 1)
    first, second = (
        np.stack([cohort.raise_scores(scores[..., f], labels[:, f], area) for f in range(FINDINGS)], axis=-1)
        for scores, area in zip(drawn, pair, strict=True)
    )
    means = [estimate_aurocs(labels, scores, patients=cohort.patients).macro for scores in first]
    differences = [
        estimate_paired_difference(labels, *both, patients=cohort.patients).macro
        for both in zip(first, second, strict=True)
    ]
    yield _judge(MACRO, cohort, truth, _gather(means), pair[0])
    yield _judge(MACRO_DIFFERENCE, cohort, truth, _gather(differences), pair[1] - pair[0])


def spread_findings(cohort: Cohort) -> Floats:
    """Labels (N, FINDINGS): the first finding is that of the cohort, the next have two, three … times the patients."""
    people = cohort.having + cohort.lacking
    counts = [cohort.having, *(min(cohort.having * times, people // 2) for times in range(2, FINDINGS + 1))]
    places = (cohort.patients[:, None] - np.arange(FINDINGS) * people // FINDINGS) % people
    return (places < counts).astype(np.float64)


def _gather(estimates: Sequence[Estimate]) -> Intervals:
    ends = np.array([[np.nan if end is None else end for end in (each.low, each.high)] for each in estimates])
    return Intervals(ends[:, 0], ends[:, 1], [each.why_null for each in estimates])


def _judge(what: str, cohort: Cohort, truth: str, intervals: Intervals, value: float) -> Cell:
    """How often the intervals hold the value."""
    low, high = intervals.low, intervals.high
    return _count(what, cohort, truth, np.isfinite(low), (low <= value) & (value <= high), high - low)


def _count(
    what: str, cohort: Cohort, truth: str, given: NDArray[np.bool_], counted: NDArray[np.bool_], widths: Floats
) -> Cell:
    share, width = (float(of[given].mean()) if given.any() else np.nan for of in (counted, widths))
    return Cell(
        what, cohort.having, cohort.lacking, str(cohort.images), truth, float(given.mean()), round(share, 4), width
    )


def _seed(cohort: Cohort, truth: str, block: int) -> np.random.Generator:
    """The same for one block of one cell, whatever else is simulated."""
    return np.random.default_rng([block, cohort.having, cohort.lacking, *f"{cohort.images} {truth}".encode()])


def read_cells(path: Path) -> list[Cell]:
    """Cells of an earlier run; none if there was none."""
    if not path.exists():
        return []
    kinds = [field.type for field in fields(Cell)]
    with path.open(newline="") as file:
        return [Cell(*(kind(value) for kind, value in zip(kinds, row, strict=True))) for row in csv.reader(file)]  # type: ignore[operator, misc]


def _append(path: Path, cells: Iterable[Cell]) -> None:
    with path.open("a", newline="") as file:
        csv.writer(file).writerows(astuple(cell) for cell in cells)


def format_table(cells: Sequence[Cell]) -> str:
    """The range of coverage by patients with and without the finding and by spread, as a Markdown table."""
    head = "| with | without | spread | " + " | ".join(SHOWN) + " |\n" + "|---" * (3 + len(SHOWN)) + "|"
    rows = dict.fromkeys((cell.spread, cell.having, cell.lacking) for cell in cells)
    lines = [
        " | ".join([f"| {having} | {lacking} | {spread}", *_list_ranges(cells, spread, having, lacking)]) + " |"
        for spread, having, lacking in sorted(rows)
    ]
    return "\n".join([head, *lines])


def _list_ranges(cells: Sequence[Cell], *key: str | int) -> list[str]:
    """Of each interval, over all cells with that spread and so many patients."""
    chosen = [cell for cell in cells if (cell.spread, cell.having, cell.lacking) == key]
    return [_format_range([cell for cell in chosen if cell.what == what]) for what in SHOWN]


def _format_range(cells: Sequence[Cell]) -> str:
    """The lowest and the highest share; a dash if nothing was given."""
    shares = [cell.share for cell in cells if cell.given > 0]
    return f"{min(shares):.3f} to {max(shares):.3f}" if shares else "–"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
