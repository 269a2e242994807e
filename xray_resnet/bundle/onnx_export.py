"""The network as one ONNX file: normalised pixels in; logits, exact class activation maps and pooled features out."""

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from xray_resnet.bundle.onnx_file import FEATURES
from xray_resnet.models import PreActResNet

OPSET = 18


class _WithAllOutputs(nn.Module):
    """The network as a function of the image, and of facts if it takes some, with all outputs."""

    def __init__(self, model: PreActResNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor, facts: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        return self.model.forward_all(image, facts)


def export_onnx(model: PreActResNet, path: Path, *, image_size: int, in_channels: int = 1, facts: int = 0) -> None:
    """Writes `model` to one file without external data.

    Input `image` (batch, in_channels, image_size, image_size), and `facts` (batch, facts) if there are some;
    outputs `logits` (batch, F), `maps` (batch, F, h, w) and `features` (batch, C). The batch is free.
    """
    plain = copy.deepcopy(model).eval().cpu()
    inputs = {"image": torch.zeros(2, in_channels, image_size, image_size)}
    if facts:
        inputs["facts"] = torch.zeros(2, facts)
    batch = torch.export.Dim("batch", min=1)
    with _quiet():
        torch.onnx.export(
            _WithAllOutputs(plain),
            tuple(inputs.values()),
            path,
            input_names=[*inputs],
            output_names=["logits", "maps", FEATURES],
            opset_version=OPSET,
            dynamic_shapes={name: {0: batch} for name in inputs},
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
