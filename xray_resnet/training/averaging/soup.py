"""The average of the last epochs' weights, offered to validation when training ends."""

from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from xray_resnet.training.averaging.delivered import find_delivered
from xray_resnet.training.steps import Classifier
from xray_resnet.training.validation import Monitor

PREFIX = "soup_"
"""Of the scores of the average in the table of epochs."""
_LOGGED = ("val_loss", "val_macro_auroc")


class AverageEpochs(Callback):
    """Averages the weights that the last epochs would deliver (Izmailov et al. 2018, Wortsman et al. 2022).

    The statistics of the batch norms are averaged like the weights. After the last epoch the average is validated
    like an epoch, and logged; whether it is better is for others to see. A training that stops early has no average.

    Args:
        epochs: How many of the last epochs.
    """

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._count = 0
        self.weights: dict[str, Tensor] = {}
        """The average so far, by the names of the network's weights."""

    def state_dict(self) -> dict[str, Any]:
        """The average so far, for the checkpoint."""
        return {"count": self._count, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the average of a checkpoint."""
        self._count, self.weights = state_dict["count"], dict(state_dict["weights"])

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Adds the epoch, if it is one of the last, and validates the average after the last."""
        assert isinstance(pl_module, Classifier)
        left = (trainer.max_epochs or 0) - trainer.current_epoch - 1
        if left >= self._epochs:
            return
        self._add(find_delivered(trainer, pl_module).model.state_dict())
        if left == 0:
            scores = validate_weights(trainer, pl_module, self.weights)
            pl_module.log_dict({f"{PREFIX}{name}": scores[name] for name in _LOGGED if name in scores})

    def _add(self, weights: dict[str, Tensor]) -> None:
        """Weights by their mean over the epochs, counters as they are now."""
        self._count += 1
        for name, value in weights.items():
            if name in self.weights and value.is_floating_point():
                self.weights[name].lerp_(value, 1 / self._count)
            else:
                self.weights[name] = value.detach().clone()


def find_soup(trainer: lightning.Trainer) -> dict[str, Tensor]:
    """The weights of the average of the last epochs, by name; empty without one."""
    callbacks = trainer.callbacks  # type: ignore[attr-defined]  # a connector sets them, untyped
    return next((callback.weights for callback in callbacks if isinstance(callback, AverageEpochs)), {})


def is_soup_better(trainer: lightning.Trainer, monitor: Monitor) -> bool:
    """Whether validation prefers the average of the last epochs to the last of them."""
    soup, last = (trainer.callback_metrics.get(f"{prefix}{monitor.metric}") for prefix in (PREFIX, ""))
    return soup is not None and last is not None and monitor.is_better(float(soup), float(last))


def validate_weights(
    trainer: lightning.Trainer, classifier: Classifier, weights: dict[str, Tensor]
) -> dict[str, float]:
    """The scores of validation of other weights; those of `classifier` are back in place afterwards."""
    own = {name: value.clone() for name, value in classifier.model.state_dict().items()}
    classifier.model.load_state_dict(weights)
    classifier.eval()
    with torch.no_grad(), trainer.precision_plugin.val_step_context():
        for index, batch in enumerate(trainer.val_dataloaders or ()):
            classifier.validation_step(trainer.strategy.batch_to_device(batch), index)
    classifier.train()
    classifier.model.load_state_dict(own)
    return classifier.score_validation()
