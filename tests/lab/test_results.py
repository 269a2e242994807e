"""Experiments on a run: what is written, what is kept, and what is measured anew."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.lab.benches import make_run, open_run
from xray_resnet.cli.lab import NAMES, study
from xray_resnet.errors import UserError
from xray_resnet.evaluation.subject import Subject
from xray_resnet.lab import catalogue, lesion, paths
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.catalogue import EXPERIMENTS, find_experiments
from xray_resnet.lab.order import Order
from xray_resnet.lab.page import write_page
from xray_resnet.lab.results import Result, read_results, run_experiment

QUICK = tuple(experiment.name for experiment in EXPERIMENTS)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def subject(run: Path) -> Subject:
    return open_run(run)


@pytest.fixture(scope="module")
def output(subject: Subject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    for name in QUICK:
        run_experiment(find_experiments(name)[0], Order(subject, folder, quick=True))
    return folder


@pytest.fixture(scope="module")
def results(output: Path) -> list[Result]:
    return [json.loads((output / name / "result.json").read_bytes()) for name in QUICK]


def test_the_command_knows_the_experiments_of_the_catalogue() -> None:
    assert ("all", *(experiment.name for experiment in EXPERIMENTS)) == NAMES
    assert find_experiments("all") == EXPERIMENTS


@pytest.mark.parametrize("name", QUICK)
def test_a_result_is_whole(output: Path, name: str) -> None:
    result = json.loads((output / name / "result.json").read_bytes())
    assert result["experiment"] == name
    assert result["verdict"] in ("holds", "does_not_hold", "cannot_tell")
    assert result["model"]["instruction_set"]
    assert result["seed"] == 0
    assert result["claim"]["text"] in (output / name / "summary.md").read_text()
    assert ElementTree.parse(output / name / "figure.svg").getroot().tag.endswith("svg")
    assert (output / name / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_a_network_of_random_weights_follows_the_rules_and_knows_nothing(results: list[Result]) -> None:
    verdicts = {result["experiment"]: result["verdict"] for result in results}
    assert verdicts["checklist"] == verdicts["propagation"] == "holds"
    assert verdicts["lesion"] == "cannot_tell"


def test_a_finished_experiment_is_not_measured_again(subject: Subject, output: Path) -> None:
    never = replace(lesion.EXPERIMENT, measure=lambda bench: pytest.fail("it was measured again"))
    run_experiment(never, Order(subject, output, quick=True))


@pytest.mark.parametrize("change", [{"seed": 1}, {"quick": False}])
def test_another_seed_or_budget_is_measured_anew(change: dict[str, int], subject: Subject, output: Path) -> None:
    class MeasuredError(Exception):
        pass

    def measure(bench: Bench) -> None:
        raise MeasuredError("by the test")

    with pytest.raises(MeasuredError, match="by the test"):
        run_experiment(
            replace(lesion.EXPERIMENT, measure=measure), replace(Order(subject, output, quick=True), **change)
        )


def test_an_interrupted_experiment_goes_on(subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_experiment(paths.EXPERIMENT, Order(subject, tmp_path / "whole", quick=True))
    asked: list[int] = []
    measure_norms = paths.measure_norms

    def interrupt(*arguments, **options):  # type: ignore[no-untyped-def]
        asked.append(1)
        if len(asked) == 3:
            raise KeyboardInterrupt("by the test")
        return measure_norms(*arguments, **options)

    monkeypatch.setattr(paths, "measure_norms", interrupt)
    with pytest.raises(KeyboardInterrupt, match="by the test"):
        run_experiment(paths.EXPERIMENT, Order(subject, tmp_path / "cut", quick=True))
    assert not (tmp_path / "cut" / "paths" / "result.json").exists()
    resumed = run_experiment(paths.EXPERIMENT, Order(subject, tmp_path / "cut", quick=True))
    assert resumed == whole
    assert len(asked) == 3 + 2


def test_results_of_another_network_seed_or_budget_are_left_out(output: Path, results: list[Result]) -> None:
    assert read_results(output, QUICK, like=results[0]) == results
    for change in ({"subject": "another"}, {"seed": 1}, {"quick": False}):
        assert read_results(output, QUICK, like={**results[0], **change}) == []


def test_the_page_shows_every_result_and_asks_nothing_of_the_network(output: Path, results: list[Result]) -> None:
    page = write_page(results, output, command="xray-lab all").read_text()
    assert all(f'<section id="{name}">' in page for name in QUICK)
    assert page.count("data:image/svg+xml") == len(QUICK)
    assert "http" not in page


def test_what_a_plain_network_does_not_have_is_left_out_and_the_rest_done(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One experiment that has nothing to study leaves the others alone; asked for by itself, it fails."""
    monkeypatch.setattr(paths, "is_residual", lambda unit: False)
    kept = tuple(each for each in EXPERIMENTS if each.name in ("checklist", "paths"))
    monkeypatch.setattr(catalogue, "EXPERIMENTS", kept)
    assert study(["all", "--run", str(run), "--output", str(tmp_path), "--quick"]) == 0
    shown = capsys.readouterr()
    assert "The design rules: holds." in shown.out
    assert "xray-lab: paths: left out: the network is plain and has one path only" in shown.err
    with pytest.raises(UserError, match="the network is plain and has one path only; give a run of a residual"):
        study(["paths", "--run", str(run), "--output", str(tmp_path), "--quick"])


def test_the_command_says_the_verdict_and_where_the_page_is(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert study(["checklist", "--run", str(run), "--output", str(tmp_path), "--quick"]) == 0
    shown = capsys.readouterr().out
    result = json.loads((tmp_path / "checklist" / "result.json").read_bytes())
    assert result["command"] == f"xray-lab checklist --run {run} --output {tmp_path} --quick"
    assert "The design rules: holds." in shown
    assert shown.splitlines()[-1] == str(tmp_path / "lab.html")
