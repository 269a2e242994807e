"""Which test a triage should use: power and validity of four on simulated patients with one to four films.

Run: python -m docs.triage_tests [--runs 200]

Logits are normal, higher by 2.5 in the 30 % of patients with the finding; films of a patient share half of the
variance. All promise a PPV of 0.9 with δ = 0.1 of a film drawn at random from a patient drawn at random:

- one film: one film of each patient, exact binomial, from the fewest films that can show it. What `make_triage` does.
- one film, start by others: a fifth of the patients do not test, but choose the start where their films speak for most.
- betting: all films of a patient, D = Σ (limit - error) / films over those at or above the threshold, never below
  limit - 1; the mean over λ of Π (1 + λ D) is an e-value (Waudby-Smith and Ramdas, JRSS B 86 (2024) 1), and 1 / e its
  p-value.
- Hoeffding–Bentkus: limit - D in [0, 1] of the patients with a film at or above the threshold (Bates et al., Journal of
  the ACM 68 (2021) 43).
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from xray_resnet.metrics.risk_control import Walk, divergence, draw_films
from xray_resnet.metrics.triage import STARTING

Floats = NDArray[np.float64]
PREVALENCE, SHIFT, RESEMBLANCE, MOST_FILMS = 0.3, 2.5, 0.5, 4
LIMIT, DELTA = 0.1, 0.1
SIZES = (200, 400, 1000, 3000)
SCOUTS = 0.2
_BETS = 20

Films = tuple[Floats, Floats, NDArray[np.intp]]
"""Labels, logits and patients, (N,) each."""


def main(arguments: Sequence[str]) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="simulated cohorts of each size")
    runs = parser.parse_args(arguments).runs
    print("| patients | test | given | films ruled in | broken |\n|---|---|---|---|---|")
    for size in SIZES:
        reached = [find_thresholds(size, np.random.default_rng([size, run])) for run in range(runs)]
        for name in reached[0]:
            found = np.array([thresholds[name] for thresholds in reached])
            given, decided, broken = (
                np.isfinite(found).mean(),
                rule_in(found).mean(),
                (true_errors(found) > LIMIT).mean(),
            )
            print(f"| {size} | {name} | {given:.2f} | {decided:.3f} | {broken:.3f} |", flush=True)
    return 0


def find_thresholds(size: int, generator: np.random.Generator) -> dict[str, float]:
    """The threshold by each test on one cohort; infinite if it gives none."""
    films = draw_cohort(size, generator)
    labels, logits, patients = films
    drawn = draw_films(patients, generator=generator)
    scouts, testers = np.split(drawn, [int(np.ceil(SCOUTS * size))])
    scouting = np.isin(patients, patients[scouts])
    chosen = choose_start(Walk.through(labels[scouting], logits[scouting], of_negatives=False))
    walk = Walk.through(labels[drawn], logits[drawn], of_negatives=False)
    fewest = max(int(np.ceil(np.log(DELTA) / np.log(1 - LIMIT))), int(np.ceil(STARTING * size)))
    start = walk.threshold(fewest, start=fewest)
    return {
        "one film": reach(walk.logits, walk.p_values(LIMIT), start=start),
        "one film, start by others": reach(*try_one_film(labels[testers], logits[testers]), start=chosen),
        "betting": reach(*try_by_betting(films), start=start),
        "Hoeffding–Bentkus": reach(*try_by_hoeffding_bentkus(films), start=start),
    }


def choose_start(walk: Walk) -> float:
    """Where the likelihood of these films speaks most for a share of errors below the limit."""
    share = (walk.errors + LIMIT) / (walk.trials + 1)
    evidence = np.sign(LIMIT - share) * walk.trials * divergence(share, LIMIT)
    return float(walk.logits[np.argmax(evidence)])


def draw_cohort(size: int, generator: np.random.Generator) -> Films:
    """Patients with one to four films each."""
    sick = generator.random(size) < PREVALENCE
    patients = np.repeat(np.arange(size), generator.integers(1, MOST_FILMS + 1, size=size))
    own, rest = generator.normal(size=size)[patients], generator.normal(size=len(patients))
    logits = SHIFT * sick[patients] + np.sqrt(RESEMBLANCE) * own + np.sqrt(1 - RESEMBLANCE) * rest
    return sick[patients].astype(np.float64), logits, patients


def reach(thresholds: Floats, p_values: Floats, *, start: float) -> float:
    """The lowest of the falling thresholds before the first from the start on that is not rejected."""
    first = int(np.count_nonzero(thresholds >= start)) - 1
    if first < 0:
        return np.inf
    passed = int(np.cumprod(p_values[first:] <= DELTA).sum())
    return float(min(thresholds[first + passed - 1], start)) if passed else np.inf


def try_one_film(labels: Floats, logits: Floats) -> tuple[Floats, Floats]:
    """Falling thresholds and their exact p-values."""
    walk = Walk.through(labels, logits, of_negatives=False)
    return walk.logits, walk.p_values(LIMIT)


def try_by_betting(films: Films) -> tuple[Floats, Floats]:
    """Falling thresholds and the p-values of a mixture of bets."""
    thresholds, before, after, _ = accumulate(films)
    bets = np.linspace(0, 1, _BETS + 1)[1:] * 0.999 / (1 - LIMIT)
    logs = np.cumsum(np.log1p(np.outer(after, bets)) - np.log1p(np.outer(before, bets)), axis=0)
    return thresholds, 1 / np.maximum(np.exp(logs).mean(axis=1), 1)


def try_by_hoeffding_bentkus(films: Films) -> tuple[Floats, Floats]:
    """Falling thresholds and the p-values of Hoeffding and Bentkus, the smaller one."""
    thresholds, before, after, is_first = accumulate(films)
    count = np.cumsum(is_first)
    mean = LIMIT - np.cumsum(after - before) / count
    hoeffding = np.exp(-count * divergence(np.clip(mean, 0, LIMIT), LIMIT))
    return thresholds, np.minimum(hoeffding, np.e * binom.cdf(np.ceil(count * mean - 1e-9), count, LIMIT))


def accumulate(films: Films) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Films by falling logit: logit, D of the patient before and after it, and whether it is the patient's first."""
    order = np.argsort(-films[1])
    labels, logits, patients = (column[order] for column in films)
    gains = (LIMIT - (labels == 0)) / np.bincount(patients)[patients]
    by_patient = np.argsort(patients, kind="stable")
    is_first = np.append(True, np.diff(patients[by_patient]) != 0)
    sums = np.cumsum(gains[by_patient])
    sums -= (sums - gains[by_patient])[is_first][np.cumsum(is_first) - 1]
    after, first = np.empty_like(gains), np.empty(len(gains), np.bool_)
    after[by_patient], first[by_patient] = sums, is_first
    return logits, after - gains, after, first


def rule_in(thresholds: Floats) -> Floats:
    """Share of films at or above each threshold in the population."""
    return np.asarray(PREVALENCE * norm.sf(thresholds - SHIFT) + (1 - PREVALENCE) * norm.sf(thresholds))


def true_errors(thresholds: Floats) -> Floats:
    """1 - PPV at each threshold in the population; 0 if nothing is ruled in."""
    called = rule_in(thresholds)
    false = (1 - PREVALENCE) * norm.sf(thresholds)
    return np.divide(false, called, out=np.zeros_like(called), where=called > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
