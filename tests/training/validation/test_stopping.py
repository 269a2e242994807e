"""What chooses the epoch."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from xray_resnet.training.validation import LOSS, MACRO_AUROC, StopEarly, choose_monitor


def test_auroc_chooses_where_one_finding_has_both_classes() -> None:
    assert choose_monitor(np.array([[1, 0], [1, 1]], np.float32)) == MACRO_AUROC


@pytest.mark.parametrize("targets", [[[1.0], [1.0]], [[np.nan], [np.nan]], [[0.5], [1.0]]])
def test_the_loss_chooses_where_no_finding_has(targets: list[list[float]]) -> None:
    assert choose_monitor(np.array(targets, np.float32)) == LOSS


def test_better_is_more_auroc_and_less_loss() -> None:
    assert MACRO_AUROC.is_better(0.8, 0.7)
    assert LOSS.is_better(0.7, 0.8)
    assert not MACRO_AUROC.is_better(0.7, 0.7)
    assert LOSS.is_better(9.0, None)


def test_epochs_on_small_inputs_do_not_use_up_the_patience() -> None:
    """Five epochs that get no better, of which the first three are on small inputs; the patience is two."""
    stop = StopEarly(MACRO_AUROC, patience=2, first_epoch=3)
    stopped = []
    for epoch, score in enumerate([0.6, 0.5, 0.5, 0.4, 0.4, 0.4]):
        trainer = SimpleNamespace(
            current_epoch=epoch,
            callback_metrics={"val_macro_auroc": torch.tensor(score)},
            should_stop=False,
            fast_dev_run=False,
            sanity_checking=False,
            state=SimpleNamespace(fn="fit"),
            strategy=SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision),
        )
        stop.on_train_epoch_end(trainer, None)  # type: ignore[arg-type]
        stopped.append(trainer.should_stop)
    assert stopped == [False, False, False, False, False, True]
