"""Networks that experiments train: each once, shared, the same for the same seed, and what short paths do to one."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.lab.benches import make_run, open_run
from xray_resnet.lab import bench as benches
from xray_resnet.lab import training
from xray_resnet.lab.bench import Bench, choose_rows
from xray_resnet.lab.paths_train import TrainOnShortPaths
from xray_resnet.lab.small_networks import describe_network
from xray_resnet.lab.surgery import list_units
from xray_resnet.lab.training import Plan, Trained, list_missing, train_networks

PARTS = describe_network(8)
FIRST = Plan(PARTS, epochs=2, seed=0)


def train(bench: Bench, plan: Plan) -> Trained:
    """One network, in this process."""
    return train_networks(bench, {"it": plan})["it"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("training")
    return Bench(open_run(make_run(folder)), folder / "lab", folder / "networks", quick=True)


@pytest.fixture(scope="module")
def trained(bench: Bench) -> Trained:
    return train(bench, FIRST)


@pytest.fixture
def never_training(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(training, "fit_network", lambda *_, **__: pytest.fail("it was trained again"))
    yield


def test_a_trained_network_has_its_losses_and_auroc(trained: Trained) -> None:
    assert len(trained.losses) == 2
    assert trained.auroc is not None
    assert 0 <= trained.auroc <= 1
    assert not trained.model.training


@pytest.mark.usefixtures("never_training")
def test_what_is_trained_is_read_again(bench: Bench, trained: Trained) -> None:
    again = train(bench, FIRST)
    assert again.losses == trained.losses
    for name, weights in again.model.state_dict().items():
        assert torch.equal(weights, trained.model.state_dict()[name])


@pytest.mark.usefixtures("never_training", "trained")
def test_other_experiments_and_budgets_share_a_network_and_another_task_does_not(bench: Bench) -> None:
    neighbour = replace(bench, folder=bench.folder / "other", seed=7, quick=False)
    assert list_missing(neighbour, {0: FIRST}) == []
    other_task = replace(bench, subject=replace(bench.subject, findings=("Effusion",)))
    assert list_missing(other_task, {0: FIRST}) == [FIRST]


def test_networks_trained_side_by_side_are_those_trained_alone(bench: Bench, trained: Trained) -> None:
    elsewhere = replace(bench, shelf=bench.shelf / "elsewhere")
    plans = {"first": FIRST, "same": FIRST, "other": replace(FIRST, seed=1)}
    together = train_networks(elsewhere, plans)
    assert together["first"].losses == together["same"].losses == trained.losses
    assert together["other"].losses == train(bench, plans["other"]).losses != trained.losses


def test_a_network_is_missing_once_and_long_trainings_come_first(bench: Bench) -> None:
    short, long = Plan(PARTS, epochs=1, seed=5), Plan(describe_network(20), epochs=1, seed=5)
    assert list_missing(bench, {"a": short, "b": long, "c": short}) == [long, short]


def test_an_interrupted_training_leaves_nothing_that_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt("by the test")

    plan = Plan(PARTS, epochs=1, seed=9)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="by the test"):
        patch.setattr(training, "fit_network", interrupt)
        train(bench, plan)
    assert len(train(bench, plan).losses) == 1


def test_repetitions_and_seeds_share_no_training(bench: Bench) -> None:
    seeds = [replace(bench, seed=seed).draw_seed(k) for seed in range(3) for k in range(3)]
    assert len(set(seeds)) == 9


def test_small_networks_learn_from_some_images_of_a_large_archive(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches, "QUICK_IMAGES", 3)
    few = replace(bench)
    assert len(few.task.rows["train"]) == 3
    assert set(few.task.rows["train"]) < set(bench.task.rows["train"])
    assert few.networks != bench.networks


def test_rows_are_chosen_once_for_all_and_stay_in_order() -> None:
    rows = np.arange(100, 200)
    chosen = choose_rows(rows, 10)
    assert len(chosen) == 10
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(chosen, choose_rows(rows, 10))
    np.testing.assert_array_equal(choose_rows(rows, 1000), rows)


def test_short_paths_train_another_network_and_leave_no_hook(bench: Bench, trained: Trained) -> None:
    short = train(bench, Plan(PARTS, epochs=4, seed=0, callbacks=(TrainOnShortPaths(1, seed=0),)))
    assert len(short.losses) == 4
    assert short.losses[1] != trained.losses[1]
    assert not any(unit.merge._forward_pre_hooks for unit in list_units(short.model))


def test_all_paths_are_those_of_every_unit(bench: Bench, trained: Trained) -> None:
    every = TrainOnShortPaths(sum(PARTS.stages), seed=0)
    assert train(bench, replace(FIRST, callbacks=(every,))).losses == trained.losses


def test_what_happens_in_training_is_part_of_a_plans_name() -> None:
    names = {
        replace(FIRST, callbacks=callbacks).name
        for callbacks in ((), (TrainOnShortPaths(1, seed=0),), (TrainOnShortPaths(2, seed=0),))
    }
    assert len(names) == 3
