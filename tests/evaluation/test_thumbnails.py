"""The thumbnails' baseline: learns what a thumbnail shows, and nothing from labels that say nothing."""

import numpy as np
import pytest

from tests.datasets import make_dataset
from xray_resnet.evaluation.thumbnails import fit_baseline
from xray_resnet.findings import resolve_targets
from xray_resnet.metrics import auroc
from xray_resnet.store import Dataset, open_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=120))


def test_bright_squares_are_seen_in_thumbnails(dataset: Dataset) -> None:
    rows = dataset.indices("test")
    fitted = fit_baseline(dataset, rows, findings=dataset.findings)
    labels = resolve_targets(dataset.states[rows])
    assert all(auroc(labels[:, f], fitted.logits[:, f]) == 1 for f in range(2))
    assert fitted.n_training == len(dataset.indices("train"))


def test_findings_come_in_the_order_that_was_asked_for(dataset: Dataset) -> None:
    rows = dataset.indices("test")
    forth = fit_baseline(dataset, rows, findings=dataset.findings)
    back = fit_baseline(dataset, rows, findings=dataset.findings[::-1])
    np.testing.assert_array_equal(back.logits, forth.logits[:, ::-1])


def test_a_finding_with_one_class_gets_a_constant(dataset: Dataset) -> None:
    dataset = open_dataset(dataset.folder)
    dataset.__dict__["states"] = np.zeros_like(dataset.states)
    fitted = fit_baseline(dataset, dataset.indices("test"), findings=dataset.findings)
    assert (fitted.logits == 0).all()
