"""Tables that are not as they should be, each told in a sentence."""

from pathlib import Path

import pytest

from data_prep.sources.csv_table import read_rows
from xray_resnet.errors import UserError


def test_cells_that_are_not_separated_by_commas_are_told(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("path;patient;Edema\na.png;p;1\n")
    with pytest.raises(UserError, match="its cells are separated by ';'; export it again with commas"):
        read_rows(tmp_path / "labels.csv", ["path", "patient"])


def test_a_table_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes("path,patient\nMüller.png,p\n".encode("latin-1"))
    with pytest.raises(UserError, match="this table is not in UTF-8; export it again as CSV UTF-8"):
        read_rows(tmp_path / "labels.csv", ["path", "patient"])
