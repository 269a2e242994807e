"""When a training stops early."""

from types import SimpleNamespace

import torch

from xray_resnet.training.validation import MACRO_AUROC, StopEarly


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
