"""MIMIC-CXR: labels by study, splits by image, DICOM before JPEG."""

import gzip
from pathlib import Path

import pytest

from data_prep.sources import SOURCES
from tests.data_prep.archives import make_mimic_cxr
from tests.data_prep.sources.listing import (
    NEGATIVE,
    NOT_ASSESSED,
    PLANTED,
    POSITIVE,
    UNCERTAIN,
    UNMENTIONED,
    by_name,
    counted,
    list_archive,
)
from xray_resnet.config import DataConfig, MimicCxrConfig
from xray_resnet.errors import UserError


def test_mimic_labels_belong_to_studies_and_one_without_a_report_is_not_assessed(tmp_path: Path) -> None:
    records = by_name(list_archive("mimic_cxr", tmp_path))
    first, last = records["02aa804e-bde0afdd"], records["68b5c4b1-227d0485"]
    assert (first.states["Atelectasis"], first.states["Cardiomegaly"]) == (POSITIVE, UNMENTIONED)
    assert (first.states["Consolidation"], first.states["Edema"]) == (NEGATIVE, UNCERTAIN)
    assert counted(last) == {NOT_ASSESSED: 13}
    assert [record.split for record in records.values()] == ["train", "train", "val", "test", "test"]
    assert first.path.suffix == ".dcm" and last.path.suffix == ".jpg"


def test_mimic_labels_come_from_the_labeller_that_was_asked_for(tmp_path: Path) -> None:
    listing = list_archive("mimic_cxr", tmp_path, DataConfig(mimic_cxr=MimicCxrConfig("negbio")))
    assert by_name(listing)["02aa804e-bde0afdd"].states["Atelectasis"] == NEGATIVE


def test_a_split_of_mimic_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    make_mimic_cxr(tmp_path)
    table = tmp_path / "mimic-cxr-2.0.0-split.csv.gz"
    table.write_bytes(gzip.compress(gzip.decompress(table.read_bytes()).replace(b"validate", PLANTED.encode())))
    with pytest.raises(UserError, match="line 4: column 'split' is none of train, validate, test") as caught:
        SOURCES["mimic_cxr"].list_records(DataConfig(), tmp_path)
    assert PLANTED not in str(caught.value)


def test_mimic_without_its_splits_says_which_table(tmp_path: Path) -> None:
    make_mimic_cxr(tmp_path)
    (tmp_path / "mimic-cxr-2.0.0-split.csv.gz").unlink()
    with pytest.raises(UserError, match=r"there is no mimic-cxr-2.0.0-split.csv.gz"):
        SOURCES["mimic_cxr"].list_records(DataConfig(), tmp_path)


def test_a_table_that_is_no_gzip_is_one_sentence(tmp_path: Path) -> None:
    make_mimic_cxr(tmp_path)
    (tmp_path / "mimic-cxr-2.0.0-split.csv.gz").write_text("dicom_id,split\n")
    with pytest.raises(UserError, match="not a CSV table"):
        SOURCES["mimic_cxr"].list_records(DataConfig(), tmp_path)
