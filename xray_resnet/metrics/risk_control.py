"""Learn then Test: how far a threshold may sink while the share of errors above it is proven to be small.

Angelopoulos, Bates, Candès, Jordan and Lei, "Learn then test" (2021, arXiv 2110.01052): every threshold t has the
hypothesis H(t), "the share of errors at t is greater than the limit". A p-value for each, and a test of many that
rejects any wrongly with at most probability δ, leave thresholds that all keep the limit.

**The unit is the patient.** Films of one patient are no independent trials, so one film of each is drawn at random.
Given that n of these count, their k errors are binomial, and P(Binomial(n, limit) ≤ k) is an exact p-value.

**The order is fixed, and so is the start.** From a start on, t sinks through all real numbers, and the first H(t) that
is not rejected ends the walk (fixed-sequence testing). Between two logits no count changes, so a walk over the logits
of the calibration films is that walk, although they are data: if t₀ is the first threshold at which H holds, an error
needs a rejection at t₀, which is a fixed number with an exact p-value. That the share of errors is monotone in t is not
assumed. A start that depends on the same films is another matter: from the k-th greatest of their logits, t₀ varies
with the films, and the argument holds only if the share of errors crosses the limit no more than once. The start is
therefore either infinite or chosen on other patients.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr
from scipy.stats import binom

from xray_resnet.metrics.ranking import Floats


@dataclass(frozen=True)
class Walk:
    """Errors among the films that are counted, at each of K thresholds.

    Attributes:
        thresholds: (K,) falling.
        errors: (K,) negatives at or above each.
        trials: (K,) films of which these are a share.
    """

    thresholds: Floats
    errors: NDArray[np.int64]
    trials: NDArray[np.int64]

    @classmethod
    def through(cls, labels: ArrayLike, logits: ArrayLike, *, of_negatives: bool) -> "Walk":
        """Counts errors at every distinct logit.

        Args:
            labels: (N,) of 1 and 0.
            logits: (N,), finite.
            of_negatives: Errors are a share of all negatives (the false positive rate), not of the films at or above
                the threshold (1 - PPV).
        """
        truth, logit = np.asarray(labels), np.asarray(logits, np.float64)
        order = np.argsort(-logit, kind="stable")
        last_of_tie = np.flatnonzero(np.append(np.diff(logit[order]) != 0, True)) if len(order) else order
        errors = np.cumsum(truth[order] == 0)[last_of_tie]
        trials = np.full(len(errors), np.count_nonzero(truth == 0)) if of_negatives else last_of_tie + 1
        return cls(logit[order][last_of_tie], errors, trials)

    def starting_at(self, start: float) -> "Walk":
        """The same films from a threshold on, which need not be one of theirs; empty if none is at or above it."""
        above = np.count_nonzero(self.thresholds >= start)
        rest = slice(max(above - 1, 0), None) if above else slice(0, 0)
        return Walk(np.minimum(self.thresholds[rest], start), self.errors[rest], self.trials[rest])

    def p_values(self, limit: float) -> Floats:
        """(K,) P(Binomial(trials, limit) ≤ errors): exact for "the share of errors is greater than the limit"."""
        return np.asarray(binom.cdf(self.errors, self.trials, limit))

    def reach(self, limit: float, *, delta: float) -> float | None:
        """The lowest threshold before the first that is not rejected; None if the first is not.

        With at most probability `delta` the share of errors is greater than `limit` at any threshold from the first to
        this one.
        """
        passed = int(np.cumprod(self.p_values(limit) <= delta).sum())
        return float(self.thresholds[passed - 1]) if passed else None

    def choose_start(self, limit: float) -> float:
        """Where these films speak most clearly for a share of errors below the limit; a start for other patients.

        The evidence is that of the binomial likelihood, trials · KL(share ‖ limit), negative if the share is above the
        limit; one film more at the limit keeps a few films at the top from weighing too much.
        """
        share = (self.errors + limit) / (self.trials + 1)
        evidence = np.sign(limit - share) * self.trials * divergence(share, limit)
        return float(self.thresholds[np.argmax(evidence)])

    def estimate_trials(self, limit: float, *, delta: float) -> Floats:
        """(K,) trials after which a threshold would be rejected if its share of errors stayed; infinite if it is above.

        By Chernoff's bound P(Binomial(n, limit) ≤ share · n) ≤ exp(-n KL(share ‖ limit)), which is exact without
        errors: n = ⌈log δ / log(1 - limit)⌉.
        """
        share = self.errors / np.maximum(self.trials, 1)
        gain = np.where(share < limit, divergence(share, limit), 0.0)
        return np.ceil(np.divide(-np.log(delta), gain, out=np.full(len(gain), np.inf), where=gain > 0))


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
