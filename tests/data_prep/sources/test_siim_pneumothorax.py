"""SIIM-ACR: masks to boxes."""

from pathlib import Path

import pytest

from data_prep.sources.siim_pneumothorax import enclose_runs
from tests.data_prep.sources.listing import NEGATIVE, POSITIVE, by_name, list_archive
from xray_resnet.boxes import Box


def test_siim_masks_become_their_enclosing_boxes(tmp_path: Path) -> None:
    records = by_name(list_archive("siim_pneumothorax", tmp_path))
    assert records["1.2.3"].boxes == (Box("Pneumothorax", 5, 10, 3, 10), Box("Pneumothorax", 0, 0, 1, 1))
    assert [record.states["Pneumothorax"] for record in records.values()] == [POSITIVE, NEGATIVE, NEGATIVE]


def test_a_run_over_the_end_of_a_column_spans_all_rows() -> None:
    assert enclose_runs("1020 10") == (0, 0, 2, 1024)


@pytest.mark.parametrize("encoded", ["", "5", "1 -4", "1048570 9", "a b", "3 0"])
def test_what_is_no_run_length_code_is_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match=r"a run-length code needs pairs|cannot reshape|invalid literal"):
        enclose_runs(encoded)
