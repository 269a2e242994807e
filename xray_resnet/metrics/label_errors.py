"""Confident learning: how many labels of a finding are wrong, and which (Northcutt, Jiang and Chuang, JAIR 70, 2021).

A label is given; the true one is not known. What a model that has not seen the image thinks of a label is held against
what it thinks of all images that are given that label. Equations are those of the paper, for the labels 0 and 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate, bootstrap, estimate, number_patients
from xray_resnet.metrics.ranking import Floats, checked

RATES = ("wrong", "wrong_positives", "wrong_negatives", "missed", "invented")


@dataclass(frozen=True)
class LabelNoise:
    """How often the labels of a finding are wrong, as a model sees it.

    Attributes:
        joint: (2, 2) share of the images that are given the label of the row and truly have that of the column.
        wrong: Share of all labels that are wrong.
        wrong_positives: Share of the positive labels that are wrong.
        wrong_negatives: Share of the negative labels that are wrong.
        missed: Share of the images with the finding that are given a negative label.
        invented: Share of the images without it that are given a positive label.
    """

    joint: Floats
    wrong: Estimate
    wrong_positives: Estimate
    wrong_negatives: Estimate
    missed: Estimate
    invented: Estimate


def estimate_label_noise(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> LabelNoise:
    """The joint of given and true labels and the rates that follow from it, each with an interval over the patients.

    The intervals say how the estimate varies with the patients. That the model is no oracle biases it, and no interval
    knows by how much.

    Args:
        labels: (N,) of 1, 0 or NaN (left out), both 1 and 0 among them.
        probabilities: (N,) of the finding, by a model that has not seen the image.
        patients: (N,) identifiers; a patient is drawn with all their images.
        generator: Draws the resamples.
        resamples: How many.

    Raises:
        ValueError: if a label is something else, or an assessed image has no finite probability.
    """
    truth, chance = checked(labels, probabilities)
    stated = ~np.isnan(truth)
    truth, chance, units = truth[stated], chance[stated], number_patients(np.asarray(patients)[stated])
    joint = estimate_joint(truth, chance, np.ones((len(truth), 1)))
    samples = bootstrap(
        lambda weights: _list_rates(estimate_joint(truth, chance, weights[units])),
        int(units.max()) + 1,
        generator=generator,
        resamples=resamples,
    )
    values = _list_rates(joint)[:, 0]
    rates = [
        estimate(float(value) if np.isfinite(value) else None, drawn, why_null="no label of that kind is estimated")
        for value, drawn in zip(values, samples, strict=True)
    ]
    return LabelNoise(joint[..., 0], *rates)


def estimate_joint(labels: Floats, probabilities: Floats, weights: Floats) -> Floats:
    """The joint of given and true labels (2, 2, R), equations 1 to 3, under each of R weightings of the images.

    Args:
        labels: (N,) of 1 and 0.
        probabilities: (N,) of the finding.
        weights: (N, R) how often each image counts.
    """
    given = np.stack([labels == 0, labels == 1]).astype(np.float64)  # (2, N)
    chances = np.stack([1 - probabilities, probabilities])
    sizes = given @ weights  # (2, R)
    with np.errstate(invalid="ignore"):  # a weighting may leave out a label; what follows from it is NaN
        thresholds = ((given * chances) @ weights) / sizes
        above = chances[..., None] >= thresholds[:, None]  # (2, N, R)
        positive = above[1] & (~above[0] | (probabilities >= 0.5)[:, None])
        confident = np.stack([above[0] & ~positive, positive]) * weights  # (2, N, R)
        counts = np.einsum("in,jnr->ijr", given, confident)
        calibrated = counts / counts.sum(axis=1, keepdims=True) * sizes[:, None]
        return np.asarray(calibrated / calibrated.sum(axis=(0, 1)))


def find_label_errors(labels: ArrayLike, probabilities: ArrayLike, joint: Floats) -> NDArray[np.bool_]:
    """Which labels are most likely wrong, (N,): prune by noise rate, section 3.2 of the paper.

    Of each given label as many as the joint says are wrong, those with the largest margin of the other label. With two
    labels, they are also those with the least self-confidence: prune by class gives the same.

    Args:
        labels: (N,) of 1, 0 or NaN, which is never listed.
        probabilities: (N,) of the finding.
        joint: (2, 2) as `LabelNoise` has it.
    """
    truth, chance = np.asarray(labels, np.float64), np.asarray(probabilities, np.float64)
    assessed, listed = int((~np.isnan(truth)).sum()), np.zeros(len(truth), bool)
    for given in (0, 1):
        count = round(assessed * joint[given, 1 - given])
        places = np.flatnonzero(truth == given)
        other = chance[places] if given == 0 else 1 - chance[places]
        listed[places[np.argsort(-other, kind="stable")[:count]]] = True
    return listed


def doubt_labels(labels: ArrayLike, probabilities: ArrayLike, joint: Floats) -> Floats:
    """The chance that each label is wrong, (N,), by Bayes' rule; NaN for a label that is.

    A true label is taken to be given wrongly as often in every image that has it (class-conditional noise, Natarajan et
    al., NeurIPS 2013): with shares ρ₁ of positives missed and ρ₀ of negatives invented, the probability p of a
    positive *label* comes of one r of the finding by p = (1 - ρ₁) r + ρ₀ (1 - r).

    Args:
        labels: (N,) of 1, 0 or NaN.
        probabilities: (N,) that the image is given a positive label.
        joint: (2, 2) as `LabelNoise` has it.
    """
    truth, chance = np.asarray(labels, np.float64), np.asarray(probabilities, np.float64)
    missed, invented = _list_rates(joint[..., None])[3:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):  # no label of a kind, or one that never comes of noise
        finding = np.clip((chance - invented) / (1 - missed - invented), 0, 1)
        doubts = np.where(truth == 1, invented * (1 - finding) / chance, missed * finding / (1 - chance))
    return np.where(np.isnan(truth), np.nan, np.clip(np.nan_to_num(doubts), 0, 1))


def _list_rates(joint: Floats) -> Floats:
    """(5, R) rates in the order of `RATES`, of a joint (2, 2, R)."""
    missed, invented = joint[0, 1], joint[1, 0]
    given, true = joint.sum(axis=1), joint.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.stack(
            [missed + invented, invented / given[1], missed / given[0], missed / true[1], invented / true[0]]
        )
