"""Operating points: chosen as scikit-learn's curve says, worth what counting says, with intervals that cover."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sklearn

from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.newcombe import divide_intervals, wilson_interval
from xray_resnet.metrics.operating import (
    Criterion,
    choose_threshold,
    measure_decisions,
    predict_values,
)

Array = NDArray[np.float64]


def draw(seed: int, *, count: int = 400) -> tuple[Array, Array]:
    generator = np.random.default_rng(seed)
    labels = (generator.random(count) < 0.3).astype(float)
    return labels, np.round(generator.normal(1.2 * labels, 1), 1)


def rates(labels: Array, called: NDArray[np.bool_]) -> tuple[float, float]:
    """Sensitivity and specificity."""
    return float(called[labels == 1].mean()), float(1 - called[labels == 0].mean())


@pytest.mark.parametrize("seed", range(5))
def test_youdens_threshold_has_the_most_of_any(seed: int) -> None:
    labels, scores = draw(seed)
    threshold = choose_threshold(labels, scores, Criterion())
    false_positive, true_positive, _ = sklearn.roc_curve(labels, scores, drop_intermediate=False)
    assert sum(rates(labels, scores >= threshold)) - 1 == pytest.approx(
        (true_positive - false_positive).max(), abs=1e-12
    )


@pytest.mark.parametrize("target", [0.5, 0.9, 0.95, 1.0])
def test_a_fixed_sensitivity_is_reached_with_the_most_specificity(target: float) -> None:
    labels, scores = draw(0)
    reached, specificity = rates(labels, scores >= choose_threshold(labels, scores, Criterion("sensitivity", target)))
    tried = [rates(labels, scores >= limit) for limit in np.unique(scores)]
    assert reached >= target
    assert specificity == max(other for sensitivity, other in tried if sensitivity >= target)


@pytest.mark.parametrize("target", [0.5, 0.9, 0.95])
def test_a_fixed_specificity_is_reached_with_the_most_sensitivity(target: float) -> None:
    labels, scores = draw(1)
    sensitivity, reached = rates(labels, scores >= choose_threshold(labels, scores, Criterion("specificity", target)))
    tried = [rates(labels, scores >= limit) for limit in np.unique(scores)]
    assert reached >= target
    assert sensitivity == max(other for other, specificity in tried if specificity >= target)


def test_a_target_that_is_met_exactly_is_met() -> None:
    """Three of ten is 0.3 although floats say 0.30000000000000004 elsewhere."""
    labels, scores = np.r_[np.ones(10), 0], np.r_[np.arange(10.0), -1]
    assert choose_threshold(labels, scores, Criterion("sensitivity", 0.1 + 0.2)) == 6.5


def test_the_threshold_lies_half_way_so_that_rounding_turns_no_image() -> None:
    labels, scores = np.array([0.0, 0, 1, 1]), np.array([-2.0, -1, 3, 4])
    assert choose_threshold(labels, scores, Criterion()) == 1
    assert choose_threshold(labels, scores, Criterion("sensitivity", 0.5)) == 3.5


def test_a_specificity_that_leaves_no_positive_image_gives_no_threshold() -> None:
    assert choose_threshold([0, 1, 1], [5, 1, 2], Criterion("specificity", 1.0)) is None


def test_one_class_alone_has_no_threshold() -> None:
    with pytest.raises(ValueError, match="no negative image"):
        choose_threshold([1, 1], [0.1, 0.2], Criterion())


@pytest.mark.parametrize(
    ("criterion", "words"), [(Criterion(), "youden"), (Criterion("sensitivity", 0.95), "sensitivity 0.95")]
)
def test_a_criterion_is_told_in_words(criterion: Criterion, words: str) -> None:
    assert str(criterion) == words


def test_figures_are_those_of_scikit_learn() -> None:
    labels, scores = draw(2)
    called = scores >= 0.6
    figures = measure_decisions(
        np.r_[labels, np.nan], np.r_[called, True], patients=np.arange(401), generator=np.random.default_rng(0)
    )
    (tn, fp), (fn, tp) = sklearn.confusion_matrix(labels, called)
    assert (figures.true_positives, figures.false_positives) == (tp, fp)
    assert (figures.false_negatives, figures.true_negatives) == (fn, tn)
    assert figures.sensitivity.value == pytest.approx(sklearn.recall_score(labels, called), abs=1e-12)
    assert figures.specificity.value == pytest.approx(sklearn.recall_score(1 - labels, ~called), abs=1e-12)
    assert figures.ppv.value == pytest.approx(sklearn.precision_score(labels, called), abs=1e-12)
    assert figures.npv.value == pytest.approx(sklearn.precision_score(1 - labels, ~called), abs=1e-12)
    assert figures.prevalence == labels.mean()


def test_what_was_never_called_has_no_predictive_value() -> None:
    figures = measure_decisions([0, 1, 0, 1], [False] * 4, patients=[1, 2, 3, 4], generator=np.random.default_rng(0))
    assert (figures.ppv.value, figures.ppv.why_null) == (None, "no image called positive")
    assert figures.npv.value == 0.5


def test_predictive_values_at_the_own_prevalence_are_the_counted_ones() -> None:
    labels, scores = draw(3)
    figures = measure_decisions(labels, scores >= 0.6, patients=np.arange(400), generator=np.random.default_rng(0))
    assert figures.prevalence is not None
    ppv, npv = predict_values(figures.sensitivity, figures.specificity, prevalence=figures.prevalence)
    assert (ppv.value, npv.value) == pytest.approx((figures.ppv.value, figures.npv.value), abs=1e-12)


def test_a_rare_finding_has_a_low_ppv_by_bayes() -> None:
    """The textbook case: sensitivity 0.9, specificity 0.91 and one in a hundred ill make 0.0917."""
    ppv, npv = predict_values(Estimate(0.9, 0.8, 0.96), Estimate(0.91, 0.88, 0.93), prevalence=0.01)
    assert ppv.value == pytest.approx(0.009 / (0.009 + 0.0891))
    assert npv.value == pytest.approx(0.9009 / (0.9009 + 0.001))
    assert ppv.low is not None and ppv.high is not None and 0.06 < ppv.low < 0.0917 < ppv.high < 0.13


def test_without_an_interval_of_sensitivity_there_is_none_of_ppv() -> None:
    bare = Estimate(0.9, why_null="interval: too few patients, 1")
    ppv, _ = predict_values(bare, Estimate(0.8, 0.7, 0.9), prevalence=0.2)
    assert ppv.value is not None
    assert (ppv.low, ppv.why_null) == (None, "interval: too few patients, 1")


def test_a_perfect_specificity_leaves_a_ppv_of_one_with_a_lower_end() -> None:
    ppv, _ = predict_values(Estimate(0.8, 0.7, 0.88), Estimate(1.0, 0.96, 1.0), prevalence=0.1)
    assert (ppv.value, ppv.high) == (1, 1)
    assert ppv.low is not None and 0.4 < ppv.low < 0.8


@pytest.mark.parametrize(("sensitivity", "specificity", "count"), [(0.9, 0.95, 40), (0.6, 0.99, 200), (0.97, 0.7, 60)])
def test_intervals_of_ppv_cover_what_they_say(sensitivity: float, specificity: float, count: int) -> None:
    prevalence, covered, total = 0.05, 0, 0
    truth = prevalence * sensitivity / (prevalence * sensitivity + (1 - prevalence) * (1 - specificity))
    for seed in range(600):
        generator = np.random.default_rng(seed)
        shares = (generator.binomial(count, rate) / count for rate in (sensitivity, specificity))
        estimates = (Estimate(share, *wilson_interval(share, count)) for share in shares)
        ppv, _ = predict_values(*estimates, prevalence=prevalence)
        if ppv.low is not None and ppv.high is not None:
            total, covered = total + 1, covered + (ppv.low <= truth <= ppv.high)
    assert total > 590
    assert 0.93 <= covered / total <= 0.99


def test_a_quotient_of_known_numbers_is_known() -> None:
    assert divide_intervals(3, (3, 3), 4, (4, 4)) == pytest.approx((0.75, 0.75))
    assert divide_intervals(0, (0, 1), 4, (3, 5))[0] == 0
    assert divide_intervals(3, (2, 4), 0, (0, 1))[1] == np.inf
