"""Learn then Test: how far a threshold may sink while the share of errors above it is proven to be small.

Angelopoulos, Bates, Candès, Jordan and Lei, "Learn then test" (2021, arXiv 2110.01052): every threshold t has the
hypothesis H(t), "the share of errors e(t) among films at or above t is at least the limit". A p-value for each, and a
test of many that rejects any wrongly with at most probability δ, leave thresholds that all keep the limit.

**The unit is the patient.** Films of one patient are no independent trials, so one film of each is drawn at random.
Given that n of these count, their k errors are binomial, and P(Binomial(n, limit) ≤ k) is an exact p-value.

**The order is fixed.** From a start on, t sinks through all real numbers, and the first H(t) that is not rejected ends
the walk (fixed-sequence testing). Between two logits no count changes, so a walk over the logits of the calibration
films is that walk, although they are data: a false promise needs a rejection at the first true H(t).

**The start may be a rank that was fixed beforehand**: just above u, the logit of the film below the top k. That depends
on the data, and yet no monotone e(t) need be assumed. If H(u) is true, the k films above u are independent draws from
the films above u, and the first test is exact given u. Otherwise u lies in a gap (c, b) between true hypotheses, at
both ends of which e = limit (b may be infinite), so that the share of errors between c and b is the limit too. Given
how many films lie above b and how many above c, which tells that u lies in this gap, each of them is wrong with
probability limit, and the test at c is exact. Over all gaps the promise fails with at most δ. This takes a continuous
e(t): films of equal logit are told apart at random, and a threshold never parts them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr
from scipy.stats import binom

from xray_resnet.metrics.ranking import Floats


@dataclass(frozen=True)
class Walk:
    """Films by falling logit, and the errors among the first 1, 2, … N of them.

    Attributes:
        logits: (N,) falling; equal ones in the order in which they were given, which should be random.
        errors: (N,) negatives among the first k films.
        trials: (N,) films of which these are a share.
    """

    logits: Floats
    errors: NDArray[np.int64]
    trials: NDArray[np.int64]

    @classmethod
    def through(cls, labels: ArrayLike, logits: ArrayLike, *, of_negatives: bool) -> "Walk":
        """Counts errors film by film.

        Args:
            labels: (N,) of 1 and 0.
            logits: (N,), finite.
            of_negatives: Errors are a share of all negatives (the false positive rate), not of the first k films
                (1 - PPV).
        """
        logit = np.asarray(logits, np.float64)
        order = np.argsort(-logit, kind="stable")
        wrong = np.asarray(labels)[order] == 0
        trials = np.full(len(wrong), wrong.sum()) if of_negatives else np.arange(1, len(wrong) + 1)
        return cls(logit[order], np.cumsum(wrong), trials)

    def p_values(self, limit: float) -> Floats:
        """(N,) P(Binomial(trials, limit) ≤ errors): exact for "the share of errors is at least the limit"."""
        return np.asarray(binom.cdf(self.errors, self.trials, limit))

    def reach(self, limit: float, *, delta: float, start: int = 0) -> float | None:
        """The lowest threshold before the first hypothesis that is not rejected; None if the walk reaches none.

        With at most probability `delta` the share of errors is `limit` or more at any threshold from the start to it.

        Args:
            limit: The share of errors.
            delta: Probability of a false promise.
            start: How many films are above the start, fixed beforehand; 0 starts at infinity, which only a share of
                negatives may, for it is 0 there.
        """
        first = max(start, 1)
        passed = np.flatnonzero(np.cumprod(self.p_values(limit)[first - 1 :] <= delta)) + first
        parted = np.append(np.diff(self.logits) != 0, True)[passed - 1]
        return self.threshold(int(passed[parted][-1]), start=start) if parted.any() else None

    def threshold(self, films: int, *, start: int) -> float:
        """The threshold with so many films at or above it; at the start itself, just above the next film."""
        if films > start:
            return float(self.logits[films - 1])
        following = self.logits[films] if films < len(self.logits) else -np.inf
        return float(np.nextafter(following, np.inf)) if start else np.inf

    def estimate_trials(self, limit: float, *, delta: float) -> Floats:
        """(N,) trials after which a hypothesis would be rejected if its share of errors stayed; infinite if never.

        By Chernoff's bound P(Binomial(n, limit) ≤ share · n) ≤ exp(-n KL(share ‖ limit)), which is exact without
        errors: n = ⌈log δ / log(1 - limit)⌉.
        """
        share = self.errors / np.maximum(self.trials, 1)
        gain = np.where(share < limit, divergence(share, limit), 0.0)
        return np.asarray(np.ceil(np.divide(-np.log(delta), gain, out=np.full(len(gain), np.inf), where=gain > 0)))


def divergence(share: ArrayLike, limit: float) -> Floats:
    """Kullback-Leibler divergence of a Bernoulli variable of mean `share`, any shape, from one of mean `limit`."""
    p = np.asarray(share, np.float64)
    return np.asarray(rel_entr(p, limit) + rel_entr(1 - p, 1 - limit))


def draw_films(patients: ArrayLike, *, generator: np.random.Generator) -> NDArray[np.intp]:
    """One film of each patient, every film of a patient being as likely: places (P,) of them in random order.

    Args:
        patients: (N,) identifiers.
        generator: Draws the films and their order.
    """
    order = generator.permutation(len(np.asarray(patients)))
    _, first = np.unique(np.asarray(patients)[order], return_index=True)
    return np.asarray(generator.permutation(order[first]))
