"""The gate over the DICOM files of ten public test suites."""

import shutil
from pathlib import Path

import pytest

from tests.dicom.compare import compare
from tests.dicom.conformance import CLASSES, READING, Verdict, format_table, judge_all
from tests.dicom.dcmtk import PROGRAMS
from xray_resnet.dicom import Flag, Reason, prepare


@pytest.fixture(scope="module")
def verdicts(shared: Path) -> list[Verdict]:
    return judge_all(shared / "data" / "dicom_conformance")


def test_every_file_gets_one_verdict_from_the_closed_list(verdicts: list[Verdict]) -> None:
    assert len(verdicts) == 300
    assert {verdict.found for verdict in verdicts} <= {"accepted", *Reason}


def test_every_chest_radiograph_is_accepted_and_nothing_else(verdicts: list[Verdict]) -> None:
    # Among the accepted are body parts RIBCAGE, THORAX and none.
    accepted = {verdict.path for verdict in verdicts if verdict.found == "accepted"}
    chests = {verdict.path for verdict in verdicts if verdict.expected == "chest radiograph"}
    assert accepted == {path for path in chests if not path.endswith("dx_image.dcm")}
    assert len(accepted) == 11


def test_what_is_no_frontal_chest_is_seen_where_the_header_is_silent(verdicts: list[Verdict]) -> None:
    """A dog's thorax from the side; its header says DX and THORAX, no view, and nothing of the species."""
    (dog,) = (verdict for verdict in verdicts if verdict.path.endswith("highdicom/data/test_files/dx_image.dcm"))
    assert dog.found == Reason.NOT_A_CHEST


def test_a_film_with_the_wrong_polarity_in_its_header_is_flagged(shared: Path) -> None:
    folder = shared / "data/dicom_conformance/mlmed+torchxrayvision/tests"
    assert prepare(folder / "Fake_MONOHR1.dcm", READING).flags == (Flag.INVERTED, Flag.SECONDARY_CAPTURE)


@pytest.mark.parametrize(
    ("kind", "reasons"),
    [
        ("colour", {Reason.COLOUR, Reason.NO_PIXELS}),
        ("multi-frame", {Reason.MULTI_FRAME}),
        ("other modality", {Reason.WRONG_MODALITY, Reason.TOO_SMALL, Reason.NO_PIXELS}),
        ("other radiograph", {Reason.WRONG_BODY_PART, Reason.TOO_SMALL}),
        ("no image", {Reason.NO_PIXELS, Reason.TRUNCATED, Reason.NOT_DICOM}),
        ("undecodable", {Reason.DECODE_FAILED}),
    ],
)
def test_the_reason_fits_what_the_file_is(verdicts: list[Verdict], kind: str, reasons: set[Reason]) -> None:
    found = {verdict.found for verdict in verdicts if verdict.expected == kind}
    assert found and found <= reasons


def test_the_table_counts_every_file(verdicts: list[Verdict]) -> None:
    lines = format_table(verdicts).splitlines()
    counts = [int(word) for line in lines[1:] for word in line[18:].split() if word.isdigit()]
    assert len(lines) == 1 + len(CLASSES) and sum(counts) == 300


@pytest.mark.skipif(any(shutil.which(program) is None for program in PROGRAMS), reason="dcmtk or gdcmconv is missing")
def test_what_is_shown_of_grey_frames_is_what_their_referees_show(shared: Path, tmp_path: Path) -> None:
    """A third of the files; `make conformance` compares all."""
    folder = shared / "data" / "dicom_conformance"
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()][::3]
    compared = {path.name: compare(path, tmp_path) for path in files}
    differing = {name: item for name, item in compared.items() if item is not None and not item.is_alike}
    assert not differing
    assert sum(item is not None for item in compared.values()) >= 35
