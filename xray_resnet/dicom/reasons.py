"""Verdicts: why a file is not a usable radiograph; a closed list, each with its meaning and a remedy."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Reason(StrEnum):
    """Why a file was rejected; the list is closed."""

    NOT_DICOM = "not_dicom"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    NO_PIXELS = "no_pixels"
    UNSUPPORTED_TRANSFER_SYNTAX = "unsupported_transfer_syntax"
    DECODE_FAILED = "decode_failed"
    WRONG_MODALITY = "wrong_modality"
    WRONG_BODY_PART = "wrong_body_part"
    LATERAL_VIEW = "lateral_view"
    NOT_A_CHEST = "not_a_chest"
    COLOUR = "colour"
    UNKNOWN_PHOTOMETRIC = "unknown_photometric"
    MULTI_FRAME = "multi_frame"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    BLANK = "blank"
    SATURATED = "saturated"
    SECONDARY_CAPTURE = "secondary_capture"
    DUPLICATE = "duplicate"


REASON_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_DICOM: ("The file is not a DICOM, PNG or JPEG file.", "Remove it from the folder."),
    Reason.UNREADABLE: ("The file could not be read or parsed.", "Check its permissions; export it again."),
    Reason.TRUNCATED: ("The file ends before its pixels do.", "Copy or export it again."),
    Reason.NO_PIXELS: ("The DICOM object holds no image.", "Leave reports, plans and directories out."),
    Reason.UNSUPPORTED_TRANSFER_SYNTAX: ("No decoder knows its compression.", "Export it uncompressed."),
    Reason.DECODE_FAILED: (
        "Its pixels could not be decoded.",
        "Export it again; where time or memory ran out, raise prep.timeout_s or prep.memory_mib.",
    ),
    Reason.WRONG_MODALITY: (
        "It is not a radiograph by its Modality.",
        "If it is one, prepare and train with its modality in prep.modalities.",
    ),
    Reason.WRONG_BODY_PART: (
        "It shows another part of the body.",
        "Leave it out; if the word means the chest in your archive, prepare and train with it in prep.body_parts.",
    ),
    Reason.LATERAL_VIEW: ("It is a lateral view.", "To keep such views, prepare and train with prep.accept_lateral."),
    Reason.NOT_A_CHEST: (
        "Its pixels do not look like an upright frontal chest, and nothing names such a view.",
        "Leave it out; if it is one, name its view in View Position (0018,5101) or in the table.",
    ),
    Reason.COLOUR: ("It is a colour image.", "Export the radiograph itself, not a screenshot."),
    Reason.UNKNOWN_PHOTOMETRIC: (
        "Its Photometric Interpretation (0028,0004) is missing or unknown: nothing says whether low values are black.",
        "Export it again, with MONOCHROME1 or MONOCHROME2.",
    ),
    Reason.MULTI_FRAME: ("It has more than one frame.", "Export single images."),
    Reason.TOO_SMALL: ("It has too few pixels to show a chest.", "Export the full-size image, not a preview."),
    Reason.TOO_LARGE: ("It declares more pixels than prep.max_pixels.", "If it is real, prepare and train with more."),
    Reason.BLANK: ("All its pixels have one value.", "Leave test exposures out."),
    Reason.SATURATED: ("Nearly all its pixels are black or white.", "Export it again; look at window and exposure."),
    Reason.SECONDARY_CAPTURE: (
        "It is a Secondary Capture, such as a screenshot or a scanned film.",
        "Export the original, or prepare and train with prep.accept_secondary_capture.",
    ),
    Reason.DUPLICATE: ("Another file is the same radiograph, exactly or nearly.", "Keep one of them."),
}
"""For each reason, what it means and what to do."""


class RejectedImage(Exception):  # noqa: N818  a verdict on a file, not a fault of the program
    """A file that is not a usable radiograph.

    Attributes:
        reason: From the closed list.
        detail: What was found and what was expected; never an identifier.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["RejectedImage"], tuple[Reason, str]]:
        return RejectedImage, (self.reason, self.detail)


@contextmanager
def reject_nonsense() -> Iterator[None]:
    """Within it, what asks for more memory than there is, or contradicts itself unforeseen, costs the file alone."""
    try:
        yield
    except (RejectedImage, OSError):
        raise
    except MemoryError:
        raise RejectedImage(Reason.DECODE_FAILED, "it asks for more memory than a worker may take") from None
    except Exception as error:
        raise RejectedImage(Reason.UNREADABLE, f"its elements make no sense ({type(error).__name__})") from None
