"""One file to one radiograph: header, gate, decoder, display."""

from pathlib import Path
from stat import S_ISDIR, S_ISREG

from pydicom import Dataset

from xray_resnet.dicom.codecs.decode import decode_stored_values, transfer_syntax_of
from xray_resnet.dicom.display.pixels import to_display
from xray_resnet.dicom.header.description import describe_pixels
from xray_resnet.dicom.header.facts import read_aspect, read_facts, read_patient, read_sop_instance_uid, read_spacing
from xray_resnet.dicom.header.file import read_header
from xray_resnet.dicom.header.gate import DEFAULT_GATE, Gate, check_header
from xray_resnet.dicom.picture import picture_format, read_picture
from xray_resnet.dicom.quiet import quiet_pydicom
from xray_resnet.dicom.radiograph import Radiograph
from xray_resnet.dicom.reasons import Reason, RejectedImage, reject_nonsense

_BYTES_PER_PIXEL = 2
_BYTES_PER_PICTURE_PIXEL = 8
"""Four channels of 16 bits."""
_ELSE_BYTES = 1 << 24
"""What a file may hold besides its pixels."""


def read_radiograph(path: Path | str, *, gate: Gate = DEFAULT_GATE) -> Radiograph:
    """Reads a DICOM, PNG or JPEG file, told apart by content, as an anonymous radiograph.

    Args:
        path: The file.
        gate: What is accepted.

    Raises:
        RejectedImage: with a reason from the closed list, for whatever is not a usable frontal chest radiograph.

    Example:
        >>> read_radiograph("film.dcm").pixels.shape  # doctest: +SKIP
        (2140, 1760)
    """
    path = Path(path)
    try:
        radiograph = _read_picture(path, gate) if is_picture(path) else _read_dicom(path, gate)
    except OSError as error:
        raise RejectedImage(Reason.UNREADABLE, error.strerror or "the file cannot be read") from None
    if radiograph.image.is_blank:
        raise RejectedImage(Reason.BLANK, "all display values are equal")
    return radiograph


def is_picture(path: Path) -> bool:
    """Whether a file begins like PNG or JPEG.

    Raises:
        RejectedImage: UNREADABLE, or NOT_DICOM for an empty file.
    """
    return picture_format(_read_start(path)) is not None


def read_gated_header(path: Path, gate: Gate) -> Dataset:
    """`read_header`, inflating no more than the gate lets through."""
    return read_header(path, max_inflated_bytes=gate.max_pixels * _BYTES_PER_PIXEL + _ELSE_BYTES)


def _read_picture(path: Path, gate: Gate) -> Radiograph:
    most = gate.max_pixels * _BYTES_PER_PICTURE_PIXEL + _ELSE_BYTES
    if (size := path.stat().st_size) > most:
        raise RejectedImage(Reason.TOO_LARGE, f"the picture has {size} bytes, expected at most {most}")
    return read_picture(path.read_bytes(), gate)


def _read_dicom(path: Path, gate: Gate) -> Radiograph:
    with reject_nonsense(), quiet_pydicom():
        header = read_gated_header(path, gate)
        check_header(header, gate)
        return _build_radiograph(header, path)


def _build_radiograph(header: Dataset, path: Path) -> Radiograph:
    image, mapping = to_display(decode_stored_values(header, path), describe_pixels(header))
    return Radiograph(
        image=image,
        spacing_mm=read_spacing(header),
        aspect=read_aspect(header),
        facts=read_facts(header),
        mapping=mapping,
        transfer_syntax=str(transfer_syntax_of(header)),
        sop_instance_uid=read_sop_instance_uid(header),
        patient=read_patient(header),
    )


def _read_start(path: Path) -> bytes:
    """The first bytes; pipes and devices, which may never give any, are not opened."""
    try:
        mode = path.stat().st_mode
        if S_ISDIR(mode):
            raise RejectedImage(Reason.UNREADABLE, "this folder cannot be read")
        if not S_ISREG(mode):
            raise RejectedImage(Reason.UNREADABLE, "it is no regular file")
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise RejectedImage(Reason.UNREADABLE, error.strerror or "the file cannot be opened") from None
    if not start:
        raise RejectedImage(Reason.NOT_DICOM, "the file is empty")
    return start
