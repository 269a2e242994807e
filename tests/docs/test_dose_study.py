"""The study of the dose planner: how patients are drawn, and what counts as wrong."""

import numpy as np
import pytest

from docs.dose_study import Population, Study, run_studies, tell_answers, tell_hardest, tell_limits
from xray_resnet.evaluation.dose_options import DoseOptions
from xray_resnet.metrics.ranking_intervals import Intervals

OPTIONS = DoseOptions(doses=(0.5, 0.25))
TRUTH = np.array([-0.01, -0.03])


def make_population(count: int = 120) -> Population:
    generator = np.random.default_rng(0)
    patients = np.repeat(np.arange(count // 2), 2)
    labels = (patients % 3 == 0).astype(np.float64)
    full = generator.normal(size=count) + 2 * labels
    return Population(labels, full, full + generator.normal(size=(2, 3, count)), patients)


def make_study(low: list[float], high: list[float]) -> Study:
    values = (np.array(low) + np.array(high)) / 2
    return Study(10, values, Intervals(np.array(low), np.array(high), [None, None]))


def test_a_patient_is_drawn_with_all_films_and_exposures() -> None:
    population = make_population()
    drawn = population.draw(200, generator=np.random.default_rng(1))
    assert (np.bincount(drawn.patients) == 2).all() and len(np.unique(drawn.patients)) == 200
    place = np.flatnonzero(population.full == drawn.full[7])[0]
    np.testing.assert_array_equal(drawn.reduced[..., 7], population.reduced[..., place])
    assert drawn.full[6] == population.full[place - 1]


def test_studies_scatter_about_the_population() -> None:
    population = make_population()
    studies = run_studies(population, 60, studies=40)
    spread = np.std([study.values for study in studies], axis=0)
    middle = np.mean([study.values for study in studies], axis=0)
    assert np.abs(middle - population.differ().values) == pytest.approx(0, abs=float(4 * spread.max() / np.sqrt(40)))
    assert studies[0].with_finding == len(
        np.unique(population.draw(60, generator=np.random.default_rng([60, 0])).patients[
            population.draw(60, generator=np.random.default_rng([60, 0])).labels == 1])
    )  # fmt: skip


def test_safe_is_wrong_only_of_a_dose_that_costs_the_margin() -> None:
    wrong, right, open_ = (
        make_study([-0.001, -0.01], [0.0, 0.0]),
        make_study([-0.015, -0.05], [0.0, -0.025]),
        make_study([-0.03, -0.05], [0.0, 0.0]),
    )
    *_, row = tell_answers([("Nodule", TRUTH, 30, [wrong, wrong, right, open_])], OPTIONS)
    assert row == "| Nodule | 30 | 10 | 0.500 | 0.000 | 0.250 | 0.250 | 0.5 |"


def test_the_hardest_margin_is_what_a_dose_costs() -> None:
    studies = [make_study([-0.009, -0.05], [0.0, 0.0]), make_study([-0.009, -0.029], [0.0, 0.0])]
    *_, row = tell_hardest([("Nodule", TRUTH, 30, studies)], OPTIONS)
    assert row == "| Nodule | 30 | 1.000 | 0.500 |"


def test_a_limit_is_near_within_a_fifth() -> None:
    near, far = make_study([-0.01, -0.03], [-0.01, -0.03]), make_study([-0.03, -0.04], [-0.03, -0.04])
    *_, row = tell_limits([("Nodule", TRUTH, 30, [near, far])], OPTIONS)
    assert row.endswith("| 0.500 | 0.500 |")
