"""Whole state dicts: loading timm's from a file, and refusing one that is not exactly the network's."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from xray_resnet.errors import UserError
from xray_resnet.models.preact_resnet import PreActResNet
from xray_resnet.models.pretrained.colours import fold_colours
from xray_resnet.models.pretrained.names import from_timm


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
        state["stem.0.weight"] = fold_colours(state["stem.0.weight"])
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
