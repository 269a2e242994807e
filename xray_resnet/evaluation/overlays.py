"""Example images with the Grad-CAM of their finding, and the true boxes where the source has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xray_resnet.boxes import Rectangle
from xray_resnet.evaluation.pointing import boxes_of
from xray_resnet.evaluation.predict import build_batch
from xray_resnet.evaluation.selection import Example
from xray_resnet.explain.gradcam import compute_gradcam
from xray_resnet.explain.overlay import draw_overlay, encode_png, to_8_bit
from xray_resnet.files import write_bytes
from xray_resnet.findings import column_prefix
from xray_resnet.model_input import ModelInput
from xray_resnet.models import PreActResNet
from xray_resnet.store import Dataset
from xray_resnet.torch_engine import Engine

FOLDER = "overlays"


@dataclass(frozen=True)
class Overlay:
    """An example, pictured.

    Attributes:
        example: Which image, for which finding.
        image_id: Keyed hash of the image.
        plain: (S, S) uint8 as stored.
        picture: (S, S, 3) uint8 with map and boxes.
        captioned: The picture with a strip below that names finding, kind and score.
        boxes: Where the source says the finding is, in store pixels.
        file_name: Of the captioned picture below `overlays/`.
    """

    example: Example
    image_id: str
    plain: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    captioned: NDArray[np.uint8]
    boxes: Sequence[Rectangle]
    file_name: str


def draw_examples(
    model: PreActResNet,
    dataset: Dataset,
    examples: Sequence[Example],
    *,
    rows: NDArray[np.int64],
    outputs: dict[str, int],
    model_input: ModelInput,
    engine: Engine,
) -> list[Overlay]:
    """One overlay per example.

    Args:
        model: In evaluation mode, on the engine's device.
        dataset: Has the images.
        examples: What to show; their positions index `rows`.
        rows: (N,) rows of the split.
        outputs: Finding → which output of the model.
        model_input: From stored pixels to the network's input.
        engine: Device; maps are computed in fp32.
    """
    overlays = []
    for example in examples:
        row = int(rows[example.position])
        batch = build_batch(dataset, rows[[example.position]], model_input).to(engine.device)
        (heat,) = compute_gradcam(model, batch, [outputs[example.finding]])
        overlays.append(_draw(dataset, row, example, heat))
    return overlays


def write_overlays(folder: Path, overlays: Sequence[Overlay]) -> None:
    """Writes each picture to `folder/overlays/`, and removes those of an evaluation before."""
    for overlay in overlays:
        write_bytes(folder / FOLDER / overlay.file_name, encode_png(overlay.captioned))
    current = {overlay.file_name for overlay in overlays}
    for path in (folder / FOLDER).glob("*.png"):
        if path.name not in current:
            path.unlink()


def _draw(dataset: Dataset, row: int, example: Example, heat: NDArray[np.float32]) -> Overlay:
    pixels = dataset.pixels(row)
    boxes = boxes_of(dataset, row, example.finding)
    image_id = str(dataset.image_ids[row])
    caption = f"{example.finding}, {example.kind}, score {example.score:.3f}"
    plain, captioned = (draw_overlay(pixels, heat, boxes=boxes, caption=text) for text in ("", caption))
    name = f"{column_prefix(example.finding)}-{example.kind.replace(' ', '-')}-{image_id[:12]}.png"
    return Overlay(example, image_id, to_8_bit(pixels), plain, captioned, boxes, name)
