"""Does a network follow the practical rules of He et al. 2016a and 2016b? Unit by unit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

import xray_resnet.torch_compat  # noqa: F401  before timm, which imports torchvision

# isort: split
from torch import nn

from xray_resnet.errors import UserError
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import MODEL, POSITIVE, Figure, new_figure
from xray_resnet.lab.surgery import is_residual, keeps_shape, list_units
from xray_resnet.metrics import Estimate
from xray_resnet.models import PreActResNet
from xray_resnet.models.gates import ScalarGate, StochasticDepth, StrictIdentity
from xray_resnet.models.layers import Activation
from xray_resnet.models.shortcuts import Identity
from xray_resnet.models.units import Unit

RULES = {
    "has_shortcut": "something stands beside the branch",
    "skip_is_identity": "the skip is the identity where the shape stays",
    "skip_is_clear": "nothing weighs or gates the skip",
    "sum_is_last": "nothing follows the sum",
    "activates_first": "the branch begins with BN–ReLU, then convolves",
}
"""Rule → what it asks, as the papers recommend it."""
_BROKEN = {
    "has_shortcut": "nothing stands beside the branch",
    "skip_is_identity": "the skip is not the identity although the shape stays",
    "skip_is_clear": "something weighs or gates the skip",
    "sum_is_last": "something follows the sum",
    "activates_first": "the branch does not begin with BN–ReLU",
}
"""Rule → how a unit that breaks it is."""


_ON_THE_BRANCH = (ScalarGate, StrictIdentity, StochasticDepth)
"""What weighs a unit's branch and leaves its skip alone."""


@dataclass(frozen=True)
class Row:
    """What a unit does, by `RULES`; its number and whether it changes the shape."""

    unit: int
    changes_shape: bool
    has_shortcut: bool
    skip_is_identity: bool
    skip_is_clear: bool
    sum_is_last: bool
    activates_first: bool

    @property
    def broken(self) -> list[str]:
        """The rules that the unit breaks."""
        return [rule for rule in RULES if not getattr(self, rule)]


def inspect(model: PreActResNet) -> list[Row]:
    """A row for each unit."""
    return [_inspect_unit(unit, is_first=place == 0) for place, unit in enumerate(list_units(model))]


def _inspect_unit(unit: Unit, *, is_first: bool) -> Row:
    first = unit.branch[0]
    # What the stem has activated, the first unit need not.
    activates = isinstance(first, Activation) or (is_first and isinstance(unit.merge.after, nn.Identity))
    return Row(
        unit=unit.place.number,
        changes_shape=not keeps_shape(unit),
        has_shortcut=is_residual(unit),
        skip_is_identity=not keeps_shape(unit) or isinstance(unit.projection, Identity),
        skip_is_clear=all(isinstance(step, _ON_THE_BRANCH) for step in unit.merge.steps),
        sum_is_last=isinstance(unit.merge.after, nn.Identity),
        activates_first=activates,
    )


def inspect_timm(name: str) -> list[Row]:
    """A row for each unit of timm's `resnet*` or `resnetv2*`, by what its blocks are made of; no weights are loaded.

    Raises:
        UserError: for a name that timm does not know, or a network without such units.
    """
    import timm

    if name not in timm.list_models():
        near = ", ".join(get_close_matches(name, timm.list_models("resnet*"))) or "resnet50, resnetv2_50"
        raise UserError(f"--network is {name!r}, which timm does not know; near it are {near}")
    blocks = [layer for layer in timm.create_model(name).modules() if _is_timm_unit(layer)]
    if not blocks:
        raise UserError(
            f"--network is {name}, which has no residual units as resnet* and resnetv2* have; take one of those"
        )
    return [_inspect_timm_unit(block, number) for number, block in enumerate(blocks, start=1)]


def _is_timm_unit(layer: nn.Module) -> bool:
    return type(layer).__module__ in ("timm.models.resnet", "timm.models.resnetv2") and hasattr(layer, "downsample")


def _inspect_timm_unit(block: Any, number: int) -> Row:
    """Timm's `downsample` is the skip's projection; blocks called PreAct… normalise first, others end in ReLU."""
    convolutions = [layer for name, layer in block.named_children() if name.startswith("conv")]
    strides = any(layer.stride != (1, 1) for layer in convolutions)
    changes = strides or convolutions[0].in_channels != convolutions[-1].out_channels
    is_preactivation = type(block).__name__.startswith("PreAct")
    return Row(
        unit=number,
        changes_shape=changes,
        has_shortcut=True,
        skip_is_identity=changes or block.downsample is None,
        skip_is_clear=True,
        sum_is_last=is_preactivation,
        activates_first=is_preactivation,
    )


def _measure(bench: Bench) -> Outcome:
    rows = inspect(bench.model)
    share = sum(not row.broken for row in rows) / len(rows)
    return Outcome(
        estimate=Estimate(share, share, share, method="counted"),
        found=tell(rows),
        data={"rows": [asdict(row) for row in rows]},
        settings={"units": len(rows)},
    )


def tell(rows: list[Row]) -> str:
    """Which rules are broken where, and where the shape changes, in sentences."""
    broken = {rule: [row.unit for row in rows if rule in row.broken] for rule in RULES}
    sentences = [
        f"{_name_units(units, of=len(rows))} {_BROKEN[rule]} ({rule})." for rule, units in broken.items() if units
    ]
    changing = [row.unit for row in rows if row.changes_shape]
    shapes = f"The shape changes in unit {', '.join(map(str, changing))}." if changing else "The shape never changes."
    return " ".join([*(sentences or [f"All {len(rows)} units follow every rule."]), shapes])


def _name_units(units: list[int], *, of: int) -> str:
    """`In all 16 units` or `In 2 of 16 units (3, 4)`."""
    return f"In all {of} units" if len(units) == of else f"In {len(units)} of {of} units ({', '.join(map(str, units))})"


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (axes,) = new_figure()
    units = [row["unit"] for row in data["rows"]]
    for height, rule in enumerate(reversed(RULES)):
        colours = [MODEL if row[rule] else POSITIVE for row in data["rows"]]
        axes.scatter(units, [height] * len(units), color=colours, s=26)
    axes.set_yticks(range(len(RULES)), labels=[*reversed(RULES.values())])
    axes.set_xlabel("unit; orange: it breaks the rule")
    return figure


EXPERIMENT = Experiment(
    name="checklist",
    title="The design rules",
    question="Does every unit follow the rules for residual networks?",
    claim=Claim(
        text="Identity skips with nothing on them, projections only where the shape changes, BN–ReLU before each "
        "convolution, nothing after the sum.",
        source="He et al. 2016a, section 3; He et al. 2016b, sections 3 and 4",
        measure="share of the units that follow every rule",
        bound=0.999,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
)
