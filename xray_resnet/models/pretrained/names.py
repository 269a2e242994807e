"""Names of weights: those of timm and torchvision to ours."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from xray_resnet.errors import UserError

_Rules = tuple[tuple[re.Pattern[str], str], ...]

_PREACTIVATION: _Rules = (
    (re.compile(r"^stem\.conv\.(\w+)$"), r"stem.0.\1"),
    (re.compile(r"^stages\.(\d+)\.blocks\.(\d+)\.norm(\d)\.(\w+)$"), r"stages.\1.\2.activation\3.0.\4"),
    (re.compile(r"^stages\.(\d+)\.blocks\.(\d+)\.conv(\d)\.(\w+)$"), r"stages.\1.\2.conv\3.\4"),
    (re.compile(r"^stages\.(\d+)\.blocks\.(\d+)\.downsample\.conv\.(\w+)$"), r"stages.\1.\2.projection.\3"),
    (re.compile(r"^norm\.(\w+)$"), r"final.0.\1"),
    (re.compile(r"^head\.fc\.(\w+)$"), r"head.\1"),
)
"""timm's `resnetv2`."""
_ORIGINAL: _Rules = (
    (re.compile(r"^conv1\.(\w+)$"), r"stem.0.\1"),
    (re.compile(r"^bn1\.(\w+)$"), r"stem.1.0.\1"),
    (re.compile(r"^layer(\d+)\.(\d+)\.conv(\d)\.(\w+)$"), r"stages.\1.\2.conv\3.\4"),
    (re.compile(r"^layer(\d+)\.(\d+)\.bn(\d)\.(\w+)$"), r"stages.\1.\2.activation\3.0.\4"),
    (re.compile(r"^layer(\d+)\.(\d+)\.downsample\.([01]\.\w+)$"), r"stages.\1.\2.projection.\3"),
    (re.compile(r"^fc\.(\w+)$"), r"head.\1"),
)
"""timm's and torchvision's `resnet`; our stages are counted from 0, and the last normalisation of a unit is alone."""


def from_timm(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of timm's `resnetv2_{18,34,50,101,152}`, or of its or torchvision's `resnet…`, under our names.

    Args:
        state: `timm.create_model("resnetv2_50", …).state_dict()`. A head that is a 1×1 convolution becomes a matrix.

    Raises:
        UserError: for a name that the map does not know.
    """
    renamed = {ours: state[theirs] for theirs, ours in rename(state).items()}
    if "head.weight" in renamed:
        renamed["head.weight"] = renamed["head.weight"].flatten(1)
    return renamed


def rename(names: Iterable[str]) -> dict[str, str]:
    """Each name → ours: timm's `resnetv2`, the `resnet` of timm and torchvision, or ours already.

    Raises:
        UserError: for a name that none of them has.
    """
    names = [*names]
    if "stem.0.weight" in names:
        return {name: name for name in names}
    if "conv1.weight" in names:
        last = 3 if any(".bn3." in name for name in names) else 2
        return {name: _count_from_zero(_apply(_ORIGINAL, name), last) for name in names}
    return {name: _apply(_PREACTIVATION, name) for name in names}


def _apply(rules: _Rules, name: str) -> str:
    for pattern, replacement in rules:
        if pattern.match(name):
            return pattern.sub(replacement, name)
    raise UserError(
        f"{name:.80}: not a weight of timm's resnetv2; expected one of its BN variants, such as resnetv2_50, "
        "or a resnet such as resnet50"
    )


def _count_from_zero(name: str, last: int) -> str:
    """`layer1` is our stage 0; what follows a unit's last convolution is a normalisation without ReLU."""
    counted = re.sub(r"^stages\.(\d+)", lambda found: f"stages.{int(found[1]) - 1}", name)
    return counted.replace(f".activation{last}.0.", f".activation{last}.")
