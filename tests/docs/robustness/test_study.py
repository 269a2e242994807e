"""The study on tiny networks: what each sees of a film, that it resumes, and how recipes are judged."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from docs.robustness import contestants as contestants_module
from docs.robustness import scores as scores_module
from docs.robustness.contestants import Contestant, open_ours, refuse_other_scores
from docs.robustness.films import FINDING, Film
from docs.robustness.goals import judge
from docs.robustness.inputs import BundleInput, PlainInput
from docs.robustness.plot import plot_study
from docs.robustness.results import Results, choose_groups, compare_recipes
from docs.robustness.scores import ScoreFolder
from docs.robustness.tables import format_study, write_aurocs
from docs.robustness.views import VERSIONS, Views, degrade, read_grey
from tests.bundles import make_bundle
from xray_resnet.data.ladder import RUNGS, Rung
from xray_resnet.dicom import Reading, prepare
from xray_resnet.errors import UserError
from xray_resnet.model_input import ModelInput

COUNT = 24


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Film]:
    """Held-out films of 224 × 224: noise, brighter with the finding."""
    folder, generator = tmp_path_factory.mktemp("films"), np.random.default_rng(0)
    made = []
    for number in range(COUNT):
        path = folder / f"{number}.jpeg"
        grey = generator.normal(90 + 40 * (number % 2), 25, (224, 224)).clip(0, 255).astype(np.uint8)
        Image.fromarray(grey).convert("RGB").save(path)
        made.append(Film(path, path.name, number % 2, f"patient{number // 2}", "test"))
    return made


@pytest.fixture(scope="module")
def contestants(tmp_path_factory: pytest.TempPathFactory) -> list[Contestant]:
    folder = tmp_path_factory.mktemp("bundles")
    return [open_ours(make_bundle(folder / f"{seed}/run/bundle", findings=[FINDING], seed=seed)) for seed in (0, 1)]


@pytest.fixture
def few_versions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(scores_module, "VERSIONS", (None, Rung("jpeg", 5)))
    yield


def test_the_plain_net_sees_what_its_recipe_reads(films: list[Film]) -> None:
    path, seen = films[0].path, PlainInput(size=96, mean=0.5, std=0.25)
    read = Image.open(path).convert("L").resize((96, 96), Image.BILINEAR)
    expected = (np.asarray(read, np.float32) / 255 - 0.5) / 0.25
    np.testing.assert_allclose(seen.normalise(seen.view(read_grey(path))), expected, rtol=1e-6)


@pytest.mark.parametrize("crop", [False, True])
def test_ours_sees_what_prediction_reads_from_a_file(films: list[Film], tmp_path: Path, crop: bool) -> None:
    reading, model_input = Reading(size=160, crop=crop), ModelInput(size=96, mean=0.4, std=0.3)
    film = degrade(films[0], Rung("collimation", 4))
    cv2.imwrite(str(tmp_path / "film.png"), film)
    expected = model_input(prepare(tmp_path / "film.png", reading, view="PA").pixels)
    seen = BundleInput(reading, model_input)
    np.testing.assert_allclose(seen.normalise(seen.view(film)), expected, atol=1e-4)


def test_a_clean_film_is_only_resampled(films: list[Film]) -> None:
    grey = read_grey(films[0].path)
    expected = cv2.resize(grey.astype(np.float32), (512, 512), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(degrade(films[0], None), expected, atol=0.51)


@pytest.mark.usefixtures("few_versions")
def test_a_study_goes_on_where_it_stopped(films: list[Film], contestants: list[Contestant], tmp_path: Path) -> None:
    told: list[str] = []
    folder = ScoreFolder(tmp_path / "scores", Views(tmp_path / "views", films), "fp32")
    folder.complete(contestants[:1], tell=told.append)
    folder.complete(contestants, tell=told.append)
    folder.complete(contestants, tell=told.append)
    assert told == [f"{version}: 1 networks asked" for version in ("clean", "jpeg-5", "clean", "jpeg-5")]


@pytest.mark.usefixtures("few_versions")
def test_scores_do_not_depend_on_who_is_scored_beside(
    films: list[Film], contestants: list[Contestant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores_module, "_CHUNK", 5)
    views = Views(tmp_path / "views", films)
    both, alone = ScoreFolder(tmp_path / "both", views, "fp32"), ScoreFolder(tmp_path / "alone", views, "fp32")
    both.complete(contestants, tell=lambda _: None)
    alone.complete(contestants[1:], tell=lambda _: None)
    for one, other in zip(both.read(contestants[1]), alone.read(contestants[1]), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.shape == (COUNT, 1)


def test_a_run_that_does_not_know_the_finding_is_refused(
    contestants: list[Contestant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contestants_module, "FINDING", "Hernia")
    with pytest.raises(UserError, match="it knows Pneumonia; train it on the table, whose finding is Hernia"):
        open_ours(contestants[0].onnx.parents[1])


def test_another_training_never_passes_for_one(contestants: list[Contestant]) -> None:
    names = [contestant.name.split("-") for contestant in contestants]
    assert [name[0] for name in names] == ["run", "run"]
    assert names[0][1] != names[1][1]


def write_left(path: Path, films: list[Film], score: float) -> Path:
    path.write_text("path,label,score\n" + "".join(f"{film.name},{film.label},{score}\n" for film in films))
    return path


def test_a_plain_net_that_gives_other_scores_than_its_table_is_refused(films: list[Film], tmp_path: Path) -> None:
    table, scores = write_left(tmp_path / "plain.csv", films, 0.5), np.full(COUNT, 0.51, np.float32)
    refuse_other_scores(scores, films, table)
    with pytest.raises(UserError, match=r"gives other scores, 0\.100 off on average"):
        refuse_other_scores(scores + np.float32(0.09), films, table)
    with pytest.raises(UserError, match="it holds other films"):
        refuse_other_scores(scores[1:], films[1:], table)


def make_results(plain_loss: float, our_loss: float, films: list[Film]) -> Results:
    """Both recipes rank clean films alike; on collimation of severity 5 and JPEG of 5 each loses by its own measure."""
    generator, labels = np.random.default_rng(0), np.array([[film.label] for film in films], float)
    clean = generator.normal(size=labels.shape) + 6 * labels

    def train(loss: float) -> list[np.ndarray]:
        is_bad = {place for place, rung in enumerate(RUNGS, 1) if rung.name in ("collimation-5", "jpeg-5")}
        return [clean - loss * 6 * labels if place in is_bad else clean for place in range(len(VERSIONS))]

    return compare_recipes(films, [train(plain_loss)] * 2, [train(our_loss)] * 3, resamples=30)


def test_rungs_are_grouped_by_what_the_plain_recipe_loses_and_what_may_be_trained_on() -> None:
    losses = np.zeros(len(RUNGS))
    names = [rung.name for rung in RUNGS]
    losses[[names.index(name) for name in ("scatter-5", "jpeg-4", "jpeg-5", "rotation-1")]] = 0.3, 0.01, 0.2, 0.0099
    groups = {name: [names[place] for place in places] for name, places in choose_groups(losses).items()}
    assert groups["hurts, corruption may be trained on"] == ["scatter-5"]
    assert groups["hurts, corruption held out of training"] == ["jpeg-4", "jpeg-5"]
    assert groups["hurts, all"] == ["scatter-5", "jpeg-4", "jpeg-5"]
    assert len(groups["elsewhere"]) == len(RUNGS) - 3


def test_a_recipe_that_loses_nothing_reaches_every_goal(films: list[Film]) -> None:
    goals = judge(make_results(1.0, 0.0, films))
    assert len(goals) == 6
    assert all(goal.is_reached for goal in goals)


def test_a_recipe_that_loses_as_much_misses_the_goals_where_it_hurts(films: list[Film]) -> None:
    missed = [goal.what for goal in judge(make_results(1.0, 1.0, films)) if not goal.is_reached]
    assert [what.split(":")[0] for what in missed] == [
        "hurts, corruption may be trained on", "hurts, corruption held out of training", "hurts, all",
    ]  # fmt: skip


def test_a_group_without_a_rung_is_no_goal_but_named(films: list[Film]) -> None:
    results = make_results(0.0, 0.0, films)
    assert [group.name for group in results.groups] == ["elsewhere"]
    assert len(judge(results)) == 3
    assert format_study(results, facts=[]).count("| none of 55 |") == 3


def test_the_tables_and_the_plot_show_both_recipes(films: list[Film], tmp_path: Path) -> None:
    results = make_results(1.0, 0.2, films)
    page = format_study(results, facts=["24 films."])
    (row,) = [line for line in page.splitlines() if line.startswith("| jpeg")]
    plain, ours = row.split("|")[6].split(" → ")
    assert float(plain) > float(ours)
    names = {"plain": (["p0", "p1"], results.plain), "ours": (["o0", "o1", "o2"], results.ours)}
    write_aurocs(tmp_path / "aurocs.csv", names)
    assert len((tmp_path / "aurocs.csv").read_text().splitlines()) == 1 + 5 * len(VERSIONS)
    plot_study(results, tmp_path / "plot.png")
    assert cv2.imread(str(tmp_path / "plot.png")).shape[1] > 900
