"""The network as one ONNX file: normalised pixels in, logits and exact class activation maps out."""

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from xray_resnet.models import PreActResNet

OPSET = 18


class _LogitsAndMaps(nn.Module):
    """The network as a function of the image with both outputs."""

    def __init__(self, model: PreActResNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.forward_with_maps(image)


def export_onnx(model: PreActResNet, path: Path, *, image_size: int, in_channels: int = 1) -> None:
    """Writes `model` to one file without external data.

    Input `image` (batch, in_channels, image_size, image_size); outputs `logits` (batch, F) and `maps` (batch, F, h, w).
    The batch is free.
    """
    plain = copy.deepcopy(model).eval().cpu()
    image = torch.zeros(2, in_channels, image_size, image_size)
    with _quiet():
        torch.onnx.export(
            _LogitsAndMaps(plain),
            (image,),
            path,
            input_names=["image"],
            output_names=["logits", "maps"],
            opset_version=OPSET,
            dynamic_shapes={"image": {0: torch.export.Dim("batch", min=1)}},
            external_data=False,
            dynamo=True,
            verbose=False,
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints its progress and warns of its own deprecations."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)
