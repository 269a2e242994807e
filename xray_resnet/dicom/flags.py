"""Flags: what is remarkable about a radiograph that is accepted all the same; a closed list."""

from collections.abc import Mapping
from enum import StrEnum

from xray_resnet.dicom.header.gate import SECONDARY_CAPTURES


class Flag(StrEnum):
    """What is remarkable about an accepted radiograph."""

    INVERTED = "inverted"
    UNLIKE_CHEST = "unlike_chest"
    BURNED_IN_ANNOTATION = "burned_in_annotation"
    SECONDARY_CAPTURE = "secondary_capture"
    OUT_OF_SCOPE = "out_of_scope"


FLAG_TEXTS = {
    Flag.INVERTED: "Its pixels look like a chest in negative; Photometric Interpretation (0028,0004) may be wrong.",
    Flag.UNLIKE_CHEST: "Its pixels look unlike a frontal chest: a lateral view, another region, or a rare film.",
    Flag.BURNED_IN_ANNOTATION: "Burned In Annotation (0028,0301) is YES: words in the picture may name the patient.",
    Flag.SECONDARY_CAPTURE: "Its SOP Class (0008,0016) is Secondary Capture: no original, perhaps of less depth.",
    Flag.OUT_OF_SCOPE: "The network sees it as unlike its training films; what it says of it is untested.",
}
"""For each flag, what it means."""


def flag_header(facts: Mapping[str, str]) -> tuple[Flag, ...]:
    """What the allow-listed facts of a header say of themselves."""
    says = {
        Flag.BURNED_IN_ANNOTATION: facts.get("BurnedInAnnotation") == "YES",
        Flag.SECONDARY_CAPTURE: facts.get("SOPClassUID") in SECONDARY_CAPTURES,
    }
    return tuple(flag for flag, is_so in says.items() if is_so)
