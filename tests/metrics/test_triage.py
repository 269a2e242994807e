"""Triage: closed forms, planted and null effects, refusals, and how often it promises too much."""

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from xray_resnet.metrics.triage import make_triage
from xray_resnet.triage import Measure, Promise, Triage

Floats = NDArray[np.float64]
PREVALENCE, SHIFT = 0.3, 2.5


def draw_cohort(
    generator: np.random.Generator, patients: int, *, shift: float = SHIFT, more_of_sick: bool = False
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """One to four films a patient, whose logits share half of their variance; those with the finding may have more."""
    sick = generator.random(patients) < PREVALENCE
    films = np.where(sick, 4, 1) if more_of_sick else generator.integers(1, 5, size=patients)
    who = np.repeat(np.arange(patients), films)
    logits = shift * sick[who] + np.sqrt(0.5) * (generator.normal(size=patients)[who] + generator.normal(size=len(who)))
    return sick[who].astype(np.float64), logits, who


def find_truth(triage: Triage) -> tuple[float, float, float, float]:
    """PPV, NPV, share of negatives ruled in and of positives ruled out of a random film of a random patient."""
    upper = np.inf if triage.rule_in.logit is None else triage.rule_in.logit
    lower = -np.inf if triage.rule_out.logit is None else triage.rule_out.logit
    true_in, false_in = PREVALENCE * norm.sf(upper - SHIFT), (1 - PREVALENCE) * norm.sf(upper)
    true_out, false_out = (1 - PREVALENCE) * norm.cdf(lower), PREVALENCE * norm.cdf(lower - SHIFT)
    return (
        true_in / (true_in + false_in) if np.isfinite(upper) else 1.0,
        true_out / (true_out + false_out) if np.isfinite(lower) else 1.0,
        float(norm.sf(upper)),
        float(norm.cdf(lower - SHIFT)),
    )


def make(
    labels: Any, logits: Any, *, measure: Measure = "predictive value", limit: float = 0.9, seed: int = 0, **more: Any
) -> Triage:
    promise = Promise(measure, limit, more.get("confidence", 0.95))
    patients = more.get("patients", np.arange(len(labels)))
    generator = np.random.default_rng(seed)
    return make_triage(labels, logits, patients=patients, rule_in=promise, rule_out=promise, generator=generator)


@pytest.mark.parametrize("more_of_sick", [False, True])
def test_predictive_values_are_broken_as_rarely_as_is_said(more_of_sick: bool) -> None:
    """The true values are known; δ = 0.1, and 400 cohorts of 1,000 patients with one to four films that resemble."""
    broken = np.zeros(2)
    decided = 0.0
    for seed in range(400):
        labels, logits, who = draw_cohort(np.random.default_rng(seed), 1000, more_of_sick=more_of_sick)
        triage = make(labels, logits, patients=who, confidence=0.9, seed=seed)
        broken += np.array(find_truth(triage)[:2]) < 0.9
        decided += (triage(logits) >= 0).mean() / 400
    assert decided > 0.7
    assert ((broken / 400 >= 0.03) & (broken / 400 <= 0.1 + 3 * np.sqrt(0.09 / 400))).all()


def test_error_rates_are_broken_as_rarely_as_is_said() -> None:
    broken = np.zeros(2)
    for seed in range(600):
        labels, logits, who = draw_cohort(np.random.default_rng(seed), 200)
        triage = make(labels, logits, patients=who, measure="error rate", limit=0.1, confidence=0.9, seed=seed)
        broken += np.array(find_truth(triage)[2:]) > 0.1
    assert ((broken / 600 >= 0.02) & (broken / 600 <= 0.1 + 3 * np.sqrt(0.09 / 600))).all()


def test_counting_every_film_as_a_patient_would_break_it_too_often() -> None:
    """The same films of five alike each: without their patients, the promise is broken more often than δ."""
    broken = 0
    for seed in range(200):
        labels, logits, _ = draw_cohort(np.random.default_rng(seed), 100)
        labels, logits = np.repeat(labels, 5), np.repeat(logits, 5)
        triage = make(labels, logits, measure="error rate", limit=0.1, confidence=0.9, seed=seed)
        broken += find_truth(triage)[2] > 0.1
    assert broken / 200 > 0.2


def test_without_errors_it_takes_log_delta_over_log_target_patients() -> None:
    """29 = ⌈log 0.05 / log 0.9⌉."""
    given, refused = (make(np.ones(count), np.ones(count)).rule_in for count in (29, 28))
    assert given.logit is not None and given.logit < 1
    assert (refused.logit, refused.patients, refused.needed) == (None, 28, 29)


def test_labels_that_the_logits_know_nothing_of_are_left_uncertain() -> None:
    generator = np.random.default_rng(0)
    decided = 0
    for seed in range(200):
        labels = (generator.random(300) < 0.5).astype(float)
        decided += (make(labels, generator.normal(size=300), limit=0.6, seed=seed)(0.0) >= 0).sum()
    assert decided / 200 <= 0.1


def test_separated_films_are_all_decided() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0.0, 1.0], 200)
    logits = 20 * labels + generator.normal(size=400)
    assert (make(labels, logits)(logits) == labels).all()


def test_where_both_promises_hold_a_film_is_ruled_in_or_out_never_both() -> None:
    """Half of the films have the finding, and four in ten errors are allowed: there is no need for uncertainty."""
    generator = np.random.default_rng(0)
    for seed in range(50):
        labels = (generator.random(600) < 0.5).astype(float)
        logits = generator.normal(size=600) + 2 * labels
        triage = make(labels, logits, limit=0.6, seed=seed)
        assert triage.rule_in.logit == triage.rule_out.logit is not None
        decisions = triage(logits)
        assert (decisions >= 0).all()
        assert labels[decisions == 1].mean() > 0.6 and (1 - labels[decisions == 0]).mean() > 0.6


def test_ruling_out_is_ruling_in_of_the_absent_finding() -> None:
    labels, logits, who = draw_cohort(np.random.default_rng(3), 1000)
    there, absent = make(labels, logits, patients=who), make(1 - labels, -logits, patients=who)
    assert (there(logits) == 1).any() and (there(logits) == 0).any()
    np.testing.assert_array_equal(there(logits), np.where(absent(-logits) < 0, -1, 1 - absent(-logits)))


@pytest.mark.parametrize("measure", ["predictive value", "error rate"])
def test_a_monotone_change_of_the_logits_changes_no_decision(measure: Measure) -> None:
    labels, logits, who = draw_cohort(np.random.default_rng(4), 500)
    limit = 0.9 if measure == "predictive value" else 0.1
    plain = make(labels, logits, patients=who, measure=measure, limit=limit)
    bent = make(labels, np.exp(logits), patients=who, measure=measure, limit=limit)
    np.testing.assert_array_equal(plain(logits), bent(np.exp(logits)))


def test_films_that_were_not_assessed_change_nothing() -> None:
    labels, logits, who = draw_cohort(np.random.default_rng(5), 300)
    more = np.r_[labels, np.nan], np.r_[logits, np.nan], np.r_[who, 10_000]
    assert make(*more[:2], patients=more[2]).rule_in.patients == make(labels, logits, patients=who).rule_in.patients


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (np.ones(20), "20 patients are too few, about 29 like them would be needed"),
        (np.zeros(20), "no threshold shows it on 20 patients, and more patients like them would not help"),
    ],
)
def test_a_promise_that_cannot_be_given_says_why(labels: Floats, reason: str) -> None:
    edge = make(labels, labels).rule_in
    sentence = f"no film can be ruled in with a PPV of at least 0.9 at confidence 0.95: {reason}"
    assert (edge.logit, edge.why_null) == (None, sentence)


def test_an_error_rate_needs_so_many_negatives() -> None:
    """59 = log 0.05 / log 0.95 negatives, of whom half of the patients are."""
    labels = np.tile([0.0, 1.0], 50)
    triage = make(labels, 10 * labels, measure="error rate", limit=0.05)
    assert (triage.rule_in.logit, triage.rule_in.needed, triage.rule_in.patients) == (None, 118, 100)
    labels = np.tile([0.0, 1.0], 59)
    assert make(labels, 10 * labels, measure="error rate", limit=0.05).rule_in.logit == 10


def test_an_error_rate_is_tested_from_the_first_film_on() -> None:
    """29 negatives without an error show a rate of 0.1, with one they do not: the edge is the only positive."""
    labels = np.r_[1, np.zeros(29)]
    assert make(labels, -np.arange(30.0), measure="error rate", limit=0.1).rule_in.logit == 0


def test_the_walk_for_a_predictive_value_starts_below_two_percent_of_the_patients() -> None:
    """Four errors among the first 29 films show no PPV of 0.9, among the first 100 of 5,000 they do; not a fifth."""
    labels = np.r_[np.ones(25), np.zeros(4), np.ones(71), np.zeros(4900)]
    logits = -np.arange(5000.0)
    assert make(labels, logits).rule_in.logit == np.nextafter(logits[100], np.inf)


def test_sides_whose_tests_have_no_threshold_in_common_do_not_both_decide() -> None:
    """An NPV of 0.997 is tested on the lower 998 films, a PPV of 0.01 on the upper 20: 18 would be ruled in and out."""
    labels, logits = np.r_[1, 1, np.zeros(998)], -np.arange(1000.0)
    triage = make_triage(
        labels,
        logits,
        patients=np.arange(1000),
        rule_in=Promise("predictive value", 0.01),
        rule_out=Promise("predictive value", 0.997),
        generator=np.random.default_rng(0),
    )
    assert triage.rule_in.logit is not None and triage.rule_out.logit is None
    assert triage.rule_out.needed == 1002
    assert triage.rule_out.why_null == ("1000 patients are too few to rule films both in and out, 1002 would be needed")


@pytest.mark.parametrize("labels", [[], [np.nan, np.nan], [1.0]])
def test_next_to_no_film_is_refused_not_an_error(labels: list[float]) -> None:
    for measure in ("predictive value", "error rate"):
        triage = make(labels, np.zeros(len(labels)), measure=measure)  # type: ignore[arg-type]
        assert triage(np.array([-9.0, 9.0])).tolist() == [-1, -1]
        assert triage.rule_in.why_null is not None


def test_a_triage_survives_json() -> None:
    labels, logits, who = draw_cohort(np.random.default_rng(6), 60)
    triage = make(labels, logits, patients=who, measure="error rate", limit=0.1)
    assert (triage.rule_in.logit is None) != (triage.rule_out.logit is None)
    assert Triage.from_plain(json.loads(json.dumps(triage.to_plain()))) == triage
