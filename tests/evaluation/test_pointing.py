"""The pointing game over a dataset with known squares."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.datasets import make_dataset
from xray_resnet.evaluation.pointing import ALL, IMAGE_CENTRE, TRAINING_BOXES, Localisation, boxes_of, localise
from xray_resnet.store import Dataset, open_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny"))


def play(dataset: Dataset, peaks: NDArray[np.float32]) -> Localisation:
    return localise(
        dataset,
        dataset.indices("test"),
        peaks,
        cells=(8, 8),
        findings=dataset.findings,
        resamples=50,
        generator=np.random.default_rng(0),
    )


def peaks_at(dataset: Dataset, *, offset: float) -> NDArray[np.float32]:
    """For every test image the middle of the finding's box, moved by `offset`."""
    peaks = np.zeros((len(dataset.indices("test")), len(dataset.findings), 2), np.float32)
    for position, row in enumerate(dataset.indices("test")):
        for column, finding in enumerate(dataset.findings):
            for x, y, width, height in boxes_of(dataset, int(row), finding):
                peaks[position, column] = x + width / 2 + offset, y + height / 2
    return peaks


def test_maps_that_peak_in_the_finding_always_hit(dataset: Dataset) -> None:
    games = play(dataset, peaks_at(dataset, offset=0)).games[IMAGE_CENTRE]
    assert games[ALL].maps.value == 1
    assert games[ALL].baseline.value == 0
    assert games[ALL].difference.value == 1


def test_maps_that_peak_elsewhere_never_hit(dataset: Dataset) -> None:
    assert play(dataset, peaks_at(dataset, offset=25)).games[IMAGE_CENTRE][ALL].maps.value == 0


def test_the_best_fixed_point_finds_findings_that_never_move(dataset: Dataset) -> None:
    games = play(dataset, peaks_at(dataset, offset=0)).games[TRAINING_BOXES]
    assert [game.baseline.value for game in games.values()] == [1, 1, 1]


def test_cases_are_positive_findings_with_a_box(dataset: Dataset) -> None:
    localisation = play(dataset, peaks_at(dataset, offset=0))
    positives = (dataset.states[dataset.indices("test")] == 1).sum(axis=0)
    counts = [localisation.games[IMAGE_CENTRE][finding].n_cases for finding in dataset.findings]
    assert counts == [*positives]
    assert localisation.n_cases == positives.sum()


def test_the_file_says_what_was_compared(dataset: Dataset) -> None:
    content = play(dataset, peaks_at(dataset, offset=0)).to_json()
    assert "boxes of the dataset" in content["truth"]
    assert {*content["games"]} == {IMAGE_CENTRE, TRAINING_BOXES}
