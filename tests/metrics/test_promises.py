"""What a triage came to, counted by hand, and when a promise is kept or broken."""

import numpy as np
import pytest

from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.promises import TriageFigures, judge, measure_triage
from xray_resnet.triage import Edge, Measure, Promise, Triage

PATIENTS = np.array(["a", "a", "a", "b", "c", "d", "e", "f"])
LABELS = np.array([1, 1, 0, 1, 1, 0, 0, np.nan])
LOGITS = np.array([3.0, 2.0, 2.0, 2.0, -2.0, -2.0, -2.0, 9.0])


def measure(measure: Measure, *, upper: float | None = 1.0, lower: float | None = -1.0) -> TriageFigures:
    """Rules in the films of patients a and b, rules out those of c, d and e; f is not assessed."""
    promise = Promise(measure, 0.5)
    edges = [Edge(promise, logit, 40, why_null=None if logit is not None else "few") for logit in (upper, lower)]
    return measure_triage(
        Triage(*edges), LABELS, LOGITS, patients=PATIENTS, generator=np.random.default_rng(0), resamples=20
    )


def test_films_are_counted_alike() -> None:
    figures = measure("predictive value")
    assert (figures.rule_in.called, figures.rule_in.errors) == (4, 1)
    assert (figures.rule_out.called, figures.rule_out.errors) == (3, 1)
    assert figures.rule_in.films.value == pytest.approx(4 / 7)
    assert figures.rule_out.films.value == pytest.approx(3 / 7)
    assert figures.uncertain.value == 0


def test_predictive_values_are_those_of_a_random_film_of_a_random_patient() -> None:
    """Patient a counts as one: two thirds of that are right, and b's film is; of c, d and e one is wrong."""
    figures = measure("predictive value")
    assert figures.rule_in.value.value == pytest.approx((2 / 3 + 1) / 2)
    assert figures.rule_out.value.value == pytest.approx(2 / 3)


def test_error_rates_are_shares_of_the_films_without_and_with_the_finding() -> None:
    """Of 1/3 + 1 + 1 without it, 1/3 is ruled in; of 2/3 + 1 + 1 with it, 1 is ruled out."""
    figures = measure("error rate")
    assert figures.rule_in.value.value == pytest.approx((1 / 3) / (7 / 3))
    assert figures.rule_out.value.value == pytest.approx(1 / (8 / 3))


def test_calling_every_film_has_the_prevalence_as_its_predictive_value() -> None:
    """Of the five assessed patients (2/3 + 1 + 1) / 5 have the finding."""
    figures = measure("predictive value")
    assert figures.rule_in.of_all == pytest.approx((8 / 3) / 5)
    assert figures.rule_out.of_all == pytest.approx((7 / 3) / 5)
    assert measure("error rate").rule_in.of_all is None


def test_without_a_threshold_no_film_is_called_and_the_value_says_why() -> None:
    figures = measure("predictive value", upper=None)
    assert (figures.rule_in.called, figures.rule_in.films.value) == (0, 0)
    assert (figures.rule_in.value.value, figures.rule_in.value.why_null) == (None, "no image ruled in")
    assert figures.uncertain.value == pytest.approx(4 / 7)


@pytest.mark.parametrize(("label", "reasons"), [(1.0, ("no negative image", None)), (0.0, (None, "no positive image"))])
def test_an_error_rate_of_none_says_so(label: float, reasons: tuple[str | None, str | None]) -> None:
    rate = Promise("error rate", 0.5)
    triage, generator = Triage(Edge(rate, 1.0, 40), Edge(rate, -1.0, 40)), np.random.default_rng(0)
    figures = measure_triage(triage, [label] * 50, [2.0] * 50, patients=np.arange(50), generator=generator)
    assert (figures.rule_in.value.why_null, figures.rule_out.value.why_null) == reasons


def test_no_assessed_film_is_null_and_not_an_error() -> None:
    promise = Promise("predictive value", 0.5)
    triage, generator = Triage(Edge(promise, 1.0, 40), Edge(promise, -1.0, 40)), np.random.default_rng(0)
    figures = measure_triage(triage, [np.nan], [np.nan], patients=["a"], generator=generator)
    assert (figures.uncertain.value, figures.uncertain.why_null) == (None, "no assessed image")
    assert figures.rule_in.of_all is None


@pytest.mark.parametrize(
    ("measure", "low", "high", "verdict"),
    [
        ("predictive value", 0.9, 0.99, "kept"),
        ("predictive value", 0.89, 0.99, "open"),
        ("predictive value", 0.8, 0.9, "open"),
        ("predictive value", 0.8, 0.89, "broken"),
        ("error rate", 0.8, 0.9, "kept"),
        ("error rate", 0.8, 0.91, "open"),
        ("error rate", 0.9, 0.99, "open"),
        ("error rate", 0.91, 0.99, "broken"),
    ],
)
def test_a_promise_is_kept_or_broken_by_the_whole_interval(
    measure: Measure, low: float, high: float, verdict: str
) -> None:
    assert judge(Promise(measure, 0.9), Estimate((low + high) / 2, low, high)) == verdict


def test_without_an_interval_there_is_no_verdict() -> None:
    assert judge(Promise("error rate", 0.9), Estimate(0.5, why_null="too few patients")) is None
