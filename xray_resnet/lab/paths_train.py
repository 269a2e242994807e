"""Are short paths enough to train a network? Veit et al. 2016, section 5."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
from lightning.pytorch.callbacks import Callback

from xray_resnet.architecture import Architecture
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import Figure, draw_curves, new_figure
from xray_resnet.lab.scores import estimate_mean, unless_ignorant
from xray_resnet.lab.small_networks import EPOCHS, describe_network
from xray_resnet.lab.surgery import list_units, routing
from xray_resnet.lab.training import Plan, train_networks
from xray_resnet.models import PreActResNet

SHARE = 23 / 54
"""Share of the units that a batch's gradient may go through: the paper samples 23 of 54."""
MARGIN = 0.02
"""AUROC that counts as no loss."""
ALL, SHORT = "all paths", "short paths"


class TrainOnShortPaths(Callback):
    """Sends each batch's gradient through the branches of a random subset of the units only, and through all shortcuts.

    Args:
        count: Units of the subset.
        seed: Of the draws, with the number of the batch.
    """

    def __init__(self, count: int, *, seed: int) -> None:
        self.count, self.seed = count, seed
        self._routes: AbstractContextManager[None] | None = None

    @property
    def state_key(self) -> str:
        """What it does, in words that differ wherever a training would."""
        return self._generate_state_key(count=self.count, seed=self.seed)

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Draws the subset."""
        units = list_units(_find_network(pl_module))
        generator = np.random.default_rng([self.seed, trainer.global_step])
        closed = generator.permutation(len(units))[self.count :]
        self._routes = routing({units[place]: "shortcut" for place in closed})
        self._routes.__enter__()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Opens all ways again."""
        if self._routes:
            self._routes.__exit__(None, None, None)

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Gives weights on closed ways a gradient of zero; a fused SGD takes none that have none now and then."""
        for weights in pl_module.parameters():
            if weights.grad is None:
                weights.grad = torch.zeros_like(weights)


def _find_network(module: Any) -> PreActResNet:
    return next(layer for layer in module.modules() if isinstance(layer, PreActResNet))


def plan(bench: Bench) -> dict[tuple[int, str], Plan]:
    """The same networks, trained on all paths and on short ones."""
    parts = describe_network(bench.choose(14, 32))
    plans: dict[tuple[int, str], Plan] = {}
    for repetition in range(bench.choose(3, 4)):
        seed = bench.draw_seed(repetition)
        short = TrainOnShortPaths(count_open(parts), seed=seed)
        plans[repetition, ALL] = Plan(parts, EPOCHS, seed)
        plans[repetition, SHORT] = Plan(parts, EPOCHS, seed, (short,))
    return plans


def count_open(parts: Architecture) -> int:
    """Units that a batch's gradient goes through."""
    return round(SHARE * sum(parts.stages))


def _measure(bench: Bench) -> Outcome:
    plans = plan(bench)
    trained, one = train_networks(bench, plans), plans[0, ALL]
    aurocs = {kind: [each.score for key, each in trained.items() if key[1] == kind] for kind in (ALL, SHORT)}
    data = {
        "aurocs": aurocs,
        "curves": {kind: trained[0, kind].losses for kind in (ALL, SHORT)},
        "units": sum(one.parts.stages),
        "count": count_open(one.parts),
    }
    return Outcome(
        estimate=unless_ignorant(estimate_mean(np.subtract(aurocs[SHORT], aurocs[ALL])), aurocs[ALL]),
        found=_tell(data),
        data=data,
        settings={"repetitions": len(aurocs[ALL]), "epochs": one.epochs, "units": data["units"]},
    )


def _tell(data: Mapping[str, Any]) -> str:
    every, short = (float(np.mean(data["aurocs"][kind])) for kind in (ALL, SHORT))
    return (
        f"With the gradient through {data['count']} of {data['units']} units a batch, drawn anew each time, the macro "
        f"AUROC is {short:.3f}; with all of them it is {every:.3f}."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    for place, values in enumerate(data["aurocs"].values()):
        left.plot([place] * len(values), values, "o", markersize=5, color="#0f6e84")
    left.set_xticks(range(len(data["aurocs"])), labels=[*data["aurocs"]])
    left.set_xlim(-0.5, 1.5)
    left.set_title("macro AUROC of each repetition")
    draw_curves(right, data["curves"])
    right.set_title("training loss")
    return figure


EXPERIMENT = Experiment(
    name="paths-train",
    title="Training on short paths",
    question="Does a network learn as well if each batch's gradient takes short paths only?",
    claim=Claim(
        text="Training on the effective paths alone is as good as training on all.",
        source="Veit et al. 2016, section 5",
        measure="macro AUROC of training on short paths, less that of training on all",
        bound=-MARGIN,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
    plan=plan,
)
