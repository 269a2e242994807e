"""A prediction table reads back as it was written, in every format."""

import json
from pathlib import Path

import pytest

from xray_resnet.errors import UserError
from xray_resnet.predictions import FORMATS, WRITERS, Prediction, list_columns, read_predictions, to_row
from xray_resnet.predictions.table import Format

FINDINGS = ("Nodule", "Pleural Effusion")
PREDICTIONS = [
    Prediction(
        Path("in/a, b.dcm"),
        "ok",
        sop_instance_uid="1.2.3",
        flags=("inverted", "secondary_capture"),
        scores={"Nodule": 0.25, "Pleural Effusion": 0.75},
        probabilities={"Nodule": 0.125},
        decisions={"Pleural Effusion": "positive"},
    ),
    Prediction(Path("in/c.dcm"), "ok", decisions={"Nodule": "rule-in", "Pleural Effusion": "uncertain"}),
    Prediction(Path("in/d.dcm"), "ok", decisions={"Nodule": "rule-out", "Pleural Effusion": "negative"}),
    Prediction(Path("in/ö.dcm"), "rejected", reason="blank"),
]


@pytest.fixture(params=FORMATS)
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    table_format: Format = request.param
    path = tmp_path / f"predictions.{table_format}"
    with WRITERS[table_format](path, FINDINGS) as write:
        for prediction in PREDICTIONS:
            write(prediction)
    return path


def test_what_was_written_is_read(table: Path) -> None:
    assert read_predictions(table, FINDINGS) == PREDICTIONS


@pytest.mark.parametrize("name", ["=cmd|' '!A0.dcm", "+1.dcm", "-1.dcm", "@x.dcm"])
def test_no_path_is_a_formula_and_each_is_still_the_file(name: str) -> None:
    row = to_row(Prediction(Path(name), "rejected", reason="blank"), FINDINGS)
    assert row["path"] == f"./{name}"
    assert Path(str(row["path"])) == Path(name)


def test_other_findings_are_refused(table: Path) -> None:
    with pytest.raises(UserError, match="not a table of these findings"):
        read_predictions(table, ("Hernia",))


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a table ends in \.csv, \.json, \.jsonl, \.parquet"):
        read_predictions(tmp_path / "predictions.xlsx", FINDINGS)


def test_a_status_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    row = to_row(PREDICTIONS[0], FINDINGS) | {"status": "fine"}
    path.write_text(str(row).replace("'", '"').replace("None", "null"))
    with pytest.raises(UserError, match="expected ok or rejected"):
        read_predictions(path, FINDINGS)


def test_a_decision_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps(to_row(PREDICTIONS[0], FINDINGS) | {"nodule_decision": "perhaps"}))
    words = "decision is 'perhaps', expected one of positive, negative, rule-in, rule-out, uncertain"
    with pytest.raises(UserError, match=words):
        read_predictions(path, FINDINGS)


def test_the_columns_are_in_their_documented_order() -> None:
    assert list_columns(("Pleural Effusion",)) == [
        *("path", "sop_instance_uid", "status", "reason", "flags"),
        *("pleural_effusion_score", "pleural_effusion_probability", "pleural_effusion_decision"),
    ]


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    with WRITERS["csv"](tmp_path / "predictions.csv", FINDINGS):
        pass
    assert (tmp_path / "predictions.csv").read_text() == ",".join(list_columns(FINDINGS)) + "\n"
