"""The size that a stream declares."""

import struct

import cv2
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless

from tests.builders import make_pixels, write_dicom
from xray_resnet.dicom import Reason, RejectedImage, read_radiograph
from xray_resnet.dicom.codecs.codestream import read_stream_size


@pytest.mark.parametrize("options", [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 1]])
def test_jpeg_streams_tell_their_size(options: list[int]) -> None:
    _, stream = cv2.imencode(".jpg", np.zeros((70, 90), np.uint8), options)
    assert read_stream_size(stream.tobytes()) == (70, 90, 1, 8)


@pytest.mark.parametrize("transfer_syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_other_streams_tell_their_size(tmp_path, transfer_syntax: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_pixels(70, 90), transfer_syntax=transfer_syntax)
    assert read_stream_size(get_frame(dcmread(path).PixelData, 0, number_of_frames=1))[:3] == (70, 90, 1)


@pytest.mark.parametrize("stream", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0\x00", b"\xff\x4f\xff\x51\x00", b"text" * 50])
def test_a_stream_that_does_not_say_has_no_size(stream: bytes) -> None:
    assert read_stream_size(stream) is None


def test_colour_streams_tell_their_components() -> None:
    _, jpeg = cv2.imencode(".jpg", np.zeros((70, 90, 3), np.uint8))
    _, jp2 = cv2.imencode(".jp2", np.zeros((70, 90, 3), np.uint8))
    assert read_stream_size(jpeg.tobytes()) == read_stream_size(jp2.tobytes()) == (70, 90, 3, 8)


def test_boxes_before_a_codestream_are_stepped_over_by_their_length() -> None:
    _, encoded = cv2.imencode(".jp2", np.zeros((70, 90), np.uint8))
    jp2 = encoded.tobytes()
    decoy = struct.pack(">I4s", 608, b"free") + (b"\xff\x4f\xff\x51" + bytes(100)).ljust(600, b"\0")
    assert read_stream_size(jp2[:12] + decoy + jp2[12:]) == (70, 90, 1, 8)


@pytest.mark.parametrize("boxes", [struct.pack(">I4s", 0, b"free"), struct.pack(">I4s", 7, b"free"), b"\0\0"])
def test_boxes_that_lead_nowhere_declare_nothing(boxes: bytes) -> None:
    assert read_stream_size(boxes * 3) is None


def test_a_stream_that_does_not_declare_its_size_is_not_decoded(tmp_path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_pixels(70, 90), transfer_syntax=JPEG2000Lossless)
    dataset = dcmread(path)
    dataset.PixelData = encapsulate(
        [struct.pack(">I4s", 0, b"free") + get_frame(dataset.PixelData, 0, number_of_frames=1)]
    )
    dataset.save_as(path)
    with pytest.raises(RejectedImage, match="the stream declares no size"):
        read_radiograph(path)


def test_a_stream_larger_than_its_header_is_not_decoded(tmp_path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_pixels(900, 900), transfer_syntax=JPEGLSLossless)
    dataset = dcmread(path)
    dataset.Rows = dataset.Columns = 64
    dataset.save_as(path)
    with pytest.raises(RejectedImage, match=r"declares \(900, 900, 1\), the header \(64, 64, 1\)") as caught:
        read_radiograph(path)
    assert caught.value.reason == Reason.DECODE_FAILED


@pytest.mark.parametrize("precision", [1, 12, 164])
def test_a_precision_that_the_header_does_not_allow_is_not_decoded(tmp_path, precision: int) -> None:
    """GDCM ends the process on some of them."""
    path = write_dicom(
        tmp_path / "a.dcm", make_pixels(70, 90, bits_stored=8), bits_stored=8, transfer_syntax=JPEGLSLossless
    )
    content = bytearray(path.read_bytes())
    content[content.rfind(b"\xff\xf7") + 4] = precision
    path.write_bytes(content)
    with pytest.raises(RejectedImage, match=f"the stream declares {precision} bits, the header 8"):
        read_radiograph(path)
