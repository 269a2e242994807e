"""Two evaluations side by side: only over the same images and labels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.builders import make_predictions, write_evaluation
from xray_resnet.errors import UserError
from xray_resnet.evaluation.compare import compare, format_comparison


def test_a_better_model_is_better_by_an_interval_above_zero(tmp_path: Path) -> None:
    worse = write_evaluation(tmp_path / "a", make_predictions(patients=150, separation=0.3))
    better = write_evaluation(tmp_path / "b", make_predictions(patients=150, separation=2.0))
    comparison = compare(worse, better)
    macro = comparison.difference.macro
    assert macro.low is not None and macro.low > 0
    assert macro.value == pytest.approx(comparison.second.macro.value - comparison.first.macro.value)  # type: ignore[operator]


def test_findings_are_matched_by_name(tmp_path: Path) -> None:
    one = make_predictions(findings=("Nodule", "Mass"))
    turned = replace(one, findings=("Mass", "Nodule"), states=one.states[:, ::-1], logits=one.logits[:, ::-1])
    comparison = compare(write_evaluation(tmp_path / "a", one), write_evaluation(tmp_path / "b", turned))
    assert [estimate.value for estimate in comparison.difference.findings] == [0, 0]
    assert comparison.tests[0] is not None and comparison.tests[0].p_value is None


def test_the_p_values_are_corrected_over_the_findings(tmp_path: Path) -> None:
    worse = write_evaluation(tmp_path / "a", make_predictions(patients=150, separation=0.3))
    better = write_evaluation(tmp_path / "b", make_predictions(patients=150, separation=2.0))
    comparison = compare(worse, better)
    raw = [test.p_value for test in comparison.tests if test is not None]
    assert min(comparison.p_values) == pytest.approx(len(raw) * min(raw))  # type: ignore[type-var]


def test_no_interval_contradicts_its_p_value(tmp_path: Path) -> None:
    one, other = (make_predictions(patients=30, separation=1.0 + 0.3 * seed, seed=seed) for seed in (1, 2))
    comparison = compare(write_evaluation(tmp_path / "a", one), write_evaluation(tmp_path / "b", other))
    for estimate, test in zip(comparison.difference.findings, comparison.tests, strict=True):
        assert test is not None and test.p_value is not None and estimate.value == pytest.approx(test.difference)
        assert estimate.low is not None and estimate.high is not None
        assert (test.p_value < 0.05) == (estimate.low * estimate.high > 0)


def test_other_images_are_refused(tmp_path: Path) -> None:
    one, other = make_predictions(patients=40), make_predictions(patients=41)
    with pytest.raises(UserError, match="80 and 82 images, 80 of them the same; evaluate both on the same"):
        compare(write_evaluation(tmp_path / "a", one), write_evaluation(tmp_path / "b", other))


def test_other_labels_of_the_same_images_are_refused(tmp_path: Path) -> None:
    one = make_predictions()
    other = replace(one, states=1 - one.states)
    with pytest.raises(UserError, match="labels of the same images differ"):
        compare(write_evaluation(tmp_path / "a", one), write_evaluation(tmp_path / "b", other))


def test_models_without_a_common_finding_are_refused(tmp_path: Path) -> None:
    one, other = make_predictions(findings=["Nodule"]), make_predictions(findings=["Mass"])
    with pytest.raises(UserError, match="no finding in common, Nodule against Mass"):
        compare(write_evaluation(tmp_path / "a", one), write_evaluation(tmp_path / "b", other))


def test_the_table_has_a_row_per_finding_and_the_macro_average(tmp_path: Path) -> None:
    predictions = make_predictions()
    states = np.array(predictions.states)
    states[:, 1] = 0
    folder = write_evaluation(tmp_path, replace(predictions, states=states))
    rows = format_comparison(compare(folder, folder), names=("plain", "noise")).splitlines()
    assert rows[0].startswith("| finding | plain | noise |")
    assert "– (no positive image)" in rows[3]
    assert rows[-1].startswith("| macro |")
