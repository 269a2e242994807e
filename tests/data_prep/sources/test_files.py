"""Files of a source: below its root, and nowhere else."""

from pathlib import Path

import pytest

from data_prep.sources.files import resolve_below, walk_source
from tests.data_prep.sources.listing import touch
from xray_resnet.errors import UserError


@pytest.mark.parametrize("name", ["../a.dcm", "/etc/hosts", "b/../../a.dcm", "..\\a.dcm"])
def test_a_path_never_leaves_the_root(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="leaves the source folder"):
        resolve_below(tmp_path, name, where="labels.csv line 2")


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.png")
    (tmp_path / "images" / "loop").symlink_to(tmp_path)
    assert [path.name for path in walk_source(tmp_path).files] == ["a.png"]


def test_a_missing_source_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no such source folder; set data.root"):
        walk_source(tmp_path / "nowhere")
