"""What became of one file, step by step: read, shown, placed, judged. For people who ask why.

Each step calls the function that preparation calls; the verdict is preparation's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from xray_resnet.dicom.appearance import judge, measure_polarity
from xray_resnet.dicom.codecs.decode import decode_stored_values, name_transfer_syntax, transfer_syntax_of
from xray_resnet.dicom.display.pixels import PixelDescription, Window, apply_modality, find_padding, to_display
from xray_resnet.dicom.flags import FLAG_TEXTS
from xray_resnet.dicom.header.description import describe_pixels
from xray_resnet.dicom.header.facts import read_aspect, read_facts, read_spacing
from xray_resnet.dicom.header.gate import check_header
from xray_resnet.dicom.preparation import Prepared, prepare
from xray_resnet.dicom.quiet import quiet_pydicom
from xray_resnet.dicom.radiograph import DisplayMapping
from xray_resnet.dicom.read import is_picture, read_gated_header, read_radiograph
from xray_resnet.dicom.reading import Reading
from xray_resnet.dicom.reasons import REASON_TEXTS, RejectedImage, reject_nonsense
from xray_resnet.files import write_bytes

Pixels = NDArray[np.unsignedinteger]


class Step(NamedTuple):
    """One step of the pipeline: its name, what it found and did, and its picture, if it has one."""

    name: str
    words: str
    picture: Pixels | None


@dataclass
class Explanation:
    """What is known of a file; where it was rejected, up to there.

    Attributes:
        facts: What was read of the header, by the names of the standard; allow-listed.
        steps: In the order of the pipeline.
        verdict: Accepted, with what is remarkable, or the reason and the remedy.
        pictures: The PNG files written.
    """

    facts: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    verdict: str = ""
    pictures: list[Path] = field(default_factory=list)

    def __str__(self) -> str:
        facts = [f"  {name:30}{value}" for name, value in self.facts.items()]
        steps = [f"  {number}. {step.name:27}{step.words}" for number, step in enumerate(self.steps, 1)]
        pictures = [f"  {path}" for path in self.pictures]
        parts = {"read:": facts, "steps:": steps, "pictures:": pictures}
        lines = [line for head, listed in parts.items() if listed for line in (head, *listed)]
        return "\n".join([*lines, f"verdict: {self.verdict}"])


def explain(path: Path, reading: Reading, *, pictures: Path | None = None) -> Explanation:
    """Follows a file through the pipeline.

    Args:
        path: The file.
        reading: The settings.
        pictures: A folder for one PNG per step; None writes none.
    """
    explanation = Explanation()
    try:
        with reject_nonsense():
            _follow_to_the_end(path, reading, explanation, pictures)
            explanation.verdict = _accept(prepare(path, reading))
    except RejectedImage as rejection:
        explanation.verdict = explain_rejection(rejection)
    return explanation


def explain_rejection(rejection: RejectedImage) -> str:
    """The reason, what was found, and the remedy."""
    meaning, remedy = REASON_TEXTS[rejection.reason]
    return f"rejected as {rejection.reason}: {rejection.detail}. {meaning} {remedy}"


def _accept(prepared: Prepared) -> str:
    flags = "".join(f", but flagged as {flag}: {FLAG_TEXTS[flag]}" for flag in prepared.flags)
    return f"accepted{flags}"


def _follow_to_the_end(path: Path, reading: Reading, explanation: Explanation, pictures: Path | None) -> None:
    """Notes facts and steps as they come, so that a rejection finds those before it noted."""
    header = None if is_picture(path) else _read_header(path, reading)
    explanation.facts = {} if header is None else _list_facts(header)
    for step in _follow(path, header, reading):
        explanation.steps.append(step._replace(picture=None))
        if pictures is not None and step.picture is not None:
            name = f"{len(explanation.steps)}-{step.name.replace(' ', '-').lower()}.png"
            explanation.pictures.append(_write_picture(pictures / name, step.picture))


def _write_picture(path: Path, picture: NDArray[np.unsignedinteger[Any]]) -> Path:
    write_bytes(path, cv2.imencode(".png", picture)[1].tobytes())
    return path


def _read_header(path: Path, reading: Reading) -> Dataset:
    with quiet_pydicom():
        return read_gated_header(path, reading.gate)


def _follow(path: Path, header: Dataset | None, reading: Reading) -> Iterator[Step]:
    """Each step, until one rejects the file."""
    if header is None:
        pixels = read_radiograph(path, gate=reading.gate).pixels
        yield Step("picture", f"{pixels.shape[0]} × {pixels.shape[1]}, grey", pixels)
    else:
        with quiet_pydicom():
            check_header(header, reading.gate)
            yield Step("header checks", "passed", None)
            yield from _show_pixels(decode_stored_values(header, path), describe_pixels(header))
    prepared = prepare(path, replace(reading, gate=replace(reading.gate, accept_lateral=True)))
    yield from _show_square(prepared, reading)


def _list_facts(header: Dataset) -> dict[str, str]:
    spacing, aspect = read_spacing(header), read_aspect(header)
    size = [header.get(keyword) for keyword in ("Rows", "Columns")]
    return {
        "TransferSyntaxUID": name_transfer_syntax(transfer_syntax_of(header)),
        "Rows × Columns": " × ".join(str(side) if isinstance(side, int) else "missing" for side in size),
        "Spacing (row × column)": f"{spacing[0]:g} × {spacing[1]:g} mm" if spacing else f"unknown, aspect {aspect:g}",
        **read_facts(header),
    }


def _show_pixels(stored: NDArray[np.integer], description: PixelDescription) -> Iterator[Step]:
    """From stored values to display values (PS3.3 C.7.5.1.1.2, C.11.1, C.11.2, C.11.6)."""
    kind = "signed" if description.is_signed else "unsigned"
    bits = f"{description.bits_stored} bits, {kind}, {stored.min()} to {stored.max()}"
    yield Step(
        "stored values", bits, _stretch(stored, replace(description, modality_lut=None, slope=1.0, intercept=0.0))
    )
    padding = find_padding(stored, description)
    yield Step("pixel padding", _name_padding(description, padding), padding.astype(np.uint8) * 255)
    modality = apply_modality(np.unique(stored).astype(np.float64), description)
    words = f"{_name_modality(description)}: {modality.min():g} to {modality.max():g}"
    yield Step("Modality LUT", words, _stretch(stored, description))
    shown, mapping = to_display(stored, replace(description, is_inverse=False))
    yield Step("VOI LUT", _name_voi(mapping), shown.pixels)
    polarity = "turned, so that bright is dense" if description.is_inverse else "kept, bright is dense already"
    yield Step("polarity", polarity, to_display(stored, description)[0].pixels)


def _stretch(stored: NDArray[np.integer], description: PixelDescription) -> Pixels:
    """The modality values from the least to the most, black to white."""
    values = apply_modality(np.unique(stored).astype(np.float64), description)
    middle = (values.min() + values.max()) / 2
    window = Window(float(middle), max(float(np.ptp(values)), 1.0), "LINEAR_EXACT")
    plain = replace(description, voi_lut=None, window=window, padding=None, is_inverse=False)
    return to_display(stored, plain)[0].pixels


def _name_padding(description: PixelDescription, padding: NDArray[np.bool_]) -> str:
    if description.padding is None:
        return "none is named"
    first, last = description.padding
    return f"stored values {first} to {last}: {padding.mean():.1%} of the pixels, shown black"


def _name_modality(description: PixelDescription) -> str:
    if description.modality_lut is not None:
        return f"table of {len(description.modality_lut.entries)} entries"
    return f"slope {description.slope:g}, intercept {description.intercept:g}"


def _name_voi(mapping: DisplayMapping) -> str:
    window = f", center {mapping.window[0]:g}, width {mapping.window[1]:g}" if mapping.window else ""
    return "; ".join((f"{mapping.function}{window}", *mapping.assumed))


def _show_square(prepared: Prepared, reading: Reading) -> Iterator[Step]:
    top, left, height, width = prepared.placement.content
    box = prepared.placement.to_file(np.array([(left, top, width, height)], np.float64))[0]
    cut = f"; of the film, {box[3]:.0f} × {box[2]:.0f} pixels from row {box[1]:.0f}, column {box[0]:.0f}"
    words = f"{height} × {width} in {reading.size} × {reading.size}, {reading.dtype}{cut if reading.crop else ''}"
    yield Step("square", words, prepared.pixels)
    content = prepared.placement.cut(prepared.pixels)
    odds, polarity = judge(content).oddness, measure_polarity(content)
    words = f"log odds {odds:.1f} that it is not a frontal chest; correlation with one {polarity:.2f}, of -1 to 1"
    yield Step("appearance", words, None)
