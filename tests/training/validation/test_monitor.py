"""What chooses the epoch."""

import numpy as np
import pytest

from xray_resnet.training.validation import LOSS, MACRO_AUROC, choose_monitor


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
