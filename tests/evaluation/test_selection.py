"""Which images the report shows."""

from dataclasses import replace

import numpy as np

from tests.evaluation.builders import make_predictions
from xray_resnet.evaluation.selection import select_examples


def test_examples_are_the_extremes_of_each_label() -> None:
    predictions = make_predictions(findings=["Nodule"], images=1)
    examples = select_examples(predictions)
    labels, logits = predictions.labels[:, 0], predictions.logits[:, 0]
    assert [example.kind for example in examples] == [
        *["highest positive"] * 3,
        *["highest negative"] * 2,
        *["lowest positive"] * 2,
        "lowest negative",
    ]
    assert logits[examples[0].position] == logits[labels == 1].max()
    assert logits[examples[3].position] == logits[labels == 0].max()
    assert logits[examples[5].position] == logits[labels == 1].min()
    assert logits[examples[7].position] == logits[labels == 0].min()


def test_a_kind_shows_no_patient_twice() -> None:
    predictions = make_predictions(findings=["Nodule"], patients=10, images=8)
    shown = [e.position for e in select_examples(predictions) if e.kind == "highest positive"]
    assert len({predictions.patient_ids[row] for row in shown}) == 3


def test_an_image_is_shown_once_even_where_positives_are_few() -> None:
    predictions = make_predictions(findings=["Nodule"], images=1)
    states = np.zeros_like(predictions.states)
    states[5] = 1
    shown = [example.position for example in select_examples(replace(predictions, states=states))]
    assert shown[0] == 5 and len(shown) == len(set(shown)) == 4


def test_equal_scores_are_settled_by_the_order_of_the_rows() -> None:
    predictions = make_predictions(findings=["Nodule"], images=1)
    flat = replace(predictions, logits=np.zeros_like(predictions.logits))
    assert select_examples(flat) == select_examples(flat)
    assert select_examples(flat)[0].position == int(np.flatnonzero(flat.labels[:, 0] == 1)[0])
