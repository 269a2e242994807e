"""What stands below a folder: order, links, hidden and unreadable folders."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data_prep.sources.files import walk_source
from tests.shares import refuse_folders
from xray_resnet.bundle.monai_runner import find_files
from xray_resnet.inference.inputs import find_inputs
from xray_resnet.walk import Walk, walk_folder


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder of films as hospitals have them."""
    for name in ("b.dcm", "a/2.dcm", "a/10.dcm", "c/deep/1.dcm", ".DS_Store", "a/._2.dcm", "@eaDir/b.dcm"):
        put(tmp_path / "films" / name)
    put(tmp_path / "elsewhere" / "linked.dcm")
    return tmp_path / "films"


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def names(films: Path, walk: Walk) -> list[str]:
    return [path.relative_to(films).as_posix() for path in walk.files]


def test_files_are_sorted_by_the_parts_of_their_paths(films: Path) -> None:
    put(films / "a.dcm")  # before a/ by its characters, behind it by its parts
    walk = walk_folder(films)
    assert names(films, walk) == ["a/10.dcm", "a/2.dcm", "a.dcm", "b.dcm", "c/deep/1.dcm"]
    assert walk.files == sorted(walk.files)


def test_a_linked_folder_is_listed_once_under_its_first_name(films: Path) -> None:
    for name in ("a/linked", "linked", "z/linked"):
        put(films / name)
        (films / name).unlink()
        (films / name).symlink_to(films.parent / "elsewhere")
    assert [name for name in names(films, walk_folder(films)) if "linked" in name] == ["a/linked/linked.dcm"]


def test_links_in_circles_end_and_lead_nowhere_outside(films: Path) -> None:
    before = names(films, walk_folder(films))
    (films / "c" / "deep" / "back").symlink_to(films / "c")
    (films / "c" / "up").symlink_to(films.parent)
    (films / "self").symlink_to(".")
    assert names(films, walk_folder(films)) == before


def test_links_to_files_pipes_and_dangling_links_are_files(films: Path) -> None:
    (films / "d").symlink_to("b.dcm")
    (films / "e").symlink_to("nowhere")
    os.mkfifo(films / "f")
    assert names(films, walk_folder(films))[-3:] == ["d", "e", "f"]


def test_a_linked_root_is_a_folder_like_any_other(films: Path) -> None:
    link = films.parent / "link"
    link.symlink_to(films)
    assert names(link, walk_folder(link)) == names(films, walk_folder(films))


def test_hidden_files_and_the_folders_of_storage_systems_are_passed_over_and_named(
    films: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(films / ".snapshot" / "b.dcm")
    walk = walk_folder(films)
    assert names(films, walk) == ["a/10.dcm", "a/2.dcm", "b.dcm", "c/deep/1.dcm"]
    assert caplog.messages == [
        f"{films}: passed over 4 hidden files and folders (.DS_Store, .snapshot, @eaDir, ._2.dcm)"
    ]


def test_a_hidden_folder_that_is_named_is_walked(films: Path) -> None:
    assert names(films, walk_folder(films / "@eaDir")) == ["@eaDir/b.dcm"]


@pytest.mark.parametrize("name", ["lost+found", "@eaDir", ".snapshot", "study"])
def test_a_folder_that_cannot_be_read_is_noted_and_the_rest_is_listed(
    films: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    put(films / "a" / name / "b.dcm")
    refuse_folders(monkeypatch, name)
    walk = walk_folder(films)
    assert names(films, walk) == ["a/10.dcm", "a/2.dcm", "b.dcm", "c/deep/1.dcm"]
    assert films / "a" / name in walk.unreadable
    folder = films / "a" / name
    assert f"{folder}: this folder cannot be read (Permission denied); what lies in it is left out" in caplog.messages


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder that any user may read, which this process then does as nobody; root reads everything."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_the_systems_own_refusal_is_noted(nobodys_folder: Path) -> None:
    for name, mode in (("unlisted", 0o311), ("private", 0o700), ("unsearchable", 0o744)):
        put(nobodys_folder / name / "inside" / "film.dcm")
        (nobodys_folder / name).chmod(mode)
    put(nobodys_folder / "film.dcm")
    os.seteuid(65534)
    try:
        walk = walk_folder(nobodys_folder)
    finally:
        os.seteuid(0)
    assert walk.files == [nobodys_folder / "film.dcm"]
    assert walk.unreadable == [nobodys_folder / name for name in ("private", "unlisted", "unsearchable/inside")]


def list_by_predict(folder: Path) -> list[Path]:
    return find_inputs([folder])


def list_by_runner(folder: Path) -> list[Path]:
    return [*map(Path, find_files(str(folder)))]


@pytest.mark.parametrize("list_paths", [list_by_predict, list_by_runner])
def test_prediction_and_monais_runner_list_what_preparation_lists(
    films: Path, monkeypatch: pytest.MonkeyPatch, list_paths: Callable[[Path], list[Path]]
) -> None:
    (films / "linked").symlink_to(films.parent / "elsewhere")
    put(films / "lost+found" / "b.dcm")
    refuse_folders(monkeypatch, "lost+found")
    assert list_paths(films) == walk_source(films).paths
    assert films / "lost+found" in list_paths(films)
    assert films / "linked" / "linked.dcm" in list_paths(films)
