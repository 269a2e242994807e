"""Fine lesions: of the size they claim, only in their masks, and hidden by noise before clutter hides them."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.ingest import ensure_dataset
from data_prep.phantom import truth as module
from data_prep.phantom.detector import count_quanta
from data_prep.phantom.findings import FINE, FINE_PREVALENCE, draw_findings
from data_prep.phantom.patient import stream
from data_prep.phantom.render import render_image
from data_prep.phantom.truth import Truth, write_tables
from data_prep.phantom.write import Settings
from docs.observer_study import (
    DOSES,
    Healthy,
    cut,
    look_at,
    measure_clutter,
    measure_detectability,
    noise_power,
    shine_through,
    to_power,
)
from xray_resnet.boxes import Rectangle
from xray_resnet.config import Config, DataConfig, PhantomConfig, PrepConfig
from xray_resnet.detector import DETECTOR_FIELDS
from xray_resnet.findings import FINE_PHANTOM
from xray_resnet.store import open_dataset

NUMBERS = (0, 1, 2)


@pytest.fixture(scope="module")
def patients() -> list[Healthy]:
    return [look_at(number) for number in NUMBERS]


@pytest.mark.parametrize("finding", FINE_PHANTOM)
def test_a_finding_changes_the_quanta_within_its_mask_and_nothing_elsewhere(finding: str) -> None:
    healthy, ill = shine_through({}, 1), shine_through({finding: 1}, 1)
    change = np.abs(np.log(ill.expected) - np.log(healthy.expected))
    mask = ill.lesions[finding].mask
    assert change[mask].mean() > 20 * change[~mask].mean()


def test_nodules_measure_5_to_10_mm() -> None:
    for subtlety in (1, 5):
        exposed = shine_through({"Nodule": subtlety}, 0)
        boxes = exposed.lesions["Nodule"].boxes
        sides = [side * exposed.beam.pixel_mm for box in boxes for side in (box.width, box.height)]
        assert min(sides) > 4.0 and max(sides) < 12.5


def test_fine_findings_are_drawn_with_their_own_prevalence() -> None:
    rng = stream("image", 0)
    drawn = [draw_findings(rng, FINE) for _ in range(3000)]
    shares = [np.mean([finding in found for found in drawn]) for finding in FINE_PHANTOM]
    np.testing.assert_allclose(shares, [FINE_PREVALENCE[finding] for finding in FINE_PHANTOM], atol=0.03)


@pytest.mark.parametrize("finding", FINE_PHANTOM)
def test_without_noise_even_a_subtle_finding_is_plain_and_noise_hides_it(finding: str, patients: list[Healthy]) -> None:
    clutter = measure_clutter(patients)
    values = dict(zip(DOSES, measure_detectability(finding, 5, patients, clutter), strict=True))
    assert all(before > after for before, after in zip(values.values(), [*values.values()][1:], strict=False))
    assert values[np.inf] > 6 > values[0.1]
    assert values[0.005] < 0.4 * values[1.0]


@pytest.mark.parametrize("finding", FINE_PHANTOM)
def test_an_obvious_finding_is_easier_than_a_subtle_one(finding: str, patients: list[Healthy]) -> None:
    clutter = measure_clutter(patients)
    obvious, subtle = (measure_detectability(finding, subtlety, patients, clutter) for subtlety in (1, 5))
    assert (obvious > subtle).all()


def test_the_observers_noise_is_that_of_the_detector() -> None:
    film = np.full((512, 512), 10_000.0, np.float32)
    expected, counted = cut(film), cut(count_quanta(np.float32(0.1) * film, np.random.default_rng(0)))
    power = to_power(np.log(counted).astype(np.float32))
    assert np.var(np.log(counted)) == pytest.approx(noise_power(expected, 0.1)[0, 0, 0], rel=0.02)
    assert power[:, 5:28, 5:28].mean() == pytest.approx(noise_power(expected, 0.1)[0, 0, 0], rel=0.02)


def test_coarse_lesions_are_the_default_and_go_without_saying() -> None:
    np.testing.assert_array_equal(
        render_image(3, 2, size=64, seed=1).stored, render_image(3, 2, size=64, seed=1, lesions="coarse").stored
    )
    assert "lesions" not in Settings(1, 64, 0, 1.0).to_json()
    assert Settings(1, 64, 0, 1.0, "fine").to_json()["lesions"] == "fine"


def test_a_dataset_of_fine_lesions_has_their_findings(tmp_path: Path) -> None:
    phantom = PhantomConfig(count=8, size=96, lesions="fine")
    config = Config(data=DataConfig(cache=tmp_path / "fine", phantom=phantom), prep=PrepConfig(size=64, workers=1))
    dataset = open_dataset(ensure_dataset(config))
    assert dataset.findings == FINE_PHANTOM
    assert set(dataset.states.ravel().tolist()) == {0, 1}


def test_boxes_stand_in_the_order_of_the_findings_however_the_truth_was_read(tmp_path: Path) -> None:
    """A truth that was read from its file has its findings in alphabetical order."""
    box = [Rectangle(0.0, 0.0, 1.0, 1.0)]
    orders = [("Effusion", "Consolidation"), ("Consolidation", "Effusion")]
    tables = []
    detector = dict.fromkeys(DETECTOR_FIELDS, 0.5)
    for number, order in enumerate(orders):
        known = dict.fromkeys(order, 1), dict.fromkeys(order, box)
        truth = Truth("a.dcm", "p", "F", 50, "PA", *known, 0.45, detector)
        write_tables(tmp_path / str(number), [truth])
        tables.append((tmp_path / str(number) / "boxes.csv").read_text())
    assert tables[0] == tables[1]
    assert module.PHANTOM.index("Effusion") < module.PHANTOM.index("Consolidation")
