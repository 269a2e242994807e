"""The learning-rate range test: the loss while the rate rises from step to step (Smith 2017, section 3.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from lightning.fabric.utilities.apply_func import move_data_to_device

from xray_resnet.data import Batch
from xray_resnet.models import PreActResNet
from xray_resnet.torch_engine import Engine
from xray_resnet.training.loading import ResumableLoader, build_loaders
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.steps import Classifier, DivergedError, build_classifier
from xray_resnet.training.task import Task
from xray_resnet.training.trainer import torch_threads

LEAST, MOST = 1e-7, 10.0
STEPS = 100
SMOOTHING = 0.9
DIVERGED = 4.0
"""The test ends where the smoothed loss is so many times its lowest value."""
_LINES, _BAR = 20, 50


@dataclass(frozen=True)
class RateTest:
    """What the test measured.

    Attributes:
        rates: (n,) learning rates, rising by a constant factor.
        losses: (n,) losses at them, smoothed over the steps.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def suggestion(self) -> float:
        """A tenth of the rate at which the loss is lowest (Howard and Gugger 2020)."""
        return self.rates[int(np.argmin(self.losses))] / 10

    def list_lines(self) -> Iterator[str]:
        """A table of about twenty rates with their losses and bars, and what it suggests."""
        highest = max(self.losses[0], min(self.losses))
        for position in range(0, len(self.rates), max(1, len(self.rates) // _LINES)):
            loss = self.losses[position]
            bar = "█" * min(_BAR, max(1, round(_BAR * loss / highest)))
            yield f"{self.rates[position]:9.2e}  {loss:8.4f}  {bar}"
        fall = 1 - min(self.losses) / self.losses[0]
        yield (
            f"suggested: train.learning_rate {self.suggestion:.1e}, a tenth of the rate with the lowest loss, which is "
            f"{fall:.0%} below the first; a fall of a few per cent suggests nothing"
        )


def find_rate(model: PreActResNet, task: Task, settings: TrainingSettings, *, steps: int = STEPS) -> RateTest:
    """Trains `model` in place while the rate rises from `LEAST` to `MOST`, until the loss diverges; writes nothing.

    Args:
        model: With a logit for each finding of the task; of no use afterwards.
        task: Images and labels.
        settings: How it would be trained; the rate, the epochs, the average and the soup aside.
        steps: At most.
    """
    loader, _ = build_loaders(task, settings)
    classifier = build_classifier(model, task, settings, batches_per_epoch=len(loader)).to(settings.engine.device)
    classifier.train()
    rates, losses, smoothed = np.geomspace(LEAST, MOST, steps).tolist(), [], 0.0
    with torch_threads(settings.threads), torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        for step, loss in enumerate(_train(classifier, loader, settings.engine, rates), start=1):
            smoothed = SMOOTHING * smoothed + (1 - SMOOTHING) * loss
            losses.append(smoothed / (1 - SMOOTHING**step))
            if losses[-1] > DIVERGED * min(losses):
                break
    return RateTest(tuple(rates[: len(losses)]), tuple(losses))


def _train(classifier: Classifier, loader: ResumableLoader, engine: Engine, rates: list[float]) -> Iterator[float]:
    """The loss of a batch before each step, a step at each rate; ends early if a step is not worth taking."""
    optimiser = classifier.configure_optimizers()["optimizer"]
    for rate, batch in zip(rates, _repeat(loader), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = rate * group["initial_lr"] / classifier.schedule.learning_rate
        optimiser.zero_grad()
        with engine.autocast():
            loss, _ = classifier.compute_loss(move_data_to_device(batch, classifier.device))
        torch.autograd.backward(loss)
        try:
            classifier.configure_gradient_clipping(optimiser)
        except DivergedError:
            return
        optimiser.step()
        yield loss.item()


def _repeat(loader: ResumableLoader) -> Iterator[Batch]:
    """Batches of one epoch after the other."""
    for epoch in count():
        loader.set_epoch(epoch)
        yield from loader
