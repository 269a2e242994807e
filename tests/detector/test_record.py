"""A detector as a dataset keeps it."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.ingest import ensure_dataset
from data_prep.phantom.render import render_images
from tests.datasets import make_dataset
from xray_resnet.config import Config, DataConfig, PhantomConfig, PrepConfig
from xray_resnet.detector import FILM, Detector, SigmoidCurve, from_record, to_record
from xray_resnet.store import open_dataset

DETECTOR = Detector(SigmoidCurve(1.1, 0.6, (0.1, 0.9), 0.5, 0.037), 8.0)


def test_a_recorded_detector_is_the_same() -> None:
    assert from_record(to_record(DETECTOR)) == DETECTOR


def test_an_assumption_is_not_recorded() -> None:
    with pytest.raises(TypeError, match="FilmCurve cannot be recorded"):
        to_record(FILM)


def test_a_dataset_of_phantoms_tells_what_took_them(tmp_path: Path) -> None:
    phantom = PhantomConfig(count=3, size=64)
    config = Config(data=DataConfig(cache=tmp_path / "phantom", phantom=phantom), prep=PrepConfig(size=64, workers=1))
    dataset = open_dataset(ensure_dataset(config))
    expected = [to_record(rendering.detector) for rendering in render_images(3, size=64, seed=phantom.seed)]
    found = [dataset.detector(row) for row in range(len(dataset))]
    for wanted in expected:
        assert any(detector and to_record(detector) == pytest.approx(wanted) for detector in found)


def test_a_dataset_of_another_source_tells_nothing(tmp_path: Path) -> None:
    dataset = open_dataset(make_dataset(tmp_path / "data", count=20))
    assert {dataset.detector(row) for row in range(20)} == {None}


def test_the_recorded_window_and_sigmoid_undo_the_display_of_a_phantom() -> None:
    """Mid-grey is where the sigmoid's share lies half-way through the window, whatever the enhancement."""
    (rendering,) = render_images(1, size=64, seed=3)
    curve = rendering.detector.curve
    assert isinstance(curve, SigmoidCurve)
    center, width = rendering.window
    black, white = ((center - 0.5 + sign * (width - 1) / 2) / (2**rendering.bits - 1) for sign in (-1, 1))
    assert curve.window == pytest.approx((black, white), abs=1e-3)
    assert np.isfinite(curve.to_exposure(rendering.shown().astype(np.float32) / 255)).all()
