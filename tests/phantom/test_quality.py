"""Quality: the phantom is not easy for the wrong reason.

`python -m tests.phantom.test_quality COUNT` prints the figures that the tests bound, for COUNT images.
"""

import sys
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from data_prep.phantom.render import Rendering, render_images
from tests.phantom.scenes import render_with
from xray_resnet.findings import PHANTOM

_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
_HELD_OUT = 0.3


@dataclass(frozen=True)
class Sample:
    """What a shortcut may look at, per image: thumbnails, facts of the acquisition, labels and patients."""

    thumbnails: NDArray[np.float64]
    facts: NDArray[np.float64]
    labels: NDArray[np.bool_]
    held_out: NDArray[np.bool_]


def draw_sample(count: int) -> Sample:
    """Renders `count` images; the last patients are held out."""
    renderings = render_images(count, size=128, seed=11)
    patients = np.array([rendering.patient.number for rendering in renderings])
    return Sample(
        thumbnails=np.array([thumbnail(rendering.shown()) for rendering in renderings]),
        facts=np.array([_facts(rendering) for rendering in renderings]),
        labels=np.array([[finding in rendering.lesions for finding in PHANTOM] for rendering in renderings]),
        held_out=patients > np.quantile(patients, 1 - _HELD_OUT),
    )


def thumbnail(shown: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The image at 32 × 32, flat."""
    return cv2.resize(shown, (32, 32), interpolation=cv2.INTER_AREA).ravel() / 255


def _facts(rendering: Rendering) -> list[float]:
    patient, pose = rendering.patient, rendering.pose
    person = [float(patient.sex == "F"), float(patient.age), patient.habitus]
    geometry = [float(pose.view == "AP"), pose.field_mm, pose.magnification, pose.roll, pose.yaw, pose.expiration]
    return [*person, *geometry, *pose.collimation, float(pose.shuttered), float(rendering.bits), *rendering.window]


def logistic(penalty: float) -> Pipeline:
    """Logistic regression on standardised features."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=300))


def held_out_aurocs(features: NDArray[np.float64], sample: Sample) -> NDArray[np.float64]:
    """Held-out AUROC per finding, of the penalty with the best macro AUROC there: a bound in the shortcut's favour."""
    table = [
        [_held_out_auroc(features, labels, held_out=sample.held_out, penalty=penalty) for labels in sample.labels.T]
        for penalty in _PENALTIES
    ]
    return np.array(max(table, key=np.mean))


def _held_out_auroc(
    features: NDArray[np.float64], labels: NDArray[np.bool_], *, held_out: NDArray[np.bool_], penalty: float
) -> float:
    model = logistic(penalty).fit(features[~held_out], labels[~held_out])
    return float(roc_auc_score(labels[held_out], model.decision_function(features[held_out])))


def masked_auroc(finding: str, pairs: int) -> float:
    """How well ill is told from healthy where the finding's own region is blanked in both.

    Each pair is one patient in one pose, with and without the finding; the same mask blanks both images. Pairs are
    not parted between training and test.
    """
    features = np.array([_blanked_pair(finding, number) for number in range(pairs)])
    train = pairs * 2 // 3
    ill = np.array([True, False])
    model = logistic(1e-3).fit(features[:train].reshape(2 * train, -1), np.tile(ill, train))
    scores = model.decision_function(features[train:].reshape(2 * (pairs - train), -1))
    return float(roc_auc_score(np.tile(ill, pairs - train), scores))


def _blanked_pair(finding: str, number: int) -> list[NDArray[np.float64]]:
    ill, healthy = render_with({finding: 1 + number % 5}, number=number), render_with({}, number=number)
    region = cv2.dilate(ill.lesions[finding].mask.astype(np.uint8), np.ones((11, 11), np.uint8)).astype(bool)
    return [thumbnail(np.where(region, 128, rendering.shown()).astype(np.uint8)) for rendering in (ill, healthy)]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return draw_sample(700)


@pytest.mark.slow
def test_thumbnails_do_not_give_the_findings_away(sample: Sample) -> None:
    assert held_out_aurocs(sample.thumbnails, sample).mean() <= 0.75


@pytest.mark.slow
def test_acquisition_and_patient_do_not_give_the_findings_away(sample: Sample) -> None:
    assert held_out_aurocs(sample.facts, sample).mean() < 0.58


@pytest.mark.slow
@pytest.mark.parametrize("finding", PHANTOM)
def test_nothing_outside_a_finding_tells_of_it(finding: str) -> None:
    assert abs(masked_auroc(finding, 120) - 0.5) < 0.09


if __name__ == "__main__":
    figures = draw_sample(int(sys.argv[1]))
    for title, features in (("thumbnails 32 x 32", figures.thumbnails), ("facts of acquisition", figures.facts)):
        aurocs = held_out_aurocs(features, figures)
        print(title, dict(zip(PHANTOM, aurocs.round(3).tolist(), strict=True)), f"macro {aurocs.mean():.3f}")
    for name in PHANTOM:
        print("blanked", name, f"{masked_auroc(name, 240):.3f}")
