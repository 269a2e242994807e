"""The table of predictions, on disk and back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.evaluation.builders import make_predictions, write_evaluation
from xray_resnet.errors import UserError
from xray_resnet.evaluation.predictions import FILE, read_predictions
from xray_resnet.findings import LabelState


def test_predictions_come_back_from_disk_as_they_went(tmp_path: Path) -> None:
    before = make_predictions()
    after = read_predictions(write_evaluation(tmp_path, before))
    assert after.findings == before.findings
    for name in ("image_ids", "patient_ids", "states", "logits"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))


def test_the_table_has_label_score_and_logit_of_every_finding(tmp_path: Path) -> None:
    predictions = make_predictions()
    table = pq.read_table(write_evaluation(tmp_path, predictions) / FILE)
    names = [f"pleural_thickening_{kind}" for kind in ("label", "score", "logit")]
    assert table.column_names[:2] == ["image_id", "patient_id"]
    assert table.column_names[-3:] == names
    logits = table["pleural_thickening_logit"].to_numpy()
    np.testing.assert_allclose(table["pleural_thickening_score"].to_numpy(), 1 / (1 + np.exp(-logits)), rtol=1e-5)


def test_large_logits_give_scores_without_overflow() -> None:
    predictions = make_predictions(patients=1, images=1)
    extreme = replace(predictions, logits=np.array([[-1e4, 1e4]], np.float32))
    np.testing.assert_array_equal(extreme.scores, [[0, 1]])


def test_uncertain_and_not_assessed_are_left_out_and_unmentioned_is_negative() -> None:
    predictions = make_predictions(patients=5, images=1, findings=["Nodule"])
    states = np.array([[state] for state in LabelState], np.int8)
    np.testing.assert_array_equal(replace(predictions, states=states).labels.ravel(), [1, 0, np.nan, 0, np.nan])


def test_a_folder_without_predictions_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no predictions\.parquet in it; name a folder that xray-eval wrote"):
        read_predictions(tmp_path)


def test_scores_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    predictions = make_predictions(patients=3)
    logits = predictions.logits.copy()
    logits[1, 0] = logits[4, 1] = np.nan
    folder = write_evaluation(tmp_path / "a", replace(predictions, logits=logits))
    with pytest.raises(UserError, match=r"predictions\.parquet: 2 of 6 images have no finite score; run xray-eval"):
        read_predictions(folder)
