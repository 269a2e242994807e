"""What is said of an experiment's time before it begins."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.benches import make_run, open_run
from xray_resnet.cli.lab import study
from xray_resnet.lab import degradation
from xray_resnet.lab.budget import Budget, estimate_budget
from xray_resnet.lab.catalogue import EXPERIMENTS, find_experiments
from xray_resnet.lab.order import Order
from xray_resnet.lab.results import run_experiment
from xray_resnet.lab.training import list_missing, train_networks


def _none(bench: object) -> int:
    return 0


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("budget"))


@pytest.fixture
def order(run: Path, tmp_path: Path) -> Order:
    return Order(open_run(run), tmp_path, quick=True)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(30, 12_000, 370.0), "about 6 min: 30 small networks to train, 12,000 images through the network"),
        (Budget(0, 600, 20.0), "less than a minute: 600 images through the network"),
        (Budget(0, 0, 0.0), "less than a minute"),
    ],
)
def test_a_budget_is_said_in_words(budget: Budget, said: str) -> None:
    assert budget.describe() == said


def test_networks_that_several_experiments_share_count_once(order: Order) -> None:
    names = ("degradation", "lesion", "noise")
    alone, *_ = found = [find_experiments(name)[0] for name in names]
    together = estimate_budget(found, order)
    assert together.networks == estimate_budget([alone], order).networks == 12
    assert together.seconds > 0


def test_what_is_trained_or_finished_costs_nothing(order: Order) -> None:
    (lesion,) = find_experiments("lesion")
    before = estimate_budget([lesion], order)
    bench = order.build_bench(lesion)
    wanted = degradation.plan(bench, depths=[8])
    train_networks(bench, {key: wanted[key] for key in [*wanted][:1]})
    assert len(list_missing(bench, wanted)) == len(wanted) - 1
    (checklist,) = find_experiments("checklist")
    run_experiment(checklist, order)
    assert estimate_budget([checklist, lesion], order).networks == before.networks
    assert estimate_budget([checklist], order) == Budget(0, 0, 0.0)


def test_fresh_networks_take_time_too(order: Order) -> None:
    (shattering,) = find_experiments("shattering")
    nothing = replace(shattering, plan=lambda bench: {})
    assert estimate_budget([nothing], order).seconds > 0
    assert estimate_budget([replace(nothing, gradients=_none)], order) == Budget(0, 0, 0.0)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.name)
@pytest.mark.parametrize("quick", [True, False])
def test_every_plan_can_be_named(experiment, quick: bool, order: Order) -> None:  # type: ignore[no-untyped-def]
    bench = Order(order.subject, order.output, quick=quick).build_bench(experiment)
    assert experiment.passes(bench) >= 0
    plans = experiment.plan(bench)
    assert len({plan.name for plan in plans.values()}) <= len(plans)


def test_the_command_says_its_budget_first(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert study(["paths", "--run", str(run), "--output", str(tmp_path), "--quick"]) == 0
    first, *_ = capsys.readouterr().err.splitlines()
    assert first == "xray-lab: paths: less than a minute: 432 images through the network"
