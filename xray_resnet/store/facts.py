"""Facts of stored images as a network gets them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xray_resnet.facts import encode_facts
from xray_resnet.store.reader import Dataset

_COLUMNS = {"age": "age", "sex": "sex", "view_position": "view"}


def read_facts(dataset: Dataset, rows: NDArray[np.int64], facts: Sequence[str]) -> NDArray[np.float32] | None:
    """What the dataset knows of the images in (N,) rows: (N, `count_columns`); None if no fact is asked for."""
    if not facts:
        return None
    columns = {fact: dataset.column(_COLUMNS[fact]) for fact in facts}
    images = ({fact: columns[fact][row] for fact in facts} for row in rows.tolist())
    return np.stack([encode_facts(facts, values) for values in images])
