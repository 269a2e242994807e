"""Weights from elsewhere: timm's `resnetv2` names to ours, and files without unpickling."""

import re
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from xray_resnet.errors import UserError
from xray_resnet.models.preact_resnet import PreActResNet

_RULES = (
    (re.compile(r"^stem\.conv\.(\w+)$"), r"stem.0.\1"),
    (re.compile(r"^stages\.(\d+)\.blocks\.(\d+)\.norm(\d)\.(\w+)$"), r"stages.\1.\2.activation\3.0.\4"),
    (re.compile(r"^stages\.(\d+)\.blocks\.(\d+)\.conv(\d)\.(\w+)$"), r"stages.\1.\2.conv\3.\4"),
    (re.compile(r"^stages\.(\d+)\.blocks\.(\d+)\.downsample\.conv\.(\w+)$"), r"stages.\1.\2.projection.\3"),
    (re.compile(r"^norm\.(\w+)$"), r"final.0.\1"),
    (re.compile(r"^head\.fc\.(\w+)$"), r"head.\1"),
)


def from_timm(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of timm's `resnetv2_{18,34,50,101,152}` under our names; the head becomes a matrix.

    Args:
        state: `timm.create_model("resnetv2_50", …).state_dict()`.

    Raises:
        UserError: for a name that the map does not know.
    """
    renamed = {_rename(name): tensor for name, tensor in state.items()}
    if "head.weight" in renamed:
        renamed["head.weight"] = renamed["head.weight"].flatten(1)
    return renamed


def load_pretrained(model: PreActResNet, path: Path, *, keep_head: bool = False) -> None:
    """Loads timm's weights from a file into `model`.

    The first convolution is summed over the colours where the model is grey, which is the response to a grey image in
    each of them. The head is loaded only on request: findings differ from ImageNet's classes.

    Args:
        model: Changed in place.
        path: A `.safetensors` file, or a torch file that loads with `weights_only=True`.
        keep_head: Also load the head.

    Raises:
        UserError: where the file cannot be read, or a weight is missing, unknown or of another shape.
    """
    state = from_timm(_read_state(path))
    if model.stem[0].in_channels == 1 and "stem.0.weight" in state:
        state["stem.0.weight"] = state["stem.0.weight"].sum(dim=1, keepdim=True)
    if not keep_head:
        state |= {f"head.{name}": tensor for name, tensor in model.head.state_dict().items()}
    refuse_mismatch(model, state, where=str(path))
    model.load_state_dict(state)


def refuse_mismatch(model: torch.nn.Module, state: Mapping[str, Tensor], *, where: str) -> None:
    """Raises where `state` is not exactly the state of `model`.

    Raises:
        UserError: names the first missing, unknown or differently shaped weight; nothing is loaded in part.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    got = {name: tuple(tensor.shape) for name, tensor in state.items()}
    wrong = sorted(name for name in expected.keys() | got.keys() if expected.get(name) != got.get(name))
    if wrong:
        name = wrong[0]
        raise UserError(
            f"{where}: {len(wrong)} of {len(expected)} weights do not fit the network, first {name}: "
            f"expected {expected.get(name, 'none')}, got {got.get(name, 'none')}; use weights of the same architecture"
        )


def _rename(name: str) -> str:
    for pattern, replacement in _RULES:
        if pattern.match(name):
            return pattern.sub(replacement, name)
    raise UserError(f"{name}: not a weight of timm's resnetv2; expected one of its BN variants, such as resnetv2_50")


def _read_state(path: Path) -> dict[str, Tensor]:
    try:
        state = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (OSError, SafetensorError, UnpicklingError, RuntimeError, EOFError, LookupError, ValueError) as error:
        raise UserError(
            f"{path}: no weights that load without unpickling ({type(error).__name__}); give a whole .safetensors file"
        ) from None
    if not isinstance(state, Mapping) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise UserError(f"{path}: holds something else than named weights; save the model's state_dict() alone")
    return dict(state)
