"""Finding what logits mean: on which images it is done, what it holds for, and what is refused."""

import numpy as np
import pytest

from tests.evaluation.builders import FINDINGS, make_predictions
from xray_resnet.basis import Basis
from xray_resnet.errors import UserError
from xray_resnet.evaluation.amend_options import AmendOptions
from xray_resnet.evaluation.amendment import Amendment, describe_amendment, find_amendment
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.metrics import make_triage
from xray_resnet.metrics.operating import Criterion
from xray_resnet.model_output import PrevalenceShift
from xray_resnet.triage import Promise, Promises

BASIS = Basis("tiny", "val", 90, "torch", "fp32")
PROMISES = Promises(Promise("predictive value", 0.6), Promise("error rate", 0.2))


def find(
    predictions: Predictions,
    *,
    criterion: Criterion | None = None,
    promises: Promises | None = None,
    **prevalences: float,
) -> Amendment:
    return find_amendment(
        predictions,
        basis=BASIS,
        findings=("Hernia", *FINDINGS),
        criterion=criterion or Criterion(),
        prevalences=prevalences,
        seed=0,
        promises=promises,
    )


@pytest.fixture(scope="module")
def predictions() -> Predictions:
    return make_predictions(patients=90)


def test_every_finding_with_labels_gets_both_and_others_nothing(predictions: Predictions) -> None:
    output = find(predictions).output
    assert output.findings == ("Hernia", *FINDINGS)
    assert output.calibration is not None and output.operating_points is not None
    assert set(output.calibration.findings) == set(output.operating_points.findings) == set(FINDINGS)
    assert output.calibration.basis == output.operating_points.basis == BASIS


def test_the_point_is_that_of_the_criterion(predictions: Predictions) -> None:
    points = find(predictions, criterion=Criterion("sensitivity", 0.9)).output.operating_points
    assert points is not None
    for column, finding in enumerate(FINDINGS):
        positive = predictions.logits[predictions.labels[:, column] == 1, column]
        assert points.findings[finding].criterion == "sensitivity 0.9"
        assert (positive >= points.findings[finding].logit).mean() == pytest.approx(0.9, abs=0.02)


def test_the_triage_is_that_of_the_promises_on_all_patients(predictions: Predictions) -> None:
    made = find(predictions, promises=PROMISES).output.triage
    assert made is not None and made.basis == BASIS
    for column, finding in enumerate(FINDINGS):
        expected = make_triage(
            predictions.labels[:, column],
            predictions.logits[:, column],
            patients=predictions.patient_ids,
            rule_in=PROMISES.rule_in,
            rule_out=PROMISES.rule_out,
            generator=np.random.default_rng(0),
        )
        assert made.findings[finding] == expected
        assert expected.decides and expected.rule_in.patients == 90
    assert "Hernia" not in made.findings
    assert find(predictions).output.triage is None


def test_a_triage_depends_on_no_other_finding(predictions: Predictions) -> None:
    alone = Predictions(
        FINDINGS[1:],
        predictions.image_ids,
        predictions.patient_ids,
        predictions.states[:, 1:],
        predictions.logits[:, 1:],
    )
    both, one = (find(each, promises=PROMISES).output.triage for each in (predictions, alone))
    assert both is not None and one is not None
    assert both.findings[FINDINGS[1]] == one.findings[FINDINGS[1]]


def test_promises_that_cannot_be_given_are_kept_with_what_they_need(predictions: Predictions) -> None:
    promises = Promises(Promise("predictive value", 0.99), Promise("predictive value", 0.99))
    amendment = find(predictions, promises=promises)
    made = amendment.output.triage
    assert made is not None and made.list_deciding() == []
    assert made.findings[FINDINGS[0]].rule_in.why_null is not None
    assert describe_amendment(amendment.output).endswith(
        f"operating points for {', '.join(FINDINGS)} and no triage, and flags no film as out of scope"
    )


def test_what_a_bundle_gives_is_one_sentence(predictions: Predictions) -> None:
    names = ", ".join(FINDINGS)
    expected = f"the bundle now gives probabilities for {names}, operating points for {names} and triage for {names}"
    expected += ", and flags no film as out of scope"
    assert describe_amendment(find(predictions, promises=PROMISES).output) == expected


def test_a_stated_prevalence_shifts_from_that_of_the_images(predictions: Predictions) -> None:
    calibration = find(predictions, Cardiomegaly=0.01).output.calibration
    own = float((predictions.states[:, 0] == 1).mean())
    assert calibration is not None
    assert calibration.shifts == {"Cardiomegaly": PrevalenceShift(own, 0.01)}


def test_few_patients_leave_neither_and_say_why() -> None:
    amendment = find(make_predictions(patients=12))
    assert (amendment.output.calibration, amendment.output.operating_points) == (None, None)
    for finding in FINDINGS:
        assert "expected 20 of each" in str(amendment.calibrations[finding].why_null)
        assert "expected 20 of each" in amendment.why_no_point[finding]


def test_a_specificity_that_no_film_reaches_leaves_no_point(predictions: Predictions) -> None:
    logits = np.where(predictions.states == 1, predictions.logits, 99).astype(np.float32)
    turned = Predictions(
        predictions.findings, predictions.image_ids, predictions.patient_ids, predictions.states, logits
    )
    amendment = find(turned, criterion=Criterion("specificity", 0.9))
    assert amendment.why_no_point["Cardiomegaly"] == "no threshold has specificity 0.9 and calls a film positive"


@pytest.mark.parametrize(
    ("amend", "split", "own", "wanted"),
    [
        (None, "val", True, True),
        (None, "val", False, False),
        (None, "test", True, False),
        (None, "train", True, False),
        (False, "val", True, False),
        (True, "test", True, True),
        (True, "all", False, True),
    ],
)
def test_the_validation_split_of_the_own_data_amends_unless_told_otherwise(
    amend: bool | None, split: str, own: bool, wanted: bool
) -> None:
    assert AmendOptions(amend).is_wanted(split=split, own_data=own) is wanted


@pytest.mark.parametrize("split", ["train", "all"])
def test_images_that_the_model_was_fitted_to_do_not_amend(split: str) -> None:
    with pytest.raises(UserError, match=f"--amend on the split '{split}' of the data that the model was trained on"):
        AmendOptions(True).is_wanted(split=split, own_data=True)


def test_a_criterion_that_would_be_ignored_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"--sensitivity chooses operating points, .* choose on --split val, or add --amend"
    ):
        AmendOptions(criterion=Criterion("sensitivity", 0.95)).is_wanted(split="test", own_data=True)


def test_a_triage_is_made_unless_decisions_by_a_criterion_are_asked_for() -> None:
    target = Criterion("sensitivity", 0.95)
    assert AmendOptions().resolve_promises() == Promises(
        Promise("predictive value", 0.9), Promise("predictive value", 0.95)
    )
    assert AmendOptions(criterion=target).resolve_promises() is None
    assert AmendOptions(criterion=target, promises=PROMISES).resolve_promises() == PROMISES
    assert AmendOptions(triage=False).resolve_promises() is None


@pytest.mark.parametrize(
    ("options", "word"), [(AmendOptions(promises=PROMISES), "--ppv"), (AmendOptions(triage=False), "--no-triage")]
)
def test_words_of_a_triage_that_would_be_ignored_are_refused(options: AmendOptions, word: str) -> None:
    assert options.is_wanted(split="val", own_data=True)
    with pytest.raises(UserError, match=f"{word} is about making a triage, and the bundle keeps what it has"):
        options.is_wanted(split="test", own_data=True)


def test_a_prevalence_is_of_all_findings_or_of_those_that_are_named() -> None:
    assert AmendOptions(prevalence=0.1).resolve_prevalences(("A", "B")) == {"A": 0.1, "B": 0.1}
    assert AmendOptions(prevalence={"B": 0.2}).resolve_prevalences(("A", "B")) == {"B": 0.2}
    assert AmendOptions().resolve_prevalences(("A", "B")) == {}
    with pytest.raises(UserError, match="--prevalence names C, which is not evaluated; name some of A, B"):
        AmendOptions(prevalence={"C": 0.2}).resolve_prevalences(("A", "B"))


def test_the_options_are_the_words_that_give_them() -> None:
    options = AmendOptions(True, Criterion("specificity", 0.9), {"A": 0.25})
    assert options.list_words() == ["--amend", "--specificity", "0.9", "--prevalence", '{"A": 0.25}']
    assert AmendOptions().list_words() == []
    assert AmendOptions(triage=False).list_words() == ["--no-triage"]
    assert AmendOptions(promises=PROMISES).list_words() == ["--ppv", "0.6", "--fnr", "0.2", "--confidence", "0.95"]
    turned = Promises(Promise("error rate", 0.1, 0.9), Promise("predictive value", 0.98, 0.9))
    assert AmendOptions(promises=turned).list_words() == ["--fpr", "0.1", "--npv", "0.98", "--confidence", "0.9"]
