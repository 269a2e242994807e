"""Maps over a dataset with known squares: where they point, what they cover, beside a prior and an oracle."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.datasets import make_dataset, write_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.boxes import Box
from xray_resnet.evaluation.evidence import boxes_of
from xray_resnet.evaluation.localisation import ALL, Localisation, localise
from xray_resnet.evaluation.located import ENERGY, IOU, Case, choose_ious
from xray_resnet.evaluation.prior import IMAGE_CENTRE, TRAINING_BOXES, TRAINING_BOXES_ON_GRID
from xray_resnet.metrics.localisation import NO_POINT
from xray_resnet.metrics.overlap import THRESHOLDS
from xray_resnet.store import Dataset, StoredImage, open_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny"))


def play(dataset: Dataset, peaks: NDArray[np.float32]) -> Localisation:
    return localise(make_evidence(dataset, points=peaks, cells=(8, 8)))


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
    games = play(dataset, peaks_at(dataset, offset=0)).games
    for baseline in (TRAINING_BOXES, TRAINING_BOXES_ON_GRID):
        assert [games[baseline][name].baseline.value for name in (*dataset.findings, ALL)] == [1, 1, 1]


def test_cases_are_positive_findings_with_a_box(dataset: Dataset) -> None:
    localisation = play(dataset, peaks_at(dataset, offset=0))
    positives = (dataset.states[dataset.indices("test")] == 1).sum(axis=0)
    counts = [localisation.games[IMAGE_CENTRE][finding].n_cases for finding in dataset.findings]
    assert counts == [*positives]
    assert localisation.n_cases == positives.sum()


def test_the_file_says_what_was_compared(dataset: Dataset) -> None:
    content = play(dataset, peaks_at(dataset, offset=0)).to_json()
    assert "boxes of the dataset" in content["truth"]
    assert {*content["games"]} == {IMAGE_CENTRE, TRAINING_BOXES, TRAINING_BOXES_ON_GRID}


def make_images(split: str, box: Box, *, state: int = 1, patients: int = 4, images: int = 1) -> list[StoredImage]:
    """Black images (64, 64) that all have one box of a nodule."""
    return [
        StoredImage(
            f"{split}-{box[1]}-{state}-{patient}-{image}",
            f"{split}{box[1]}-{patient}",
            np.zeros((64, 64), np.uint8),
            states={"Nodule": state},
            boxes=[box],
        )
        for patient in range(patients)
        for image in range(images)
    ]


def store(folder: Path, images: list[StoredImage]) -> Dataset:
    """The images as a dataset; the first word of an id is the split."""
    splits = {name: [i.image_id for i in images if i.image_id.startswith(name)] for name in ("train", "val", "test")}
    return open_dataset(
        write_dataset(
            folder / "boxes", images, name="boxes", source="phantom", synthetic=True, findings=("Nodule",),
            reading={"size": 64}, reading_fingerprint="0" * 16, splits=splits,
        )
    )  # fmt: skip


def point_at(dataset: Dataset, x: float, y: float) -> NDArray[np.float32]:
    return np.full((len(dataset.indices("test")), 1, 2), (x, y), np.float32)


def test_the_rival_point_learns_from_training_boxes_alone(tmp_path: Path) -> None:
    here, there = Box("Nodule", 4.0, 8.0, 8.0, 8.0), Box("Nodule", 40.0, 48.0, 8.0, 8.0)
    dataset = store(tmp_path, make_images("train", here) + make_images("test", there))
    games = play(dataset, point_at(dataset, 44, 52)).games
    assert [games[name][ALL].baseline.value for name in (TRAINING_BOXES, TRAINING_BOXES_ON_GRID)] == [0, 0]
    assert games[TRAINING_BOXES][ALL].maps.value == 1


def test_a_box_in_an_image_that_is_not_positive_is_no_case(tmp_path: Path) -> None:
    box = Box("Nodule", 4.0, 8.0, 8.0, 8.0)
    images = make_images("test", box) + [
        image for state in (0, -1, 2) for image in make_images("test", box, state=state)
    ]
    dataset = store(tmp_path, images)
    assert play(dataset, point_at(dataset, 8, 12)).n_cases == 4


def test_x_and_y_of_a_peak_are_not_exchanged(tmp_path: Path) -> None:
    dataset = store(tmp_path, make_images("test", Box("Nodule", 48.0, 8.0, 8.0, 8.0)))
    assert play(dataset, point_at(dataset, 52, 12)).games[IMAGE_CENTRE][ALL].maps.value == 1
    assert play(dataset, point_at(dataset, 12, 52)).games[IMAGE_CENTRE][ALL].maps.value == 0


def test_the_interval_is_of_patients_and_not_of_cases(tmp_path: Path) -> None:
    """Sixteen images of four patients say no more than four images of them (Wilson 1927 for 4 of 4: 4 / (4 + z²))."""
    dataset = store(tmp_path, make_images("test", Box("Nodule", 8.0, 8.0, 8.0, 8.0), patients=4, images=4))
    game = play(dataset, point_at(dataset, 12, 12)).games[IMAGE_CENTRE][ALL]
    assert game.n_cases == 16
    assert game.maps.low == pytest.approx(4 / (4 + 1.959964**2))


def test_the_ceiling_is_what_an_oracle_on_the_grid_hits(tmp_path: Path) -> None:
    """Centres of 8 × 8 cells in 64 pixels are at ½, 8½, 16½, …: the second box lies between them."""
    on, between = Box("Nodule", 14.0, 14.0, 4.0, 4.0), Box("Nodule", 9.0, 9.0, 6.0, 6.0)
    dataset = store(tmp_path, make_images("test", on, patients=3) + make_images("test", between, patients=1))
    localisation = play(dataset, point_at(dataset, 16.5, 16.5))
    assert [localisation.ceilings[name] for name in ("Nodule", ALL)] == [0.75, 0.75]
    assert localisation.games[IMAGE_CENTRE][ALL].maps.value == 0.75
    assert play(dataset, point_at(dataset, 60, 60)).ceilings[ALL] == 0.75


def test_the_rival_cell_has_only_the_centres_that_maps_have(tmp_path: Path) -> None:
    between = Box("Nodule", 9.0, 9.0, 6.0, 6.0)
    dataset = store(tmp_path, make_images("train", between) + make_images("test", between))
    games = play(dataset, point_at(dataset, 12, 12)).games
    assert games[TRAINING_BOXES][ALL].baseline.value == 1
    assert games[TRAINING_BOXES_ON_GRID][ALL].baseline.value == 0


def test_without_cases_there_is_no_ceiling(tmp_path: Path) -> None:
    dataset = store(tmp_path, make_images("test", Box("Nodule", 8.0, 8.0, 8.0, 8.0), state=0))
    localisation = play(dataset, point_at(dataset, 12, 12))
    assert {*localisation.ceilings.values()} == {None}
    assert localisation.overlaps[IOU][ALL].maps.why_null == "no image has a box of a finding"
    assert localisation.ious == {}


def test_without_a_training_box_the_rival_learns_from_the_other_patients_of_the_split(tmp_path: Path) -> None:
    """Five patients, one with a box elsewhere, whose own box tells nothing of their own image."""
    here, there = Box("Nodule", 4.0, 8.0, 8.0, 8.0), Box("Nodule", 40.0, 48.0, 8.0, 8.0)
    dataset = store(tmp_path, make_images("test", here, patients=4) + make_images("test", there, patients=1))
    localisation = play(dataset, point_at(dataset, 44, 52))
    assert localisation.learns_from == "test"
    assert localisation.games[TRAINING_BOXES][ALL].baseline.value == 0.8


@pytest.mark.parametrize("measure", [ENERGY, IOU])
def test_maps_that_are_the_box_reach_the_ceiling_and_a_prior_from_elsewhere_nothing(
    tmp_path: Path, measure: str
) -> None:
    """The cell at 8½ stands for the pixels 5 to 12: the first that is as near to 4½ is of the cell before."""
    cell, elsewhere = Box("Nodule", 5.0, 5.0, 8.0, 8.0), Box("Nodule", 45.0, 45.0, 8.0, 8.0)
    dataset = store(tmp_path, make_images("train", elsewhere) + make_images("test", cell))
    overlap = play(dataset, point_at(dataset, 8.5, 8.5)).overlaps[measure][ALL]
    assert (overlap.n_cases, overlap.maps.value, overlap.baseline.value, overlap.ceiling) == (4, 1, 0, 1)


def test_the_prior_of_boxes_that_never_move_is_the_box(tmp_path: Path) -> None:
    cell = Box("Nodule", 5.0, 5.0, 8.0, 8.0)
    dataset = store(tmp_path, make_images("train", cell) + make_images("test", cell))
    overlaps = play(dataset, point_at(dataset, 60, 60)).overlaps
    assert [overlaps[measure][ALL].baseline.value for measure in (ENERGY, IOU)] == [1, 1]
    assert [overlaps[measure][ALL].maps.value for measure in (ENERGY, IOU)] == [0, 0]


def test_cases_are_grouped_by_the_share_of_the_image_that_their_boxes_cover(tmp_path: Path) -> None:
    """Of 64 × 64 pixels: 6² is 0.9 %, 10² is 2.4 %, 20² is 9.8 % and 40² is 39 %."""
    boxes = [Box("Nodule", float(side), float(side), float(side), float(side)) for side in (6, 10, 20)]
    images = [image for box in [*boxes, Box("Nodule", 0.0, 0.0, 40.0, 40.0)] for image in make_images("test", box)]
    dataset = store(tmp_path, images)
    games = play(dataset, point_at(dataset, 8.5, 8.5)).games[IMAGE_CENTRE]
    counts = {name: game.n_cases for name, game in games.items()}
    assert counts == {
        "Nodule": 16, ALL: 16, "0 to 1 % of the image": 4, "1 to 2.5 % of the image": 4,
        "2.5 to 10 % of the image": 4, "10 to 100 % of the image": 4,
    }  # fmt: skip


def test_a_box_outside_of_the_image_is_no_case(tmp_path: Path) -> None:
    dataset = store(tmp_path, make_images("test", Box("Nodule", 70.0, 70.0, 8.0, 8.0)))
    assert play(dataset, point_at(dataset, 8.5, 8.5)).n_cases == 0


def test_the_threshold_is_that_of_other_patients() -> None:
    """One patient's map is best at the first threshold, those of all others at the last."""
    first, last = np.eye(len(THRESHOLDS))[[0, -1]]
    cases = [make_case(f"patient{number}", first if number == 0 else last) for number in range(10)]
    np.testing.assert_array_equal(choose_ious(cases, seed=0), [0] + [1] * 9)


def make_case(patient: str, ious: NDArray[np.float64]) -> Case:
    return Case("Nodule", patient, 0.1, True, {}, True, 0.5, ious, prior={}, best={}, place=0)


def play_all(dataset: Dataset, x: float, y: float) -> Localisation:
    points = np.full((len(dataset), 1, 2), (x, y), np.float32)
    return localise(make_evidence(dataset, split="all", points=points, cells=(8, 8)))


def test_a_scored_case_has_not_taught_its_own_rival(tmp_path: Path) -> None:
    """Each patient of the training images has a box of their own place, which no other patient's boxes cover."""
    boxes = [Box("Nodule", 8.0 * place, 8.0, 8.0, 8.0) for place in range(6)]
    dataset = store(tmp_path, [image for box in boxes for image in make_images("train", box, patients=1, images=3)])
    games = play_all(dataset, 4, 12).games
    for baseline in (TRAINING_BOXES, TRAINING_BOXES_ON_GRID):
        assert games[baseline][ALL].n_cases == 18
        assert games[baseline][ALL].baseline.value == 0


def test_where_other_patients_teach_it_the_rival_is_learnt_from_scored_images_too(tmp_path: Path) -> None:
    dataset = store(tmp_path, make_images("train", Box("Nodule", 40.0, 8.0, 8.0, 8.0), patients=10))
    assert play_all(dataset, 4, 12).games[TRAINING_BOXES][ALL].baseline.value == 1


def test_without_a_training_box_the_rival_is_null_with_the_reason(tmp_path: Path) -> None:
    dataset = store(tmp_path, make_images("test", Box("Nodule", 48.0, 8.0, 8.0, 8.0)))
    games = play(dataset, point_at(dataset, 52, 12)).games
    for baseline in (TRAINING_BOXES, TRAINING_BOXES_ON_GRID):
        game = games[baseline][ALL]
        assert (game.maps.value, game.baseline.value, game.difference.why_null) == (1, None, NO_POINT)
