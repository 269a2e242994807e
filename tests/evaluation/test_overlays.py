"""Examples, pictured."""

from pathlib import Path

import numpy as np

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.overlays import draw_example
from xray_resnet.evaluation.selection import Example
from xray_resnet.explain.overlay import draw_heat, draw_overlay
from xray_resnet.store import open_dataset


def test_an_example_shows_the_map_of_its_own_finding(tmp_path: Path) -> None:
    evidence = make_evidence(open_dataset(make_dataset(tmp_path / "tiny")))
    pixels = evidence.dataset.pixels(int(evidence.rows[1]))
    pictures = []
    for finding in evidence.findings:
        (heat,) = evidence.network.explain([pixels], [finding])["gradcam"]
        expected = draw_overlay(pixels, heat, boxes=evidence.boxes(1, finding))
        overlay = draw_example(evidence, Example(1, finding, "highest positive", 0.5))
        pictures.append(overlay.captioned[: len(pixels), -len(pixels) :])
        np.testing.assert_array_equal(overlay.heat, draw_heat(heat, side=len(pixels)))
        np.testing.assert_array_equal(pictures[-1], expected)
    assert not np.array_equal(*pictures)
