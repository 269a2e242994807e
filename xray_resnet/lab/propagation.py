"""Does the signal run unchanged along the identity path? He et al. 2016b, equations 4 and 5, in numbers.

Equation 4: x_L = x_l + Σ F(x_i) over the units l … L − 1. Equation 5: the gradient at x_l is the gradient at x_L, plus
what comes through the branches. Both are looked at within each stage, behind the unit that changes the shape.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xray_resnet.architecture import Order
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import MODEL, Figure, draw_lines, new_figure
from xray_resnet.lab.scores import estimate_mean
from xray_resnet.lab.surgery import Way, keeps_shape, list_stages, list_units, routing
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.models.units import Merge, Unit

EXACT = 1e-4
"""Rounding of fp32 stays below; what follows a sum does not."""
_LEAST = 1e-12


@dataclass
class Record:
    """What a unit did with a batch.

    Attributes:
        x: Its input.
        residual: What was added to the shortcut.
        output: What it gave.
    """

    x: Tensor
    residual: Tensor
    output: Tensor


@contextmanager
def recording(units: Sequence[Unit]) -> Iterator[dict[int, Record]]:
    """While it lasts, keeps what each unit did last, by its place in `units`."""
    kept: dict[int, Record] = {}
    with ExitStack() as hooks:
        for place, unit in enumerate(units):

            def keep(merge: Merge, signals: tuple[Tensor, Tensor, Tensor], output: Tensor, place: int = place) -> None:
                x, branch, shortcut = signals
                for step in merge.steps:
                    branch, shortcut = step(x, branch, shortcut)
                kept[place] = Record(x, branch, output)

            hooks.callback(unit.merge.register_forward_hook(keep).remove)
        yield kept


def measure_forward(model: PreActResNet, images: Tensor) -> NDArray[np.float64]:
    """Equation 4's deviation ‖x_L − x_l − Σ F‖ / ‖x_L‖ of each image in each stage, (stages, N).

    Args:
        model: In evaluation mode.
        images: (N, in_channels, H, W).
    """
    runs = _list_runs(model)
    with torch.no_grad(), recording(list_units(model)) as kept:
        model.forward_features(images)
    found = []
    for run in runs:
        x, output = kept[run[0]].x, kept[run[-1]].output
        total = torch.stack([kept[place].residual.expand_as(output) for place in run]).sum(dim=0)
        found.append(_norm(output - x - total) / _norm(output).clamp_min(_LEAST))
    return torch.stack(found).double().cpu().numpy()


def measure_backward(model: PreActResNet, images: Tensor) -> NDArray[np.float64]:
    """Equation 5's deviation of the additive term, ‖g_l − g_L‖ / ‖g_L‖ with the branches cut, (stages, N).

    Args:
        model: In evaluation mode; the gradient is that of the sum of its logits.
        images: (N, in_channels, H, W).
    """
    runs, units = _list_runs(model), list_units(model)
    cut: dict[Unit, Way] = {units[place]: "shortcut" for run in runs for place in run}
    with recording(units) as kept, routing(cut):
        logits = model(images.clone().requires_grad_())
    ends = [end for run in runs for end in (kept[run[0]].x, kept[run[-1]].output)]
    gradients = torch.autograd.grad(logits.sum(), ends)
    pairs = zip(gradients[::2], gradients[1::2], strict=True)
    found = [_norm(start - end) / _norm(end).clamp_min(_LEAST) for start, end in pairs]
    return torch.stack(found).double().cpu().numpy()


def measure_norms(model: PreActResNet, images: Tensor) -> tuple[list[float], list[float]]:
    """Norms by unit: of the signal behind it and of the gradient there, mean over the images."""
    units = list_units(model)
    with recording(units) as kept:
        logits = model(images.clone().requires_grad_())
    outputs = [kept[place].output for place in range(len(units))]
    gradients = torch.autograd.grad(logits.sum(), outputs)
    signal, gradient = ([float(_norm(one.detach()).mean()) for one in some] for some in (outputs, gradients))
    return signal, gradient


def _list_runs(model: PreActResNet) -> list[list[int]]:
    """Places of the units of each stage that keep the shape; stages without any are left out."""
    stages: dict[int, list[int]] = {}
    places = {unit: place for place, unit in enumerate(list_units(model))}
    for stage, units in enumerate(list_stages(model)):
        for unit in units:
            if keeps_shape(unit):
                stages.setdefault(stage, []).append(places[unit])
    return [*stages.values()]


def _norm(tensor: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(tensor.flatten(1), dim=1)
    return norms


def _measure(bench: Bench) -> Outcome:
    images = bench.draw_sample(bench.choose(16, 64)).images.to(bench.subject.engine.device)
    both = np.concatenate([measure_forward(bench.model, images), measure_backward(bench.model, images)])
    worst = both.max(axis=0)
    signal, gradient = measure_norms(bench.model, images)
    orders = {order: _try_order(bench, order, images) for order in get_args(Order)}
    return Outcome(
        estimate=estimate_mean(worst),
        found=_tell(bench, float(worst.mean()), orders),
        data={"orders": orders, "signal": signal, "gradient": gradient, "own": float(worst.mean())},
        settings={"images": len(images)},
    )


def _try_order(bench: Bench, order: Order, images: Tensor) -> float:
    """The deviation of a fresh network of the run's shape in another order."""
    parts = replace(bench.model.architecture, order=order, removed=(), zero_init=False)
    with torch.random.fork_rng():
        torch.manual_seed(bench.seed)
        fresh = build_model(parts, num_findings=bench.model.head.out_features).eval().to(images.device)
    return float(np.concatenate([measure_forward(fresh, images), measure_backward(fresh, images)]).max(axis=0).mean())


def _tell(bench: Bench, own: float, orders: Mapping[str, float]) -> str:
    others = ", ".join(f"{name.replace('_', ' ')} {value:.2g}" for name, value in orders.items())
    return (
        f"The run's network, in the order {bench.model.architecture.order.replace('_', ' ')}, departs from the two "
        f"equations by {own:.2g} of the signal. Fresh networks of its shape in each order depart by: {others}."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    names = [*data["orders"]]
    left.barh(
        [name.replace("_", " ") for name in names], [max(data["orders"][name], 1e-9) for name in names], color=MODEL
    )
    left.axvline(EXACT, color="black", linewidth=0.8, linestyle=(0, (4, 3)))
    left.set_xscale("log")
    left.set_title("departure from equations 4 and 5, fresh networks")
    units = [*range(1, len(data["signal"]) + 1)]
    relative = {name: _over_last(data[name]) for name in ("signal", "gradient")}
    draw_lines(right, {name: (units, values) for name, values in relative.items()})
    right.set_yscale("log")
    right.set_xlabel("unit")
    right.set_title("norms of the run's network, relative to the last unit")
    return figure


def _over_last(values: Sequence[float]) -> list[float]:
    return [value / max(values[-1], _LEAST) for value in values]


EXPERIMENT = Experiment(
    name="propagation",
    title="The identity path",
    question="Is the signal behind a stage the signal before it plus the residuals, and the gradient likewise?",
    claim=Claim(
        text="With nothing after the sum, signals and gradients pass along the identity path unchanged.",
        source="He et al. 2016b, equations 4 and 5",
        measure="relative departure from both equations, the worst of the stages, mean over images",
        bound=EXACT,
        side="below",
    ),
    measure=_measure,
    draw=_draw,
)
