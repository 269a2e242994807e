"""What the analyses of calibration and of operating points say, show and warn of."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, confusion_matrix

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_output
from xray_resnet.evaluation.analyses import ANALYSES
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.result import Result
from xray_resnet.model_output import PrevalenceShift
from xray_resnet.store import Dataset, open_dataset

FINDINGS = ("Cardiomegaly", "Effusion")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=1000))


@pytest.fixture(scope="module")
def evidence(dataset: Dataset) -> Evidence:
    return make_evidence(dataset, stated=make_output(FINDINGS))


def analyse(name: str, evidence: Evidence) -> Result:
    return ANALYSES[name].analyse(evidence)


def warn(name: str, evidence: Evidence) -> dict[str, str]:
    return {caveat.name: caveat.rank.name for caveat in analyse(name, evidence).warnings}


def test_figures_before_and_after_are_those_of_scores_and_probabilities(evidence: Evidence) -> None:
    effusion = analyse("calibration", evidence).figures["calibration"]["findings"]["Effusion"]
    labels, logits = evidence.predictions.labels[:, 1], evidence.predictions.logits[:, 1].astype(float)
    before, after = (1 / (1 + np.exp(-line)) for line in (logits, 0.5 * logits + 0.25))
    assert effusion["method"] == "platt"
    assert effusion["before"]["brier"]["score"] == pytest.approx(brier_score_loss(labels, before), abs=1e-12)
    assert effusion["after"]["brier"]["score"] == pytest.approx(brier_score_loss(labels, after), abs=1e-12)
    saved = effusion["before"]["log_loss"] - effusion["after"]["log_loss"]
    assert effusion["log_loss_saved"]["value"] == pytest.approx(saved)


def test_probabilities_that_say_less_than_the_prevalence_are_warned_of(dataset: Dataset) -> None:
    """Sure and at random: each miss costs more than all hits bring."""
    labels = (dataset.states[dataset.indices("test")][:, 1] == 1).mean()
    entropy = -(labels * np.log(labels) + (1 - labels) * np.log(1 - labels))
    result = analyse("calibration", make_evidence(dataset, separation=0, stated=make_output(FINDINGS, slope=5)))
    effusion = result.figures["calibration"]["findings"]["Effusion"]
    saved = effusion["log_loss_saved_over_prevalence"]
    assert saved["value"] == pytest.approx(entropy - effusion["after"]["log_loss"]) and saved["high"] < 0
    (warning,) = (each for each in result.warnings if each.name == "worse_than_prevalence")
    assert warning.rank.name == "SERIOUS"
    assert f"Pleural effusion ({effusion['after']['log_loss']:.3f} against {entropy:.3f})" in warning.text


def test_probabilities_that_say_more_than_the_prevalence_are_not(dataset: Dataset) -> None:
    stated = make_output(FINDINGS, slope=3, intercept=-4)
    assert "worse_than_prevalence" not in warn("calibration", make_evidence(dataset, separation=3, stated=stated))


def test_the_error_stands_beside_what_perfect_probabilities_would_show(evidence: Evidence) -> None:
    result = analyse("calibration", evidence)
    after = result.figures["calibration"]["findings"]["Effusion"]["after"]
    perfect = after["if_perfect"]
    assert perfect["p_value"] < 0.05 and 0 < perfect["calibration_error_l2_debiased"] < 0.2
    assert after["calibration_error_l2_debiased"] > perfect["calibration_error_l2_debiased"]
    assert after["ece_l1_plugin"] > perfect["ece_l1_plugin"] > perfect["calibration_error_l2_debiased"] / 2
    page = render_report(evidence, {"calibration": result}, command="")
    error, chance = (each["calibration_error_l2_debiased"] for each in (after, perfect))
    assert f'<b>{error:.3f}</b><div class="muted">≤ {chance:.3f}</div>' in page


def test_a_finding_without_calibration_has_its_reason_and_nothing_after(evidence: Evidence) -> None:
    figures = analyse("calibration", evidence).figures["calibration"]["findings"]["Cardiomegaly"]
    assert (figures["method"], figures["after"], figures["log_loss_saved"]) == (None, None, None)
    assert figures["why_null"] == "the split that the calibration was made on did not give one"


def test_a_shift_of_prevalence_does_not_touch_the_calibration_that_is_measured(evidence: Evidence) -> None:
    """The images have their own prevalence, not that where the model is used."""
    output = make_output(FINDINGS)
    assert output.calibration is not None
    shifted = replace(output.calibration, shifts={"Effusion": PrevalenceShift(0.5, 0.01)})
    moved = replace(evidence, stated=replace(output, calibration=shifted))
    assert analyse("calibration", moved).figures == analyse("calibration", evidence).figures


def test_decisions_are_counted_as_scikit_learn_counts_them(evidence: Evidence) -> None:
    figures = analyse("operating_points", evidence).figures["operating_points"]["findings"]["Effusion"]["figures"]
    called = evidence.predictions.logits[:, 1] >= 0.5
    (tn, fp), (fn, tp) = confusion_matrix(evidence.predictions.labels[:, 1], called)
    names = ("true_negatives", "false_positives", "false_negatives", "true_positives")
    assert [figures[name] for name in names] == [tn, fp, fn, tp]
    assert figures["ppv"]["value"] == pytest.approx(tp / (tp + fp))


def test_a_model_without_them_is_told_what_makes_them(dataset: Dataset) -> None:
    plain = make_evidence(dataset)
    assert warn("calibration", plain) == {"uncalibrated": "NOTE"}
    assert warn("operating_points", plain) == {"no_operating_points": "NOTE"}
    assert analyse("operating_points", plain).section is None


def test_the_split_that_they_were_made_on_flatters(dataset: Dataset, evidence: Evidence) -> None:
    seen = make_evidence(dataset, split="val", stated=make_output(FINDINGS))
    assert warn("calibration", seen).items() >= {"calibrated_on_these_images": "CAUTION"}.items()
    assert warn("operating_points", seen).items() >= {"points_chosen_on_these_images": "CAUTION"}.items()
    assert "calibrated_on_these_images" not in warn("calibration", evidence)
    assert "points_chosen_on_these_images" not in warn("operating_points", evidence)


def test_a_calibration_that_harms_is_warned_of(dataset: Dataset) -> None:
    """The logits of these images are normal, higher by 1 with the finding: half of the images have it, so that the
    probability is the sigmoid of the logit less one half."""
    overconfident = make_evidence(dataset, stated=make_output(FINDINGS, slope=20.0))
    assert warn("calibration", overconfident).items() >= {"calibration_harms": "CAUTION"}.items()
    right = make_evidence(dataset, stated=make_output(FINDINGS, slope=1.0, intercept=-0.5))
    assert "calibration_harms" not in warn("calibration", right)


def test_another_precision_is_noted(dataset: Dataset) -> None:
    other = make_evidence(dataset, stated=make_output(FINDINGS), precision="bf16")
    assert warn("calibration", other).items() >= {"calibrated_in_another_precision": "NOTE"}.items()


def test_the_page_shows_reasons_for_what_is_missing_and_no_none(evidence: Evidence) -> None:
    used = replace(evidence, prevalences={"Effusion": 0.02})
    results = {name: analyse(name, used) for name in ("calibration", "operating_points")}
    page = render_report(used, results, command="xray-eval").split("</style>")[1]
    assert page.count("did not give one") >= 2
    assert "where it is used" in page and "2.0 %" in page
    assert ">None<" not in page


def test_decisions_that_do_more_harm_than_none_are_warned_of(dataset: Dataset) -> None:
    """Scores that are lower with the finding: most calls are false alarms."""
    stated = make_output(FINDINGS, slope=1, intercept=0)
    result = analyse("operating_points", make_evidence(dataset, separation=-2, stated=stated))
    (warning,) = (each for each in result.warnings if each.name == "decisions_harm")
    low, high = result.figures["operating_points"]["findings"]["Effusion"]["harm"]
    assert low <= 1 / (1 + np.exp(-0.5)) <= high
    assert warning.rank.name == "SERIOUS" and f"Pleural effusion (acting from {low:.2f} to {high:.2f})" in warning.text


def test_decisions_that_help_are_not(dataset: Dataset) -> None:
    stated = make_output(FINDINGS, slope=2, intercept=-2)
    result = analyse("operating_points", make_evidence(dataset, separation=2, stated=stated))
    assert result.figures["operating_points"]["findings"]["Effusion"]["harm"] is None
    assert "decisions_harm" not in {each.name for each in result.warnings}
