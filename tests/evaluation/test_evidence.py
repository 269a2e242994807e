"""What an analysis may ask of the evidence: facts, boxes, and the network again on changed images."""

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.model_input import Pixels, to_shares
from xray_resnet.store import open_dataset


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return make_evidence(open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny")))


def test_facts_are_those_of_the_splits_own_images(evidence: Evidence) -> None:
    column = evidence.dataset.column("age")
    assert evidence.fact("age") == [column[row] for row in evidence.rows]
    assert set(evidence.fact("sex")) == {"M", "F"}
    assert set(evidence.fact("source")) == {"phantom"}


def test_an_absent_fact_is_none(evidence: Evidence) -> None:
    assert evidence.fact("spacing_mm") == evidence.fact("PresentationIntentType") == [None] * len(evidence.rows)


def test_an_unchanged_image_gives_the_same_answer_as_pixels_and_as_shares(evidence: Evidence) -> None:
    plain = evidence.network.predict(evidence.images()).logits
    np.testing.assert_array_equal(evidence.predict_on(lambda pixels, row: pixels).logits, plain)
    np.testing.assert_array_equal(evidence.predict_on(lambda pixels, row: to_shares(pixels)).logits, plain)


def test_a_change_gets_the_row_of_its_image_and_changes_the_answer(evidence: Evidence) -> None:
    rows: list[int] = []

    def darken(pixels: Pixels, row: int) -> Pixels:
        rows.append(row)
        return to_shares(pixels) / 2

    changed = evidence.predict_on(darken, [2, 0]).logits
    assert rows == [int(evidence.rows[2]), int(evidence.rows[0])]
    assert not np.allclose(changed, evidence.network.predict(evidence.images([2, 0])).logits)


def test_the_dataset_stays_as_it_is(evidence: Evidence) -> None:
    def spoil(pixels: Pixels, row: int) -> Pixels:
        pixels[:] = 0
        return pixels

    with pytest.raises(ValueError, match="read-only"):
        evidence.predict_on(spoil)
