"""Networks that experiments train: each once, the same for the same seed, and what short paths do to one."""

import pytest
import torch

from tests.lab.benches import make_run, open_run
from xray_resnet.lab import training
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.paths_train import TrainOnShortPaths
from xray_resnet.lab.small_networks import describe_network
from xray_resnet.lab.surgery import list_units
from xray_resnet.lab.training import Trained, train_network

PARTS = describe_network(8)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("training")
    return Bench(open_run(make_run(folder)), folder / "lab", quick=True)


@pytest.fixture(scope="module")
def trained(bench: Bench) -> Trained:
    return train_network(bench, "first", PARTS, epochs=2, seed=0)


def test_a_trained_network_has_its_losses_and_auroc(trained: Trained) -> None:
    assert len(trained.losses) == 2
    assert trained.auroc is not None
    assert 0 <= trained.auroc <= 1
    assert not trained.model.training


def test_what_is_trained_is_read_again(bench: Bench, trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "fit_network", lambda *_, **__: pytest.fail("it was trained again"))
    again = train_network(bench, "first", PARTS, epochs=2, seed=0)
    assert again.losses == trained.losses
    for name, weights in again.model.state_dict().items():
        assert torch.equal(weights, trained.model.state_dict()[name])


def test_an_interrupted_training_leaves_nothing_that_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt("by the test")

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="by the test"):
        patch.setattr(training, "fit_network", interrupt)
        train_network(bench, "cut", PARTS, epochs=1, seed=0)
    assert len(train_network(bench, "cut", PARTS, epochs=1, seed=0).losses) == 1


def test_the_seed_decides(bench: Bench, trained: Trained) -> None:
    assert train_network(bench, "same", PARTS, epochs=2, seed=0).losses == trained.losses
    assert train_network(bench, "other", PARTS, epochs=2, seed=1).losses != trained.losses


def test_short_paths_train_another_network_and_leave_no_hook(bench: Bench, trained: Trained) -> None:
    short = train_network(bench, "short", PARTS, epochs=4, seed=0, callbacks=[TrainOnShortPaths(1, seed=0)])
    assert len(short.losses) == 4
    assert short.losses[1] != trained.losses[1]
    assert not any(unit.merge._forward_pre_hooks for unit in list_units(short.model))


def test_all_paths_are_those_of_every_unit(bench: Bench, trained: Trained) -> None:
    every = TrainOnShortPaths(sum(PARTS.stages), seed=0)
    assert train_network(bench, "every", PARTS, epochs=2, seed=0, callbacks=[every]).losses == trained.losses
