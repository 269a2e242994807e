"""Example images with the map of their finding, and the true boxes where the source has them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_resnet.boxes import Rectangle
from xray_resnet.dicom.radiograph import to_8_bit
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.selection import Example
from xray_resnet.explain.caption import write_caption
from xray_resnet.explain.overlay import draw_heat
from xray_resnet.explain.panels import draw_panels
from xray_resnet.findings import column_prefix

FOLDER = "overlays"
_MOST_OF_HEAT = 256
"""Rows and columns of a map at most: it has far fewer cells."""


@dataclass(frozen=True)
class Overlay:
    """An example, pictured.

    Attributes:
        example: Which image, for which finding.
        image_id: Keyed hash of the image.
        plain: (S, S) uint8 as stored.
        heat: (h, h, 4) uint8, the map alone, to be laid over it.
        captioned: The film beside the film with map and boxes, and below finding, score, threshold and kind.
        boxes: Where the source says the finding is, in store pixels.
        file_name: Of the captioned picture below `overlays/`.
    """

    example: Example
    image_id: str
    plain: NDArray[np.uint8]
    heat: NDArray[np.uint8]
    captioned: NDArray[np.uint8]
    boxes: Sequence[Rectangle]
    file_name: str


def draw_example(evidence: Evidence, example: Example) -> Overlay:
    """The example with the map of its own finding.

    Args:
        evidence: Has the image and the network; maps are computed in fp32.
        example: What to show; its position is that of the image in the evidence.
    """
    row = int(evidence.rows[example.position])
    pixels = evidence.dataset.pixels(row)
    (heat,) = evidence.network.explain([pixels], [example.finding], methods=[evidence.asked.cam])[evidence.asked.cam]
    boxes = evidence.boxes(example.position, example.finding)
    image_id = str(evidence.predictions.image_ids[example.position])
    content = evidence.dataset.content(row)
    captioned = draw_panels(pixels, heat, boxes=boxes, caption=_caption(evidence, example), content=content)
    name = f"{column_prefix(example.finding)}-{example.kind.replace(' ', '-')}-{image_id[:12]}.png"
    layer = draw_heat(heat, side=min(_MOST_OF_HEAT, len(pixels)))
    return Overlay(example, image_id, to_8_bit(pixels), layer, captioned, boxes, name)


def _caption(evidence: Evidence, example: Example) -> str:
    probability = float(evidence.probabilities[example.position, evidence.findings.index(example.finding)])
    said = write_caption(
        example.finding,
        score=example.score,
        output=evidence.output,
        probability=None if np.isnan(probability) else probability,
    )
    return f"{said}; {example.kind}"
