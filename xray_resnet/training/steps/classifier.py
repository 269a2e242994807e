"""One step of training and of validation."""

import math
from collections.abc import Callable
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from xray_resnet.data import CORRUPTED, KNOWN, Batch
from xray_resnet.errors import UserError
from xray_resnet.models import PreActResNet
from xray_resnet.training.distributed import count_processes, gather_all
from xray_resnet.training.robust import AuxiliaryNorms, consistency_loss, mix_pairs, split_by_norm
from xray_resnet.training.steps.divergence import Step
from xray_resnet.training.steps.optimiser import Schedule, build_optimiser
from xray_resnet.training.steps.running_mean import RunningMean
from xray_resnet.training.validation import compute_scores

_TRAIN_LOSS, _DIVERGENCE = "train_loss", "train_divergence"
_MEANS = "means of the epoch"
_WATCHED = ("val_loss", "val_macro_auroc")


class Classifier(lightning.LightningModule):
    """A network in training: its loss, its optimiser, validation by AUROC.

    Args:
        model: The network.
        findings: Names of its F logits.
        schedule: Optimiser and learning rate.
        loss: Of logits and targets (B, F), NaN where unknown.
        clip_norm: Largest norm of the gradient of all weights; 0: unlimited.
        consistency_weight: Of the divergence between the views of an image, if a batch has two.
        teacher: Logits of clean images (B, 1, S, S) that the corrupted view is held to; None: the network's own.
        auxiliary_norm: Whether corrupted images are normalised by norms of their own.
        mixup: α of mixup; 0: none.
        seed: With epoch and batch, decides what mixup draws.
    """

    def __init__(
        self,
        model: PreActResNet,
        *,
        findings: tuple[str, ...],
        schedule: Schedule,
        loss: nn.Module,
        clip_norm: float = 0.0,
        consistency_weight: float = 1.0,
        teacher: Callable[[Tensor], Tensor] | None = None,
        auxiliary_norm: bool = False,
        mixup: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.findings = findings
        self.schedule = schedule
        self.loss = loss
        self.clip_norm = clip_norm
        self.consistency_weight = consistency_weight
        self.teacher = teacher
        self.auxiliary_norms = AuxiliaryNorms(model) if auxiliary_norm else None
        self.train_loss, self.train_divergence = RunningMean(), RunningMean()
        self._means = {_TRAIN_LOSS: self.train_loss, _DIVERGENCE: self.train_divergence}
        self.mixup = mixup
        self.seed = seed
        self._step = Step()
        self._validated: list[tuple[Tensor, Tensor]] = []

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:
        """The loss of a batch."""
        if self.mixup:
            draws = np.random.default_rng((self.seed, self.current_epoch, batch_index, self.global_rank))
            batch = mix_pairs(batch, self.mixup, generator=draws)
        loss, divergence = self.compute_loss(batch)
        self._step.add(loss, batch)
        if divergence is not None:
            self._log_mean(_DIVERGENCE, divergence, len(batch.image))
        self._log_mean(_TRAIN_LOSS, loss, len(batch.image), prog_bar=True)
        return loss

    def compute_loss(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """The loss of a batch, and the divergence of its views if it has two."""
        seen, corrupted = self._see(batch)
        logits = self._tell(seen, batch)
        loss: Tensor = self.loss(logits, batch.targets) * self._share_of_labels(batch.targets)
        if corrupted is None:
            return loss, None
        held_to = logits if self.teacher is None else self._tell(self.teacher(batch.image), batch)
        divergence = consistency_loss(self._tell(corrupted, batch), held_to)
        return loss + self.consistency_weight * divergence, divergence

    def configure_gradient_clipping(self, optimizer: Optimizer, *_: object, **__: object) -> None:
        """Shortens the gradient to the largest norm.

        Raises:
            DivergedError: if it is not finite, or the loss is beyond what any learning gives.
        """
        norm = self._clip(self.clip_norm or math.inf)
        self._step.end(norm, epoch=self.current_epoch + 1, number=self.global_step + 1)

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Collects logits and targets."""
        logits = self._tell(self._logits(batch.image), batch)
        self._validated.append((logits.float().cpu(), batch.targets.cpu()))

    def on_validation_epoch_end(self) -> None:
        """Logs the scores of validation.

        Raises:
            UserError: if training diverged.
        """
        for name, value in self.score_validation().items():
            self.log(name, value, prog_bar=name in _WATCHED)

    def score_validation(self) -> dict[str, float]:
        """The unweighted loss, the AUROC of every finding that has both classes, and their mean, of what was collected.

        Raises:
            UserError: if training diverged.
        """
        logits, targets = (self._gather(torch.cat(parts)) for parts in zip(*self._validated, strict=True))
        self._validated.clear()
        if not torch.isfinite(logits).all():
            raise UserError(
                f"training diverged in epoch {self.current_epoch + 1}: the network's outputs are not finite; "
                f"lower train.learning_rate, now {self.schedule.learning_rate}"
            )
        return compute_scores(logits, targets, findings=self.findings)

    def on_train_epoch_start(self) -> None:
        """Begins new means; not called where an epoch is resumed within."""
        for mean in self._means.values():
            mean.reset()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keeps the means of the part of the epoch that is done."""
        checkpoint[_MEANS] = {name: mean.save() for name, mean in self._means.items()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Goes on with the means of that part."""
        for name, sums in checkpoint[_MEANS].items():
            self._means[name].restore(sums)

    def configure_optimizers(self) -> Any:
        """The optimiser and its schedule by step."""
        weights = nn.ModuleList([self.model, *filter(None, [self.auxiliary_norms])])
        optimiser, scheduler = build_optimiser(weights, self.schedule, loss=self.loss)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def _see(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Logits of the images, and those of their corrupted view if they have one."""
        corrupted = batch.views.get(CORRUPTED)
        if self.auxiliary_norms is None:
            if corrupted is None:
                return self._logits(batch.image), None
            # One pass, so that both views share the statistics that the delivered norms will have.
            logits, of_corrupted = self._logits(torch.cat([batch.image, corrupted])).chunk(2)
            return logits, of_corrupted
        if corrupted is None:
            images = _channels_last(batch.image)
            return split_by_norm(self.model, self.auxiliary_norms, images, batch.facts["clean"]), None
        return self._logits(batch.image), self.auxiliary_norms(self.model, _channels_last(corrupted))

    def _tell(self, logits: Tensor, batch: Batch) -> Tensor:
        """Logits of images with the share of their facts, if the network takes some."""
        told: Tensor = self.model.add_facts(logits, batch.facts.get(KNOWN))
        return told

    def _logits(self, images: Tensor) -> Tensor:
        logits: Tensor = self.model(_channels_last(images))
        return logits

    def _clip(self, limit: float) -> Tensor:
        """Shortens the gradient of all weights, those of other processes too, and gives the norm that it had."""
        if count_processes() > 1 and isinstance(self.trainer.model, FullyShardedDataParallel):
            return self.trainer.model.clip_grad_norm_(limit)
        return clip_grad_norm_(self.parameters(), limit)

    def _share_of_labels(self, targets: Tensor) -> Tensor | float:
        """What makes the mean of the processes' losses, each a mean over known labels, that over all known labels."""
        processes = count_processes()
        if processes == 1:
            return 1.0
        known = (~targets.isnan()).sum()
        return known * processes / gather_all(known).sum().clamp(min=1)

    def _gather(self, mine: Tensor) -> Tensor:
        """Rows (N, F) of the validation images in their order, from all processes; each has every so-manieth."""
        if count_processes() == 1:
            return mine
        loader = self.trainer.val_dataloaders
        assert loader is not None
        in_turn = gather_all(mine.to(self.device)).cpu().transpose(0, 1)
        return in_turn.reshape(-1, mine.shape[1])[: len(loader.dataset)]

    def _log_mean(self, name: str, value: Tensor, images: int, *, prog_bar: bool = False) -> None:
        self._means[name].update(value, images)
        self.log(name, self._means[name], prog_bar=prog_bar, on_step=False, on_epoch=True)


def _channels_last(images: Tensor) -> Tensor:
    return images.contiguous(memory_format=torch.channels_last)
