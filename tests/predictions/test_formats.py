"""What other programs find in a prediction table, format by format."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from xray_resnet.model_output import Outcome
from xray_resnet.predictions import FORMATS, WRITERS, Prediction, read_predictions
from xray_resnet.predictions.prediction import name_outcome
from xray_resnet.predictions.table import Format

FINDINGS = ("Nodule",)
SURE = Prediction(Path("a.dcm"), "ok", flags=("inverted",), scores={"Nodule": 2 / 3}, decisions={"Nodule": "negative"})


def write(path: Path, *predictions: Prediction) -> Path:
    kind: Format = path.suffix[1:]  # type: ignore[assignment]
    with WRITERS[kind](path, FINDINGS) as write_row:
        for prediction in predictions:
            write_row(prediction)
    return path


def test_csv_has_six_decimals_and_leaves_cells_without_a_value_empty(tmp_path: Path) -> None:
    lines = write(tmp_path / "predictions.csv", SURE).read_text().splitlines()
    assert lines[1:] == ["a.dcm,,ok,,inverted,0.666667,,negative"]


def test_a_score_of_nothing_is_a_number_and_not_an_empty_cell(tmp_path: Path) -> None:
    sure = Prediction(Path("a.dcm"), "ok", scores={"Nodule": 0.0}, probabilities={"Nodule": 1.0})
    assert write(tmp_path / "predictions.csv", sure).read_text().splitlines()[1] == "a.dcm,,ok,,,0.000000,1.000000,"


def test_csv_quotes_what_would_break_its_lines(tmp_path: Path) -> None:
    """RFC 4180, 2.6 and 2.7."""
    path = write(tmp_path / "predictions.csv", Prediction(Path('a "1", b.dcm'), "rejected", reason="blank"))
    assert path.read_text().splitlines()[1].startswith('"a ""1"", b.dcm",')
    with path.open(newline="") as file:
        assert [row["path"] for row in csv.DictReader(file)] == ['a "1", b.dcm']


def test_json_is_one_array_and_json_lines_an_object_a_line(tmp_path: Path) -> None:
    whole = json.loads(write(tmp_path / "predictions.json", SURE, SURE).read_text())
    lines = write(tmp_path / "predictions.jsonl", SURE, SURE).read_text().splitlines()
    assert whole == [json.loads(line) for line in lines] and len(whole) == 2
    assert whole[0]["nodule_score"] == 0.666667 and whole[0]["nodule_probability"] is None


def test_json_without_rows_is_an_empty_array(tmp_path: Path) -> None:
    assert json.loads(write(tmp_path / "predictions.json").read_text()) == []


def test_json_holds_no_value_that_the_standard_lacks(tmp_path: Path) -> None:
    """RFC 8259, 6: NaN is not permitted."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(tmp_path / "predictions.json", Prediction(Path("a.dcm"), "ok", scores={"Nodule": float("nan")}))


def test_parquet_has_numbers_and_nulls(tmp_path: Path) -> None:
    table = pq.read_table(write(tmp_path / "predictions.parquet", SURE))
    assert table.column("nodule_score").to_pylist() == [0.666667]
    assert table.column("nodule_probability").null_count == 1
    assert [str(table.schema.field(f"nodule_{kind}").type) for kind in ("score", "probability", "decision")] == [
        "double",
        "double",
        "string",
    ]


def test_parquet_keeps_the_rows_of_every_group_in_order(tmp_path: Path) -> None:
    many = [Prediction(Path(f"{number}.dcm"), "rejected", reason="blank") for number in range(10_000)]
    path = write(tmp_path / "predictions.parquet", *many)
    assert pq.ParquetFile(path).num_row_groups > 1
    assert read_predictions(path, FINDINGS) == many


@pytest.mark.parametrize("kind", FORMATS)
def test_a_table_that_was_not_finished_does_not_appear(tmp_path: Path, kind: Format) -> None:
    path = tmp_path / f"predictions.{kind}"
    with pytest.raises(RuntimeError, match="no more"), WRITERS[kind](path, FINDINGS) as write_row:
        write_row(SURE)
        raise RuntimeError("no more")
    assert list(tmp_path.iterdir()) == []


def test_a_finding_without_calibration_or_operating_point_is_left_out_and_not_negative() -> None:
    outcome = Outcome(
        np.array([[0.1, 0.2, 0.3], [0.7, 0.8, 0.9]]),
        np.array([[0.5, 0.5, 0.5], [0.25, np.nan, 0.75]]),
        np.array([[1, 1, 1], [0, 1, -1]], np.int8),
        np.full((2, 3), -2, np.int8),
        np.array([False, False]),
    )
    assert name_outcome(outcome, 1, ("a", "b", "c")) == {
        "scores": {"a": 0.7, "b": 0.8, "c": 0.9},
        "probabilities": {"a": 0.25, "c": 0.75},
        "decisions": {"a": "negative", "b": "positive"},
    }


def test_a_triage_is_the_decision_and_the_operating_point_only_where_there_is_none() -> None:
    decisions, triage = np.array([[1, 1, 0, 0, -1]], np.int8), np.array([[1, 0, -1, -2, -2]], np.int8)
    outcome = Outcome(np.full((1, 5), 0.5), np.full((1, 5), np.nan), decisions, triage, np.array([False]))
    words = name_outcome(outcome, 0, tuple("abcde"))["decisions"]
    assert words == {"a": "rule-in", "b": "rule-out", "c": "uncertain", "d": "negative"}
