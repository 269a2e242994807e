"""Weights in a safetensors file: shapes first, so that a file that does not fit is refused before anything is read."""

import hashlib
from functools import partial
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from xray_resnet.errors import UserError
from xray_resnet.models.pretrained.colours import Normalisation
from xray_resnet.models.pretrained.names import rename
from xray_resnet.models.pretrained.weights import Shape, Weights

_CONVOLVED_HEAD = 4


def open_weights(
    path: Path,
    *,
    source: str = "",
    normalisation: Normalisation | None = None,
    findings: tuple[str, ...] = (),
    facts: tuple[str, ...] = (),
    has_ones: bool = False,
) -> Weights:
    """The weights in a file, under our names, not yet read.

    A safetensors file holds numbers alone. Its header is compared with its size before it is believed.

    Args:
        path: The file.
        source: Where it comes from, in words; its path if empty.
        normalisation: Of the input that they were trained with, if it is known.
        findings: Names of the logits, if they are findings.
        facts: What their network is told beside the image.
        has_ones: Whether the network appends a channel of ones to the image.

    Raises:
        UserError: if it is not a whole safetensors file, or has names that are not a ResNet's.
    """
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  not a dict
        digest = _compute_sha256(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise UserError(
            f"{path}: not a whole safetensors file ({type(error).__name__}); other formats are not read, "
            "for they may run code: save the weights with safetensors.torch.save_file"
        ) from None
    names = rename(shapes)
    ours = {names[name]: _flatten(names[name], shape) for name, shape in shapes.items()}
    return Weights(
        source or str(path), digest, ours, partial(_read, path, names), normalisation, findings, facts, has_ones
    )


def _read(path: Path, names: dict[str, str]) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as file:
        tensors = {ours: file.get_tensor(theirs) for theirs, ours in names.items()}
    return {
        name: (tensor.float() if tensor.is_floating_point() else tensor).reshape(_flatten(name, tuple(tensor.shape)))
        for name, tensor in tensors.items()
    }


def _flatten(name: str, shape: Shape) -> Shape:
    """The shape of a weight; a head that is a 1×1 convolution is a matrix."""
    is_convolution = name == "head.weight" and len(shape) == _CONVOLVED_HEAD and shape[2:] == (1, 1)
    return shape[:2] if is_convolution else shape


def _compute_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
