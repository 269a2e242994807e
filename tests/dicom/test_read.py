"""Whole files: equal pixels from every syntax, and a verdict on whatever is broken."""

import logging
import os
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from tests.builders import make_chest, write_dicom, write_without_meta
from tests.dicom.parts import lut_sequence, make_gradient, write_carelessly
from xray_resnet.dicom import Gate, Reading, Reason, RejectedImage, prepare, read_radiograph
from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.header.file import read_header

LOSSLESS = [
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
]
ENCAPSULATED = [RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEGBaseline8Bit]
WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096}
GREY = make_gradient(96, 80, top=255, dtype=np.uint8)


def reason_of(path: Path) -> Reason:
    with pytest.raises(RejectedImage, match=r"^[a-z_]+: \S") as caught:
        read_radiograph(path)
    assert "PLANTED" not in caught.value.detail
    return caught.value.reason


def write_png(path: Path, pixels: Any) -> Path:
    Image.fromarray(pixels).save(path, "PNG")
    return path


@pytest.mark.parametrize("transfer_syntax", LOSSLESS, ids=lambda uid: uid.name)
@pytest.mark.parametrize("bits_stored", [8, 12, 16])
@pytest.mark.parametrize("kind", ["u", "i"])
def test_every_lossless_syntax_gives_equal_pixels(
    tmp_path: Path, transfer_syntax: str, bits_stored: int, kind: str
) -> None:
    lowest = -(1 << (bits_stored - 1)) if kind == "i" else 0
    values = make_gradient(top=(1 << bits_stored) - 1, dtype=np.int32) + lowest
    pixels = values.astype(f"{kind}{1 if bits_stored == 8 else 2}")
    plain = read_radiograph(write_dicom(tmp_path / "plain.dcm", pixels, bits_stored=bits_stored))
    path = write_dicom(tmp_path / "other.dcm", pixels, bits_stored=bits_stored, transfer_syntax=transfer_syntax)
    other = read_radiograph(path)
    np.testing.assert_array_equal(plain.pixels, other.pixels)
    assert other.transfer_syntax == transfer_syntax


def test_a_big_endian_file_of_bytes_reads_like_a_little_endian_one(tmp_path: Path) -> None:
    # An odd number of pixels, so that the padding byte is there too.
    pixels = make_gradient(65, 67, top=255, dtype=np.uint8)
    path = write_dicom(tmp_path / "a.dcm", pixels, bits_stored=8, transfer_syntax=ExplicitVRBigEndian)
    np.testing.assert_array_equal(read_radiograph(path).pixels, pixels.astype(np.uint16) * 257)


def test_a_file_without_preamble_and_meta_is_read(tmp_path: Path) -> None:
    radiograph = read_radiograph(write_without_meta(tmp_path / "a.dcm"))
    assert radiograph.transfer_syntax == ImplicitVRLittleEndian


def test_a_file_without_preamble_is_read(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient())
    expected = read_radiograph(path).pixels
    path.write_bytes(path.read_bytes()[132:])
    np.testing.assert_array_equal(read_radiograph(path).pixels, expected)


def test_a_byte_of_padding_after_the_pixels_is_no_fault(tmp_path: Path) -> None:
    pixels = make_gradient()
    path = write_dicom(tmp_path / "a.dcm", pixels, PixelData=pixels.tobytes() + b"\0\0")
    assert read_radiograph(path).pixels.shape == pixels.shape


@pytest.mark.parametrize("transfer_syntax", [ExplicitVRLittleEndian, *ENCAPSULATED], ids=lambda uid: str(uid.name))
def test_a_file_cut_within_its_pixels_is_truncated(tmp_path: Path, transfer_syntax: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY, bits_stored=8, transfer_syntax=transfer_syntax)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) - 200)])
    assert reason_of(path) == Reason.TRUNCATED


def test_a_file_cut_anywhere_is_rejected_or_whole(tmp_path: Path) -> None:
    content = write_dicom(tmp_path / "whole.dcm", make_gradient(), transfer_syntax=JPEGLSLossless).read_bytes()
    path = tmp_path / "cut.dcm"
    for length in range(1, len(content) - 20, 37):
        path.write_bytes(content[:length])
        assert reason_of(path) in (Reason.TRUNCATED, Reason.NO_PIXELS, Reason.NOT_DICOM, Reason.UNREADABLE)


def test_damaged_bytes_give_a_verdict_or_a_radiograph(tmp_path: Path) -> None:
    content = write_dicom(tmp_path / "whole.dcm", make_gradient(), transfer_syntax=RLELossless).read_bytes()
    path, generator = tmp_path / "damaged.dcm", np.random.default_rng(0)
    for _ in range(150):
        damaged = np.frombuffer(content, np.uint8).copy()
        damaged[generator.integers(128, 1400, 8)] = generator.integers(0, 256, 8)
        path.write_bytes(damaged.tobytes())
        try:
            read_radiograph(path)
        except RejectedImage as rejected:
            assert "PLANTED" not in rejected.detail


@pytest.mark.parametrize("transfer_syntax", ENCAPSULATED, ids=lambda uid: uid.name)
def test_a_garbage_stream_fails_to_decode(tmp_path: Path, transfer_syntax: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY, bits_stored=8, transfer_syntax=transfer_syntax)
    dataset = dcmread(path)
    dataset.PixelData = encapsulate([b"PLANTED garbage " * 30])
    dataset.save_as(path)
    assert reason_of(path) == Reason.DECODE_FAILED


@pytest.mark.parametrize("transfer_syntax", ENCAPSULATED, ids=lambda uid: uid.name)
def test_a_stream_cut_within_an_intact_file_fails_to_decode(tmp_path: Path, transfer_syntax: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (128, 128), np.uint8)
    path = write_dicom(tmp_path / "a.dcm", noise, bits_stored=8, transfer_syntax=transfer_syntax)
    dataset = dcmread(path)
    dataset.PixelData = encapsulate([dataset.PixelData[16 : len(dataset.PixelData) // 3 * 2]])
    dataset.save_as(path)
    assert reason_of(path) == Reason.DECODE_FAILED


def test_a_panic_of_the_rle_decoder_is_a_verdict(tmp_path: Path) -> None:
    """Its first byte plane holds more runs than the image has room for; to Python a panic is no Exception."""
    path = write_dicom(tmp_path / "a.dcm", np.full((64, 64), 7, np.uint16), transfer_syntax=RLELossless)
    plane = bytes([129, 0]) * 32
    dataset = dcmread(path)
    header = struct.pack("<16I", 2, 64, 64 + len(plane) + 2, *[0] * 13)
    dataset.PixelData = encapsulate([header + plane + bytes([129, 0]) + plane])
    with pytest.raises(BaseException, match="index out of bounds") as panic:
        get_decoder(RLELossless).as_array(dataset, index=0, raw=True, decoding_plugin="pylibjpeg")
    assert not isinstance(panic.value, Exception)
    dataset.save_as(path)
    assert reason_of(path) == Reason.DECODE_FAILED


def test_a_stream_of_another_size_than_declared_fails_to_decode(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY, bits_stored=8, transfer_syntax=JPEGBaseline8Bit)
    dataset = dcmread(path)
    dataset.Rows = 90
    dataset.save_as(path)
    assert reason_of(path) == Reason.DECODE_FAILED


@pytest.mark.parametrize(("uid", "name"), [("1.2.840.10008.1.2.4.100", "MPEG2 Main"), ("1.2.3.4", "unknown")])
def test_a_syntax_without_decoder_is_named(tmp_path: Path, uid: str, name: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY, bits_stored=8, transfer_syntax=JPEGBaseline8Bit)
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = uid
    dataset.save_as(path, implicit_vr=False, little_endian=True)
    with pytest.raises(RejectedImage, match=f"unsupported_transfer_syntax: its transfer syntax is {name}"):
        read_radiograph(path)


@pytest.mark.parametrize(
    "elements",
    [
        {"BitsAllocated": None},
        {"BitsAllocated": 0},
        {"BitsAllocated": 7},
        {"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31, "PixelData": bytes(64 * 80 * 4 - 1) + b"\x7f"},
        {"BitsStored": 0},
        {"BitsStored": 40},
        {"HighBit": 40},
        {"HighBit": 3},
        {"HighBit": 0},
        {"VOILUTSequence": lut_sequence(0, [], 12)},
        {"VOILUTSequence": lut_sequence(0, [1, 2], 99)},
        {"PixelRepresentation": 7},
        {"PixelData": b""},
    ],
    ids=lambda elements: " ".join(f"{keyword}={str(value)[:4]}" for keyword, value in elements.items()),
)
def test_impossible_pixel_descriptions_are_rejected_or_read(tmp_path: Path, elements: dict[str, Any]) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), **elements)
    try:
        assert read_radiograph(path).pixels.shape == (64, 80)
    except RejectedImage as rejected:
        assert rejected.reason in (Reason.TRUNCATED, Reason.DECODE_FAILED, Reason.UNREADABLE, Reason.NO_PIXELS)


@pytest.mark.parametrize(
    "keyword", ["WindowCenter", "RescaleSlope", "RescaleIntercept", "PixelIntensityRelationshipSign", "PixelSpacing"]
)
def test_words_where_numbers_belong_give_a_verdict_or_count_as_missing(tmp_path: Path, keyword: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), **WINDOW)
    dataset = dcmread(path)
    dataset.add_new(keyword, "LO", "PLANTED")
    dataset.save_as(path)
    content = path.read_bytes()
    for vr in (b"DS", b"SS", b"LO"):
        path.write_bytes(content.replace(b"LO\x08\0PLANTED", vr + b"\x08\0PLANTED"))
        try:
            assert read_radiograph(path).pixels.shape == (64, 80)
        except RejectedImage as rejected:
            assert rejected.reason in (Reason.UNREADABLE, Reason.BLANK)
            assert "PLANTED" not in rejected.detail


@pytest.mark.parametrize("content", [b"", b"only text, no image\n" * 50, b"\0" * 4096, bytes(range(256)) * 9], ids=len)
def test_files_of_something_else_are_no_dicom(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    assert reason_of(path) == Reason.NOT_DICOM


def test_a_preamble_alone_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(b"\0" * 128 + b"DICM")
    assert reason_of(path) in (Reason.NOT_DICOM, Reason.NO_PIXELS)


def test_folders_and_missing_files_are_unreadable(tmp_path: Path) -> None:
    assert reason_of(tmp_path) == Reason.UNREADABLE
    assert reason_of(tmp_path / "missing.dcm") == Reason.UNREADABLE


@pytest.mark.parametrize("grey_channels", [1, 3])
@pytest.mark.parametrize("has_alpha", [False, True])
def test_grey_pngs_are_read_whatever_their_channels(tmp_path: Path, grey_channels: int, has_alpha: bool) -> None:
    pixels = np.dstack([GREY] * grey_channels + [np.full_like(GREY, 99)] * has_alpha).squeeze()
    radiograph = read_radiograph(write_png(tmp_path / "a.png", pixels))
    np.testing.assert_array_equal(radiograph.pixels, GREY.astype(np.uint16) * 257)
    assert radiograph.transfer_syntax == "PNG"


def test_a_16_bit_png_is_read_in_full_depth(tmp_path: Path) -> None:
    pixels = make_gradient(top=65535)
    radiograph = read_radiograph(write_png(tmp_path / "a.png", pixels))
    assert len(np.unique(radiograph.pixels)) > 5000 and radiograph.mapping.function == "PERCENTILE"


def test_a_png_of_16_bits_a_channel_is_read_in_full_depth(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (96, 80), np.uint16)
    assert cv2.imwrite(str(tmp_path / "grey.png"), deep)
    assert cv2.imwrite(str(tmp_path / "colour.png"), np.dstack([deep] * 3))
    grey, colour = (read_radiograph(tmp_path / name).pixels for name in ("grey.png", "colour.png"))
    np.testing.assert_array_equal(grey, colour)


def test_coloured_pictures_are_rejected(tmp_path: Path) -> None:
    assert reason_of(write_png(tmp_path / "a.png", np.dstack([GREY, GREY, 255 - GREY]))) == Reason.COLOUR


def test_a_grey_jpeg_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    Image.fromarray(GREY).save(path, "JPEG", quality=95)
    radiograph = read_radiograph(path)
    np.testing.assert_allclose(radiograph.pixels / 257, GREY, atol=6)
    assert radiograph.transfer_syntax == "JPEG"


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_cut_pictures_fail_to_decode(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (128, 128), np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert reason_of(path) == Reason.DECODE_FAILED


def test_pictures_pass_the_same_limits(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.png", GREY)
    for gate, reason in ((Gate(max_pixels=100), Reason.TOO_LARGE), (Gate(min_side=100), Reason.TOO_SMALL)):
        with pytest.raises(RejectedImage, match=reason):
            read_radiograph(path, gate=gate)


@pytest.mark.parametrize("kind", ["dicom", "png"])
def test_an_8_bit_image_of_the_stored_size_is_stored_as_it_is(tmp_path: Path, kind: str) -> None:
    pixels = np.uint8(make_chest(96, 96, np.random.default_rng(0)) * 255)
    if kind == "png":
        path = write_png(tmp_path / "a.png", pixels)
    else:
        path = write_dicom(tmp_path / "a.dcm", pixels, bits_stored=8)
    np.testing.assert_array_equal(prepare(path, Reading(size=96)).pixels, pixels)


def test_stored_depths_agree(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), **WINDOW)
    deep, shallow = (prepare(path, Reading(size=48, dtype=dtype)).pixels for dtype in ("uint16", "uint8"))
    np.testing.assert_array_equal(np.rint(deep / 257), shallow)


def test_spacing_comes_from_the_file(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), PixelSpacing=None, ImagerPixelSpacing=[0.2, 0.1])
    assert prepare(path, Reading(size=64)).spacing_mm == (0.2, 0.1)


@pytest.mark.parametrize("spacing", [[0, 0], [-1, 1], [9, 1]])
def test_absurd_spacing_counts_as_unknown(tmp_path: Path, spacing: list[float]) -> None:
    path = write_carelessly(tmp_path / "a.dcm", make_gradient(), PixelSpacing=spacing)
    assert read_radiograph(path).spacing_mm is None


def test_a_reading_returns_from_its_plain_values() -> None:
    reading = Reading(size=320, dtype="uint16", gate=Gate(modalities=("RG",), accept_lateral=True))
    assert Reading.from_json(reading.to_json()) == reading
    assert Reading(size=320).fingerprint() != reading.fingerprint()


def test_a_reading_of_another_pipeline_is_refused() -> None:
    with pytest.raises(ValueError, match="pipeline version 0, this release by"):
        Reading.from_json(Reading(size=64).to_json() | {"pipeline_version": 0})


def test_what_leaves_a_header_never_names_anybody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keywords = ("ViewPosition", "PatientSex", "PatientAge", "PixelIntensityRelationship", "BurnedInAnnotation")
    elements = dict.fromkeys((*keywords, "PresentationIntentType", "SOPInstanceUID"), "PLANTED")
    path = write_carelessly(tmp_path / "a.dcm", make_gradient(), **elements, body_part="")
    with caplog.at_level(logging.DEBUG):
        radiograph = read_radiograph(path)
    assert "PLANTED" not in repr(radiograph) + caplog.text


@pytest.mark.parametrize("transfer_syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_tables_are_read_in_the_byte_order_of_the_file(tmp_path: Path, transfer_syntax: str) -> None:
    table = lut_sequence(0, [4095 - value for value in range(4096)], 12)
    if transfer_syntax == ExplicitVRBigEndian:
        table[0].LUTData = np.frombuffer(table[0].LUTData, "<u2").astype(">u2").tobytes()
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), transfer_syntax=transfer_syntax, VOILUTSequence=table)
    expected = np.rint((4095 - make_gradient().astype(float)) / 4095 * 65535)
    np.testing.assert_array_equal(read_radiograph(path).pixels, expected)


def test_a_table_of_bytes_is_read_as_bytes(tmp_path: Path) -> None:
    table = lut_sequence(0, [], 8)
    table[0].LUTDescriptor, table[0].LUTData = [256, 0, 8], bytes(range(255, -1, -1))
    path = write_dicom(tmp_path / "a.dcm", GREY, bits_stored=8, VOILUTSequence=table)
    np.testing.assert_array_equal(read_radiograph(path).pixels, (255 - GREY.astype(np.uint16)) * 257)


@pytest.mark.parametrize(
    ("settings", "assumption"),
    [
        ({"RescaleSlope": 0}, "Rescale Slope is 0: 1"),
        ({"VOILUTFunction": "CUBIC", "WindowCenter": 9, "WindowWidth": 9}, "VOI LUT Function is unknown: LINEAR"),
    ],
)
def test_what_stands_in_for_an_impossible_value_is_said(
    tmp_path: Path, settings: dict[str, Any], assumption: str
) -> None:
    assert assumption in read_radiograph(write_dicom(tmp_path / "a.dcm", **settings)).mapping.assumed


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEG2000Lossless])
def test_a_file_that_grows_while_it_is_read_keeps_its_pixels(tmp_path: Path, syntax: str) -> None:
    path = write_dicom(tmp_path / "film.dcm", noise(), transfer_syntax=syntax)
    header = read_header(path)
    with path.open("ab") as file:
        file.write(b"more" * 1000)
    assert np.array_equal(decode_stored_values(header, path), noise())


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEG2000Lossless])
def test_a_file_that_shrinks_while_it_is_read_is_rejected(tmp_path: Path, syntax: str) -> None:
    path = write_dicom(tmp_path / "film.dcm", noise(), transfer_syntax=syntax)
    header = read_header(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(RejectedImage, match="truncated: ") as rejection:
        decode_stored_values(header, path)
    assert rejection.value.reason == Reason.TRUNCATED


def noise() -> np.ndarray:
    """So large that its pixels stay on the disk until they are wanted, in any syntax."""
    return np.random.default_rng(0).integers(0, 4096, (900, 1000)).astype(np.uint16)
