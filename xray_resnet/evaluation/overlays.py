"""Example images with the map of their finding, and the true boxes where the source has them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_resnet.boxes import Rectangle
from xray_resnet.dicom.radiograph import to_8_bit
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.selection import Example
from xray_resnet.explain.overlay import draw_heat, draw_overlay
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
        captioned: (H, S, 3) uint8 with map and boxes, and a strip below that names finding, kind and score.
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
    pixels = evidence.dataset.pixels(int(evidence.rows[example.position]))
    (heat,) = evidence.network.explain([pixels], [example.finding], methods=[evidence.cam])[evidence.cam]
    boxes = evidence.boxes(example.position, example.finding)
    image_id = str(evidence.predictions.image_ids[example.position])
    caption = f"{example.finding}, {example.kind}, score {example.score:.3f}"
    captioned = draw_overlay(pixels, heat, boxes=boxes, caption=caption)
    name = f"{column_prefix(example.finding)}-{example.kind.replace(' ', '-')}-{image_id[:12]}.png"
    layer = draw_heat(heat, side=min(_MOST_OF_HEAT, len(pixels)))
    return Overlay(example, image_id, to_8_bit(pixels), layer, captioned, boxes, name)
