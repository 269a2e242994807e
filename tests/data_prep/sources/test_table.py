"""Any CSV table: states, splits, and rows that cannot be."""

from pathlib import Path

import pytest

from data_prep.sources import SOURCES, Listing
from tests.data_prep.sources.listing import touch
from xray_resnet.config import DataConfig, TableConfig
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.findings import LabelState

TABLE = "path,patient,Edema,Effusion,fold\na.dcm,p1,1,,train\nb/c.dcm,p2,-1,0.0,test\nd.dcm,p3,0,1,\n"


def list_table(root: Path, text: str = TABLE, **settings: object) -> Listing:
    (root / "labels.csv").write_text(text)
    config = DataConfig(findings=["Edema", "Effusion"], table=TableConfig(**settings))  # type: ignore[arg-type]
    return SOURCES["table"].list_records(config, root)


def test_table_values_become_label_states(tmp_path: Path) -> None:
    touch(tmp_path, "a.dcm", "b/c.dcm")
    states = [record.states for record in list_table(tmp_path).records]
    assert states == [
        {"Edema": LabelState.POSITIVE, "Effusion": LabelState.UNMENTIONED},
        {"Edema": LabelState.UNCERTAIN, "Effusion": LabelState.NEGATIVE},
    ]


def test_table_rows_without_a_file_are_counted(tmp_path: Path) -> None:
    touch(tmp_path, "a.dcm", "b/c.dcm")
    assert list_table(tmp_path).notes == {"rows of the table without an image": 1}


def test_a_table_may_name_the_split(tmp_path: Path) -> None:
    touch(tmp_path, "a.dcm", "b/c.dcm", "d.dcm")
    assert [record.split for record in list_table(tmp_path, split_column="fold").records] == ["train", "test", None]


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no column 'Edema'; the nearest is 'Oedema'"):
        list_table(tmp_path, TABLE.replace("Edema", "Oedema"))


def test_another_label_value_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"labels.csv line 3: column 'Edema' holds another value than 1 ") as caught:
        list_table(tmp_path, TABLE.replace("-1", "maybe"))
    assert "maybe" not in str(caught.value)


def test_another_split_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"line 2: column 'fold' is none of train, val, test, blank; restore the original"
    ):
        list_table(tmp_path, TABLE.replace("train", "Doe"), split_column="fold")


def test_a_table_without_a_header_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no column 'path', .*its first line, of 4 cells, must name the columns"):
        list_table(tmp_path, "a.dcm,Doe^John,1,0\n")


def test_an_image_in_two_rows_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.dcm")
    with pytest.raises(UserError, match=r"a.dcm: this image stands in the tables twice"):
        list_table(tmp_path, TABLE + "a.dcm,p9,1,1,\n")


def test_a_table_without_findings_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(TABLE)
    with pytest.raises(ConfigurationError, match="finding_columns is empty"):
        SOURCES["table"].list_records(DataConfig(), tmp_path)


def test_all_mistakes_of_a_table_are_told_at_once(tmp_path: Path) -> None:
    rows = ["a.png,,1", "b.png,p,yes", "../c.png,p,1", *["d.png,,1"] * 12]
    (tmp_path / "labels.csv").write_text("\n".join(["path,patient,Edema", *rows]) + "\n")
    config = DataConfig(source="table", findings=["Edema"])
    with pytest.raises(UserError, match=r"labels\.csv line 2: ") as caught:
        SOURCES["table"].list_records(config, tmp_path)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0].rpartition(" ")[2] for line in lines[:3]] == ["2", "3", "4"]
    assert len(lines) == 11 and lines[-1].endswith("labels.csv: 5 more mistakes like these")
