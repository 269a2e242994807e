"""Where the first weights of a training come from: `model.weights` as weights that are found and not yet read."""

import json
from pathlib import Path

from xray_resnet.bundle import read_bundle
from xray_resnet.config import ModelConfig
from xray_resnet.config.model import TIMM
from xray_resnet.errors import UserError
from xray_resnet.models.pretrained import Normalisation, Weights, open_timm_weights, open_weights

_MAX_JSON_BYTES = 1_000_000


def find_weights(config: ModelConfig) -> Weights:
    """The weights that a configuration names: timm's, those of a run or bundle, or a safetensors file.

    Raises:
        UserError: if they are missing or unreadable, or it is not known how their input was normalised.
    """
    if config.weights.startswith(TIMM):
        return open_timm_weights(config.weights.removeprefix(TIMM))
    path = Path(config.weights)
    if path.is_dir():
        return _open_bundle(path)
    if config.weights_mean:
        normalisation = Normalisation(tuple(config.weights_mean), tuple(config.weights_std))
    else:
        normalisation = _read_normalisation(path)
    return open_weights(path, normalisation=normalisation)


def _open_bundle(path: Path) -> Weights:
    bundle = read_bundle(path)
    metadata = bundle.metadata
    return open_weights(
        bundle.weights,
        source=f"{metadata.name}, trained on {metadata.training_data.get('name', 'unnamed data')}",
        normalisation=Normalisation((metadata.input["mean"],), (metadata.input["std"],)),
        findings=metadata.findings,
        facts=metadata.facts,
        has_ones=metadata.model.get("ones_channel") is True,
    )


def _read_normalisation(weights: Path) -> Normalisation:
    """What the `config.json` beside a file says, as timm writes it."""
    path = weights.with_name("config.json")
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise ValueError(f"{path}: more than {_MAX_JSON_BYTES} bytes")
        values = json.loads(path.read_bytes())
        values = values.get("pretrained_cfg", values)
        return Normalisation(*(tuple(float(number) for number in values[key]) for key in ("mean", "std")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise UserError(
            f"{weights}: how its input was normalised is not known, for there is no {path.name} of timm's beside it; "
            "name it by model.weights_mean and model.weights_std, a number for each channel"
        ) from None
