"""What a triage decides and promises, and values that cannot be a triage."""

import json
from typing import Any

import numpy as np
import pytest

from xray_resnet.triage import Edge, Promise, Promises, Triage

PPV, NPV = Promise("predictive value", 0.9), Promise("predictive value", 0.95)
REFUSED = Edge(NPV, None, 40, 60, "too few")
TRIAGE = Triage(Edge(PPV, 1.5, 80), Edge(NPV, -0.5, 80))


def test_films_are_ruled_in_from_the_upper_threshold_and_out_below_the_lower() -> None:
    logits = np.array([[1.5, np.nextafter(1.5, 0)], [-0.5, np.nextafter(-0.5, -1)]])
    assert TRIAGE(logits).tolist() == [[1, -1], [-1, 0]]


def test_without_a_threshold_a_side_decides_nothing() -> None:
    one_sided = Triage(Edge(PPV, 1.5, 80), REFUSED)
    assert one_sided([-99, 99]).tolist() == [-1, 1]
    assert one_sided.decides and Triage(REFUSED, one_sided.rule_in).decides
    assert not Triage(REFUSED, REFUSED).decides


def test_one_threshold_for_both_sides_leaves_no_film_uncertain() -> None:
    both = Triage(Edge(PPV, 1.0, 80), Edge(NPV, 1.0, 80))
    assert both([1.0, np.nextafter(1, 0)]).tolist() == [1, 0]


def test_a_side_is_named() -> None:
    assert (TRIAGE.side("in"), TRIAGE.side("out")) == (TRIAGE.rule_in, TRIAGE.rule_out)


def test_a_promise_is_told_in_words() -> None:
    rate = Promise("error rate", 0.05)
    assert [promise.describe(side) for promise in (PPV, rate) for side in ("in", "out")] == [
        "a PPV of at least 0.9",
        "an NPV of at least 0.9",
        "a share of negatives ruled in of at most 0.05",
        "a share of positives ruled out of at most 0.05",
    ]


def test_a_promise_is_told_in_a_few_signs() -> None:
    rate = Promise("error rate", 0.05)
    signs = [promise.abbreviate(side) for promise in (PPV, rate) for side in ("in", "out")]
    assert signs == ["PPV ≥ 0.9", "NPV ≥ 0.9", "FPR ≤ 0.05", "FNR ≤ 0.05"]


def test_a_limit_is_a_share_of_errors() -> None:
    assert PPV.most_errors == pytest.approx(0.1) and Promise("error rate", 0.2).most_errors == 0.2
    assert PPV.delta == pytest.approx(0.05)


def test_both_sides_have_one_confidence() -> None:
    with pytest.raises(ValueError, match=r"confidences 0\.9 and 0\.95, expected one for both sides"):
        Promises(Promise("error rate", 0.1, 0.9), Promise("error rate", 0.1, 0.95))


def change(**values: Any) -> dict[str, Any]:
    """A triage as plain values, its upper edge changed."""
    plain: dict[str, Any] = json.loads(json.dumps(TRIAGE.to_plain()))
    return {**plain, "rule_in": {**plain["rule_in"], **values}}


@pytest.mark.parametrize("triage", [TRIAGE, Triage(REFUSED, REFUSED)])
def test_plain_values_are_a_triage_again(triage: Triage) -> None:
    assert Triage.from_plain(json.loads(json.dumps(triage.to_plain()))) == triage


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"logit": "1.5"}, "the threshold of a triage is '1.5', expected a number"),
        ({"logit": True}, "the threshold of a triage is True, expected a number"),
        ({"logit": float("nan")}, "the threshold of a triage is nan, expected a number"),
        ({"logit": 10**400}, "the threshold of a triage is 1000000.*, expected a number"),
        ({"logit": -9.0}, "ruled out below -0.5 and in from -9.0"),
        ({"logit": None}, "threshold None with reason None, expected one of them"),
        ({"patients": 2.5}, "patients of a triage are 2.5, expected a whole number"),
        ({"patients": True}, "patients of a triage are True, expected a whole number"),
        ({"patients": -1}, "tested on -1 patients, expected 0 or more"),
        ({"needed": 99}, "a promise that is given needs 99 patients, expected none to be needed"),
        ({"logit": None, "why_null": "few", "needed": 80}, "80 patients are needed and 80 were there, expected fewer"),
        ({"logit": None, "why_null": "few", "needed": "many"}, "patients of a triage are 'many', expected a whole"),
        ({"logit": None, "why_null": 7}, "the reason of a triage is 7, expected words"),
        ({"promise": {"measure": "predictive value", "limit": "0.9", "confidence": 0.9}}, "limit is '0.9', expected"),
        (
            {"promise": {"measure": "predictive value", "limit": 0.9, "confidence": None}},
            "confidence is None, expected",
        ),
        ({"promise": {"measure": "luck", "limit": 0.9, "confidence": 0.9}}, "promise of 'luck', expected"),
    ],
)
def test_plain_values_that_are_no_triage_are_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Triage.from_plain(change(**values))


def test_a_key_too_many_or_too_few_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'seed'"):
        Triage.from_plain(change(seed=1))
    with pytest.raises(KeyError, match="logit"):
        Triage.from_plain(
            {**change(), "rule_out": {"promise": TRIAGE.to_plain()["rule_out"]["promise"], "patients": 1}}
        )


def test_thresholds_that_cross_are_refused() -> None:
    promise = Promise("predictive value", 0.9)
    with pytest.raises(ValueError, match="ruled out below 2 and in from 1, expected the first to be less"):
        Triage(Edge(promise, 1, 50), Edge(promise, 2, 50))


@pytest.mark.parametrize(("logit", "reason"), [(None, None), (1.0, "too few")])
def test_a_threshold_is_there_or_its_reason(logit: float | None, reason: str | None) -> None:
    with pytest.raises(ValueError, match="expected one of them"):
        Edge(Promise("error rate", 0.1), logit, 50, why_null=reason)


def test_an_infinite_threshold_is_refused() -> None:
    with pytest.raises(ValueError, match="the threshold of a triage is inf, expected a number"):
        Edge(Promise("error rate", 0.1), np.inf, 50)


@pytest.mark.parametrize(("limit", "confidence"), [(0.0, 0.9), (1.0, 0.9), (0.9, 1.0), (np.nan, 0.9)])
def test_a_certain_promise_is_refused(limit: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="expected both between 0 and 1"):
        Promise("predictive value", limit, confidence)


def test_a_promise_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="promise of 'accuracy', expected 'predictive value' or 'error rate'"):
        Promise("accuracy", 0.9)  # type: ignore[arg-type]
