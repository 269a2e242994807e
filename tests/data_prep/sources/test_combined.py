"""Several sources as one."""

from pathlib import Path

import pytest

from data_prep.sources import SOURCES
from tests.data_prep.archives import make_rsna_pneumonia, make_siim_pneumothorax
from tests.data_prep.sources.listing import prepare
from xray_resnet.config import CombinedConfig, DataConfig, MemberConfig
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.findings import LabelState
from xray_resnet.store import open_dataset


def combined(**members: MemberConfig) -> CombinedConfig:
    return CombinedConfig(members)


def test_members_of_a_combination_keep_their_labels_and_are_silent_on_others(tmp_path: Path) -> None:
    make_rsna_pneumonia(tmp_path / "archives/rsna")
    make_siim_pneumothorax(tmp_path / "archives/siim")
    members = combined(a=MemberConfig("rsna_pneumonia", "rsna"), b=MemberConfig("siim_pneumothorax", "siim"))
    dataset = open_dataset(prepare("combined", tmp_path / "archives", tmp_path / "dataset", combined=members))
    assert dataset.findings == ("Pneumonia", "Lung_Opacity", "Pneumothorax")
    rows = {tuple(row) for row in dataset.states.tolist()}
    assert rows == {(1, 1, 3), (0, 0, 3), (3, 3, 1), (3, 3, 0)}


def test_each_image_keeps_the_name_of_its_member(tmp_path: Path) -> None:
    make_rsna_pneumonia(tmp_path / "archives/rsna")
    make_siim_pneumothorax(tmp_path / "archives/siim")
    members = combined(a=MemberConfig("rsna_pneumonia", "rsna"), b=MemberConfig("siim_pneumothorax", "siim"))
    dataset = open_dataset(prepare("combined", tmp_path / "archives", tmp_path / "dataset", combined=members))
    of_siim = dataset.states[:, 2] != LabelState.NOT_ASSESSED
    assert dataset.sources == ["b" if siim else "a" for siim in of_siim]
    assert set(dataset.sources) == {"a", "b"}
    assert "source" not in dataset.keywords


def test_a_source_alone_is_that_of_all_its_images(tmp_path: Path) -> None:
    make_siim_pneumothorax(tmp_path / "archives")
    dataset = open_dataset(prepare("siim_pneumothorax", tmp_path / "archives", tmp_path / "dataset"))
    assert set(dataset.sources) == {"siim_pneumothorax"}


def test_a_patient_of_two_members_is_one_where_the_archives_say_so(tmp_path: Path) -> None:
    make_rsna_pneumonia(tmp_path / "rsna")
    members = combined(a=MemberConfig("rsna_pneumonia", "rsna"), b=MemberConfig("rsna_pneumonia", "rsna"))
    listing = SOURCES["combined"].list_records(DataConfig(combined=members), tmp_path)
    assert [record.name for record in listing.records if record.patient == "nih_chestxray14 13"] == ["a/bb-2", "b/bb-2"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "data.combined.members is empty"),
        ({"a": MemberConfig("phantom", "x")}, "data.combined.members.a.source is 'phantom'; a member is one of"),
    ],
)
def test_a_combination_that_cannot_be_is_refused(
    members: dict[str, MemberConfig], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        SOURCES["combined"].list_records(DataConfig(combined=CombinedConfig(members)), tmp_path)


def test_a_member_stays_below_the_root(tmp_path: Path) -> None:
    members = combined(a=MemberConfig("rsna_pneumonia", "../elsewhere"))
    with pytest.raises(UserError, match="leaves the source folder"):
        SOURCES["combined"].list_records(DataConfig(combined=members), tmp_path)
