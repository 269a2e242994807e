"""Findings: present where their masks say, absent elsewhere, clearer when less subtle."""

import cv2
import numpy as np
import pytest

from data_prep.phantom.findings import PREVALENCE, draw_findings
from data_prep.phantom.patient import stream
from tests.phantom.scenes import render_with
from xray_resnet.findings import PHANTOM

NUMBERS = range(6)
QUIET = 100.0


def _change(finding: str, subtlety: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """(absolute change of the shown image as a share of its range, mask) of one finding in an otherwise equal image."""
    healthy = render_with({}, number=number, dose_fraction=QUIET).shown().astype(float)
    ill = render_with({finding: subtlety}, number=number, dose_fraction=QUIET)
    return np.abs(ill.shown() - healthy) / 255, ill.lesions[finding].mask


@pytest.mark.parametrize("finding", PHANTOM)
def test_a_finding_changes_the_image_inside_its_mask(finding: str) -> None:
    for number in NUMBERS:
        change, mask = _change(finding, 1, number)
        assert change[mask].mean() > 0.025


@pytest.mark.parametrize("finding", PHANTOM)
def test_a_finding_changes_almost_nothing_elsewhere(finding: str) -> None:
    for number in NUMBERS:
        change, mask = _change(finding, 1, number)
        away = ~cv2.dilate(mask.astype(np.uint8), np.ones((17, 17), np.uint8)).astype(bool)
        assert change[away].mean() < 0.012


@pytest.mark.parametrize("finding", PHANTOM)
def test_an_obvious_finding_changes_the_image_more_than_a_subtle_one(finding: str) -> None:
    sums = [np.sum([_change(finding, subtlety, number)[0].sum() for number in NUMBERS]) for subtlety in (1, 3, 5)]
    assert sums[0] > 1.2 * sums[1] > 1.2 * 1.2 * sums[2]


@pytest.mark.parametrize("finding", PHANTOM)
def test_boxes_enclose_the_mask(finding: str) -> None:
    for number in NUMBERS:
        lesion = render_with({finding: 2}, number=number).lesions[finding]
        boxed = np.zeros_like(lesion.mask)
        for x, y, width, height in lesion.boxes:
            boxed[int(y) : int(y + height), int(x) : int(x + width)] = True
        assert lesion.boxes
        assert (lesion.mask & ~boxed).sum() < 3


def test_cardiomegaly_is_a_matter_of_the_ratio() -> None:
    for number in NUMBERS:
        normal, enlarged = render_with({}, number=number), render_with({"Cardiomegaly": 5}, number=number)
        assert normal.cardiothoracic_ratio < 0.51 < 0.52 <= enlarged.cardiothoracic_ratio


def test_findings_are_drawn_independently_of_each_other() -> None:
    rng = stream("image", 0)
    drawn = np.array([[finding in found for finding in PHANTOM] for found in (draw_findings(rng) for _ in range(4000))])
    np.testing.assert_allclose(drawn.mean(axis=0), list(PREVALENCE.values()), atol=0.03)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(len(PHANTOM))).max() < 0.06


def test_all_findings_may_occur_together() -> None:
    lesions = render_with(dict.fromkeys(PHANTOM, 3)).lesions
    assert set(lesions) == set(PHANTOM)
    assert all(lesion.mask.any() for lesion in lesions.values())
