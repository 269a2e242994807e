"""The gate's verdicts by the header alone."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import ComputedRadiographyImageStorage, SecondaryCaptureImageStorage

from tests.builders import write_dicom
from tests.dicom.parts import code_sequence, make_gradient, write_carelessly, write_in
from xray_resnet.dicom import REASON_TEXTS, Gate, Reason, RejectedImage, read_radiograph

COLOUR = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
PLANTED = "PLANTED^NAME"

# Elements of an otherwise good file, and the reason that they give.
BAD_HEADERS: dict[str, tuple[dict[str, Any], Reason]] = {
    "no pixels": ({"PixelData": None}, Reason.NO_PIXELS),
    "no rows": ({"Rows": None}, Reason.NO_PIXELS),
    "no columns": ({"Columns": 0}, Reason.NO_PIXELS),
    "frames": ({"NumberOfFrames": 2, "PixelData": bytes(2 * 64 * 80 * 2)}, Reason.MULTI_FRAME),
    "frames, the second cut": ({"NumberOfFrames": 2, "PixelData": bytes(3 * 64 * 80)}, Reason.MULTI_FRAME),
    "photometric missing": ({"PhotometricInterpretation": None}, Reason.UNKNOWN_PHOTOMETRIC),
    "photometric blank": ({"PhotometricInterpretation": " "}, Reason.UNKNOWN_PHOTOMETRIC),
    "photometric unheard of": ({"PhotometricInterpretation": "MONOCHROME3"}, Reason.UNKNOWN_PHOTOMETRIC),
    "grey of three samples": ({"SamplesPerPixel": 3}, Reason.COLOUR),
    "colour in lower case": ({"PhotometricInterpretation": "ybr_full_422"}, Reason.COLOUR),
    "palette": ({"PhotometricInterpretation": "PALETTE COLOR"}, Reason.COLOUR),
    "CT": ({"Modality": "CT"}, Reason.WRONG_MODALITY),
    "mammogram": ({"Modality": "MG"}, Reason.WRONG_MODALITY),
    "no modality, no class that says it": (
        {"Modality": None, "SOPClassUID": SecondaryCaptureImageStorage},
        Reason.WRONG_MODALITY,
    ),
    "hand": ({"BodyPartExamined": "HAND"}, Reason.WRONG_BODY_PART),
    "thoracic spine": ({"BodyPartExamined": "THORACIC SPINE"}, Reason.WRONG_BODY_PART),
    "chest spine": ({"BodyPartExamined": "BRUSTWIRBEL"}, Reason.WRONG_BODY_PART),
    "clavicle": ({"BodyPartExamined": "CLAVICLE"}, Reason.WRONG_BODY_PART),
    "no rib": ({"BodyPartExamined": "CARIBBEAN"}, Reason.WRONG_BODY_PART),
    "abdomen": ({"BodyPartExamined": "ABDOMEN"}, Reason.WRONG_BODY_PART),
    "lateral by position": ({"ViewPosition": "LL"}, Reason.LATERAL_VIEW),
    "lateral in words": ({"ViewPosition": "LATERAL"}, Reason.LATERAL_VIEW),
    "lateral across the table": ({"ViewPosition": "XTABLE LAT"}, Reason.LATERAL_VIEW),
    "lateral standing": ({"ViewPosition": "LATERAL UPRIGHT"}, Reason.LATERAL_VIEW),
    "lateral by code": (
        {"ViewPosition": "", "ViewCodeSequence": code_sequence("left lateral")},
        Reason.LATERAL_VIEW,
    ),
    "lateral by SNOMED code": (
        {"ViewPosition": "", "ViewCodeSequence": code_sequence("seitlich", value="399173006")},
        Reason.LATERAL_VIEW,
    ),
    "lateral by orientation": ({"ViewPosition": None, "PatientOrientation": ["P", "F"]}, Reason.LATERAL_VIEW),
    "lateral by orientation, whatever its view": (
        {"ViewPosition": "UPRIGHT", "PatientOrientation": ["A", "F"]},
        Reason.LATERAL_VIEW,
    ),
    "lateral in the series' words": (
        {"ViewPosition": None, "SeriesDescription": "Thorax seitlich"},
        Reason.LATERAL_VIEW,
    ),
    "lateral in the protocol's words": (
        {"ViewPosition": "ERECT", "ProtocolName": "CHEST LAT"},
        Reason.LATERAL_VIEW,
    ),
    "lateral in the study's words": (
        {"ViewPosition": None, "StudyDescription": "XR CHEST LATERAL"},
        Reason.LATERAL_VIEW,
    ),
    "hand in the series' words": ({"BodyPartExamined": None, "SeriesDescription": "Hand PA"}, Reason.WRONG_BODY_PART),
    "knee in the protocol's words": ({"BodyPartExamined": "", "ProtocolName": "KNIE AP"}, Reason.WRONG_BODY_PART),
    "spine in the study's words": (
        {"BodyPartExamined": None, "StudyDescription": "XR THORACIC SPINE 2 VIEWS"},
        Reason.WRONG_BODY_PART,
    ),
    "planted words": (
        {"BodyPartExamined": None, "StudyDescription": f"{PLANTED} foot"},
        Reason.WRONG_BODY_PART,
    ),
    "too small": ({"Rows": 63}, Reason.TOO_SMALL),
    "too large": ({"Rows": 60000, "Columns": 60000}, Reason.TOO_LARGE),
    "planted modality": ({"Modality": PLANTED}, Reason.WRONG_MODALITY),
    "planted code": ({"Modality": "PLANTEDID"}, Reason.WRONG_MODALITY),
    "planted photometric": ({"PhotometricInterpretation": PLANTED}, Reason.UNKNOWN_PHOTOMETRIC),
    "planted body part": ({"BodyPartExamined": PLANTED}, Reason.WRONG_BODY_PART),
}


def rejection(path: Path, gate: Gate = Gate()) -> RejectedImage:  # noqa: B008  frozen
    with pytest.raises(RejectedImage, match=r"^[a-z_]+: \S") as caught:
        read_radiograph(path, gate=gate)
    return caught.value


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_a_bad_header_is_rejected_with_its_reason(tmp_path: Path, name: str) -> None:
    elements, reason = BAD_HEADERS[name]
    rejected = rejection(write_carelessly(tmp_path / "a.dcm", make_gradient(), **elements))
    assert rejected.reason == reason
    assert "PLANTED" not in rejected.detail


@pytest.mark.parametrize("kept_in", ["SOPClassUID", "file meta"])
def test_a_film_whose_modality_was_taken_out_is_told_by_its_class(tmp_path: Path, kept_in: str) -> None:
    """As VinDr-CXR's de-identification leaves its films."""
    path = write_dicom(tmp_path / "a.dcm", SOPClassUID=ComputedRadiographyImageStorage)
    dataset = dcmread(path)
    dataset.file_meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    del dataset.Modality
    if kept_in == "file meta":
        del dataset.SOPClassUID
    dataset.save_as(path)
    assert read_radiograph(path).facts["Modality"] == "CR"


def test_a_film_without_modality_or_class_passes_where_the_empty_modality_is_named(tmp_path: Path) -> None:
    elements = {"Modality": None, "SOPClassUID": SecondaryCaptureImageStorage}
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), **elements)
    assert read_radiograph(path, gate=Gate(modalities=("CR", ""))).pixels.any()


def test_a_secondary_capture_is_rejected_only_where_that_is_wanted(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), SOPClassUID=SecondaryCaptureImageStorage)
    assert read_radiograph(path).pixels.any()
    assert rejection(path, Gate(accept_secondary_capture=False)).reason == Reason.SECONDARY_CAPTURE
    dataset = dcmread(path)
    del dataset.SOPClassUID  # the file meta still tells
    dataset.save_as(path)
    assert rejection(path, Gate(accept_secondary_capture=False)).reason == Reason.SECONDARY_CAPTURE


@pytest.mark.parametrize(
    "elements",
    [
        {"ViewPosition": None, "StudyDescription": "CHEST PA AND LATERAL"},
        {"ViewPosition": None, "StudyDescription": "XR CHEST 2 VIEWS LAT"},
        {"ViewPosition": None, "SeriesDescription": "CHEST PA", "StudyDescription": "CHEST LATERAL"},
        {"ViewPosition": "PA", "SeriesDescription": "CHEST LATERAL"},
        {"ViewPosition": None, "SeriesDescription": "LEFT LATERAL DECUBITUS"},
        {"BodyPartExamined": None, "StudyDescription": "CHEST AND RIGHT HAND"},
        {"BodyPartExamined": None, "StudyDescription": "CHEST AND T-SPINE"},
        {"BodyPartExamined": "CHEST", "ProtocolName": "HAND"},
        {"BodyPartExamined": None, "SeriesDescription": "HEAD OF BED UP, ARMS DOWN, HANDHELD"},
    ],
    ids=str,
)
def test_words_decide_only_if_codes_are_silent_and_words_agree(tmp_path: Path, elements: dict[str, Any]) -> None:
    assert read_radiograph(write_dicom(tmp_path / "a.dcm", make_gradient(), **elements)).pixels.any()


@pytest.mark.parametrize("word", ["monochrome1", "Monochrome1", " MONOCHROME1", "MONOCHROME1\0", "MONOCHROME 1"])
def test_monochrome1_is_known_however_it_is_spelled(tmp_path: Path, word: str) -> None:
    path = write_carelessly(tmp_path / "a.dcm", make_gradient(), PhotometricInterpretation=word)
    radiograph = read_radiograph(path)
    assert radiograph.mapping.inverted
    assert radiograph.facts["PhotometricInterpretation"] == "MONOCHROME1"


def test_colour_is_rejected(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", COLOUR, photometric="RGB", bits_stored=8)
    with pytest.raises(RejectedImage, match=r"colour: Photometric Interpretation .* is RGB"):
        read_radiograph(path)


@pytest.mark.parametrize(
    "body_part",
    [
        *(
            "CHEST",
            "THORAX",
            "Chest PA",
            "RIBCAGE",
            "TORAX",
            "TÓRAX",
            "BRUST",
            "LEFT_RIB",
            "",
            "LUNG",
            "CXR",
            "HRUDNÍK",
        ),
        *(
            "CAJA TORÁCICA",
            "GABBIA TORACICA",
            "TORAKS",
            "LONGEN",
            "PŁUCA",
            "GÖĞÜS",
            "ГРУДНАЯ КЛЕТКА",
            "ОГК",
            "胸部",
            "흉부",
        ),
        *("NGỰC", "PHỔI", "PLÍCE", "BRÖSTKORG", "RINTAKEHÄ", "ทรวงอก"),
    ],
)
def test_chests_pass_by_whatever_word_archives_use(tmp_path: Path, body_part: str) -> None:
    assert read_radiograph(write_in(tmp_path / "a.dcm", "BodyPartExamined", body_part)).pixels.any()


@pytest.mark.parametrize(
    "body_part",
    [
        *("COLUNA TORÁCICA", "RACHIDE TORACICO", "BORSTWERVELKOLOM", "BEINSTELLUNG", "RIBBON", "Hrudní páteř", "흉추"),
        *("TORACO-LOMBARE", "BWS THORAKAL", "THOR SP", "THORACIC SP", "BRUSTDRUESE", "胸骨", "LONG BONE"),
    ],
)
def test_the_spine_and_words_that_only_sound_like_the_chest_are_rejected(tmp_path: Path, body_part: str) -> None:
    rejected = rejection(write_in(tmp_path / "a.dcm", "BodyPartExamined", body_part))
    assert rejected.reason == Reason.WRONG_BODY_PART


@pytest.mark.parametrize("view", ["BILATERAL", "PORTABLE", "LATERALITY", "PLATE", "AP SUPINE", "LATERAL DECUBITUS"])
def test_words_that_only_sound_lateral_pass(tmp_path: Path, view: str) -> None:
    assert read_radiograph(write_in(tmp_path / "a.dcm", "ViewPosition", view)).pixels.any()


@pytest.mark.parametrize(
    "view",
    [
        "SEITL.",
        "LTLAT",
        "LATEROLATERALE",
        "LATERAAL",
        "측면",
        "L-L",
        "PROFIL",
        "Perfil",
        "SEITLICH",
        "LATERALE",
        "XTLAT",
        "LATL",
        "BOCZNE",
        "側面",
    ],
)
def test_lateral_views_are_known_in_other_words(tmp_path: Path, view: str) -> None:
    assert rejection(write_in(tmp_path / "a.dcm", "ViewPosition", view)).reason == Reason.LATERAL_VIEW


def test_words_are_read_in_the_character_set_that_the_file_declares(tmp_path: Path) -> None:
    cyrillic = {"encoding": "iso8859-5", "SpecificCharacterSet": "ISO_IR 144"}
    assert read_radiograph(write_in(tmp_path / "a.dcm", "BodyPartExamined", "ГРУДЬ", **cyrillic)).pixels.any()


@pytest.mark.parametrize(
    "elements",
    [
        {"ViewPosition": "PA"},
        {"ViewPosition": "AP"},
        {"ViewPosition": "LLD"},
        {"ViewPosition": "PA", "PatientOrientation": ["A", "F"]},
        {"ViewPosition": "", "ViewCodeSequence": code_sequence("postero-anterior")},
        {"ViewPosition": "", "ViewCodeSequence": code_sequence("antero-posterior left lateral decubitus")},
        {"ViewPosition": None, "PatientOrientation": ["L", "F"]},
        {"ViewPosition": None},
    ],
)
def test_frontal_views_pass(tmp_path: Path, elements: dict[str, Any]) -> None:
    assert read_radiograph(write_dicom(tmp_path / "a.dcm", make_gradient(), **elements)).pixels.any()


def test_lateral_views_pass_where_they_are_wanted(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), view="LL")
    assert read_radiograph(path, gate=Gate(accept_lateral=True)).facts["ViewPosition"] == "LL"


def test_other_modalities_pass_where_they_are_named(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), modality="RG")
    assert read_radiograph(path, gate=Gate(modalities=("RG",))).facts["Modality"] == "RG"


def test_the_limit_of_pixels_is_a_setting(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(64, 80))
    assert rejection(path, Gate(max_pixels=64 * 80 - 1)).reason == Reason.TOO_LARGE
    assert read_radiograph(path, gate=Gate(max_pixels=64 * 80)).pixels.shape == (64, 80)


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xray_resnet.dicom.read.decode_stored_values", lambda *_: pytest.fail("decoded"))
    rejected = rejection(write_dicom(tmp_path / "a.dcm", make_gradient(), Rows=60000, Columns=60000))
    assert str(rejected) == "too_large: 60000 × 60000 pixels, expected at most 100000000"


def test_blank_images_are_rejected(tmp_path: Path) -> None:
    assert rejection(write_dicom(tmp_path / "a.dcm", make_gradient(top=0))).reason == Reason.BLANK


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_what_it_means_and_what_to_do(reason: Reason) -> None:
    meaning, remedy = REASON_TEXTS[reason]
    assert meaning.endswith(".") and remedy.endswith(".")


def test_a_rejection_survives_the_way_between_processes() -> None:
    rejected = pickle.loads(pickle.dumps(RejectedImage(Reason.BLANK, "all equal")))
    assert (rejected.reason, rejected.detail) == (Reason.BLANK, "all equal")


def test_identifiers_never_become_facts(tmp_path: Path) -> None:
    path = write_carelessly(tmp_path / "a.dcm", make_gradient(), PatientAge="045Y", PatientSex=PLANTED)
    radiograph = read_radiograph(path)
    assert "PLANTED" in str(dcmread(path))
    assert "PLANTED" not in repr(radiograph)
    assert radiograph.facts["PatientAge"] == "045Y" and "PatientSex" not in radiograph.facts
