"""Weights of timm, by name, from the cache of the Hugging Face hub, or from the hub if they are not there yet."""

import difflib
import re
from pathlib import Path
from typing import Any

import xray_resnet.torch_compat  # noqa: F401  before timm, which imports torchvision
from xray_resnet.errors import UserError
from xray_resnet.models.pretrained.colours import Normalisation
from xray_resnet.models.pretrained.files import open_weights
from xray_resnet.models.pretrained.weights import Weights

FILE = "model.safetensors"
_OURS = re.compile(r"resnet(v2_)?\d+")
"""Those of timm's networks that are built here; its variants (d, GroupNorm, blur) have other layers under one name."""


def open_timm_weights(name: str) -> Weights:
    """Weights that timm publishes, not yet read.

    The hub is asked only if its cache does not have the file.

    Args:
        name: timm's name of a network, with or without the tag of its training: resnetv2_50, resnetv2_50.a1h_in1k.

    Raises:
        UserError: if timm is not installed or does not know the name, or the hub cannot be reached.
    """
    known = _find_configuration(name)
    normalisation = Normalisation(tuple(known.mean), tuple(known.std))
    path = _find_in_cache(known.hf_hub_id) or _download(known.hf_hub_id)
    return open_weights(path, source=known.hf_hub_id, normalisation=normalisation)


def _find_configuration(name: str) -> Any:
    """What timm says of a network's weights: the hub's id and the normalisation."""
    try:
        import timm
    except ModuleNotFoundError as error:
        raise UserError(
            f"timm/{name}: {error.name} is not installed; pip install 'xray-resnet[pretrained]', "
            f"or give the path of a {FILE}"
        ) from None
    known = [each for each in timm.list_pretrained("resnet*") if _OURS.fullmatch(each.partition(".")[0])]
    names = {*known, *(each.partition(".")[0] for each in known)}
    if name not in names:
        near = difflib.get_close_matches(name, sorted(names), n=1)
        hint = f"; did you mean timm/{near[0]}?" if near else "; expected a name such as timm/resnetv2_50.a1h_in1k"
        raise UserError(f"timm/{name:.80}: timm publishes no weights of that name that are built here{hint}")
    return timm.models.get_pretrained_cfg(name)


def _find_in_cache(hub_id: str) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(hub_id, FILE, local_files_only=True))
    except LocalEntryNotFoundError:
        return None


def _download(hub_id: str) -> Path:
    from huggingface_hub import constants, hf_hub_download

    try:
        return Path(hf_hub_download(hub_id, FILE))
    except Exception as error:  # the hub's, its transport's and the system's errors have no base in common
        cause = error.__cause__ or error
        raise UserError(
            f"{hub_id}: not in the cache {constants.HF_HUB_CACHE}, and not to be had from the hub "
            f"({type(cause).__name__}: {cause!s:.80}); download {FILE} and config.json of "
            f"https://huggingface.co/{hub_id} on another machine and give the path of the former as model.weights"
        ) from None
