"""Duplicates: found through codecs and sizes, never among different radiographs, dropped without a trace of history."""

import csv
import itertools
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from data_prep.duplicates import find_duplicates
from data_prep.identity import hash_image, read_or_make_key, resolve_key_path
from data_prep.ingest import prepare_dataset
from data_prep.journal import PartJournal, write_journal
from data_prep.near_duplicates import compute_difference_hash, find_near_duplicates
from tests.builders import make_chest
from tests.data_prep.conftest import lasting_bytes
from xray_resnet.config import (
    CombinedConfig,
    Config,
    DataConfig,
    ImageFolderConfig,
    MemberConfig,
    PrepConfig,
)
from xray_resnet.store import open_dataset


def draw(seed: int, size: int = 128) -> np.ndarray:
    return np.uint8(make_chest(size, size, np.random.default_rng(seed)) * 255)


def recompress(image: np.ndarray, quality: int) -> np.ndarray:
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)


def pairs_of(images: list[np.ndarray]) -> list[tuple[int, int]]:
    return find_near_duplicates([compute_difference_hash(image) for image in images], lambda row: images[row])


@pytest.mark.parametrize("quality", [95, 60, 30])
def test_a_recompressed_radiograph_is_found(quality: int) -> None:
    assert pairs_of([draw(0), draw(1), recompress(draw(0), quality)]) == [(0, 2)]


def test_another_size_is_found() -> None:
    larger = cv2.resize(draw(0), (200, 200), interpolation=cv2.INTER_AREA)
    assert pairs_of([draw(1), draw(0), cv2.resize(larger, (128, 128), interpolation=cv2.INTER_AREA)]) == [(1, 2)]


def test_blocks_hide_no_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_prep.near_duplicates._BLOCK", 3)
    images = [draw(number % 7) for number in range(14)]
    assert pairs_of(images) == [(number, number + 7) for number in range(7)]


def test_no_images_have_no_duplicates() -> None:
    assert find_near_duplicates([], draw) == []


def test_near_hashes_of_different_images_are_looked_at() -> None:
    flat, other = draw(0), draw(3)
    assert find_near_duplicates([compute_difference_hash(flat)] * 2, lambda row: (flat, other)[row]) == []


def test_groups_join_exact_and_near_duplicates() -> None:
    images = {"a": draw(0), "b": draw(0), "c": recompress(draw(0), 60), "d": draw(1)}
    entries = [(name, image.tobytes().hex(), compute_difference_hash(image)) for name, image in images.items()]
    found = find_duplicates(entries, images.__getitem__)
    assert found.exact_copies == {"b": "a"}
    assert found.group_of == {"a": "a", "b": "a", "c": "a"}


def with_copies(folder: Path) -> None:
    for number in range(8):
        content = (folder / "NORMAL" / f"person{2 * number}_{10 * number}.png").read_bytes()
        (folder / "NORMAL" / f"person{900 + number}_1.png").write_bytes(content)


def dropping(config: Config) -> Config:
    config.prep.duplicates = "drop"
    return config


def test_copies_are_rejected_as_duplicates_of_the_first(
    configure: Callable[..., Config],
    source: Path,
) -> None:
    with_copies(source)
    folder = prepare_dataset(dropping(configure()))
    rejected = duplicates_in(folder)
    assert len(rejected) == 8
    assert rejected[0]["detail"].startswith("the radiograph of NORMAL/person")
    dataset = open_dataset(folder)
    assert len(dataset) == 300 == len(set(dataset.column("pixels_sha256")))


@pytest.mark.parametrize("undone", ["journal", "part"])
def test_a_kill_while_copies_are_dropped_leaves_no_trace(
    configure: Callable[..., Config],
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    undone: str,
) -> None:
    with_copies(source)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole = lasting_bytes(prepare_dataset(dropping(configure("whole/dataset"))))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt("killed")

    target = "data_prep.drop_duplicates.write_journal" if undone == "journal" else "data_prep.drop_duplicates.keep_rows"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="killed"):
        patch.setattr(target, stop)
        prepare_dataset(dropping(configure("killed/dataset")))
    assert lasting_bytes(prepare_dataset(dropping(configure("killed/dataset")))) == whole


def make_chain() -> list[np.ndarray]:
    """Three images of which each is near the next, but the first not near the last."""
    first, last = draw(0, 96).astype(float), draw(1, 96).astype(float)
    blends = [np.uint8(first + (last - first) * share) for share in np.linspace(0, 0.4, 21)]
    for middle, end in itertools.combinations(range(1, len(blends)), 2):
        chain = [blends[0], blends[middle], blends[end]]
        if pairs_of(chain) == [(0, 1), (1, 2)]:
            return chain
    raise AssertionError("no chain among the blends")


def test_a_kill_between_two_parts_of_a_chain_leaves_no_trace(
    configure: Callable[..., Config], source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its middle, which is dropped first, the chain's end would pass for no duplicate."""
    for name, image in zip(("NORMAL/a.png", "NORMAL/b.png", "PNEUMONIA/z.png"), make_chain(), strict=True):
        assert cv2.imwrite(str(source / name), image)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole = lasting_bytes(prepare_dataset(dropping(configure("whole/dataset", size=96))))
    written: list[object] = []

    def stop_at_the_second(folder: Path, index: int, journal: PartJournal) -> None:
        written.append(index)
        if len(written) == 2:
            raise KeyboardInterrupt("killed")
        write_journal(folder, index, journal)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="killed"):
        patch.setattr("data_prep.drop_duplicates.write_journal", stop_at_the_second)
        prepare_dataset(dropping(configure("killed/dataset", size=96)))
    assert lasting_bytes(prepare_dataset(dropping(configure("killed/dataset", size=96)))) == whole
    assert len(duplicates_in(tmp_path / "whole/dataset")) == 2


def test_other_settings_forget_the_duplicates_of_an_interrupted_run(
    configure: Callable[..., Config], source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_copies(source)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt("killed")

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="killed"):
        patch.setattr("data_prep.drop_duplicates.keep_rows", stop)
        prepare_dataset(dropping(configure()))
    for path in (source / "NORMAL").glob("person9*_1.png"):
        path.unlink()
    folder = prepare_dataset(dropping(configure(size=48)))
    assert not duplicates_in(folder) and len(open_dataset(folder)) == 300


def test_duplicates_across_real_archives_are_found_and_never_part(shared: Path, tmp_path: Path) -> None:
    """Twenty images of NIH stand in RSNA's set too, and a follow-up of one of them; Kermany's has 24 groups."""
    kermany = ImageFolderConfig({"NORMAL": [], "PNEUMONIA": ["Pneumonia"]}, r"(person\d+|IM-\d+)")
    members = {
        "nih": MemberConfig("nih_chestxray14", "nih_chestxray14"),
        "rsna": MemberConfig("rsna_pneumonia", "rsna_pneumonia"),
        "kermany": MemberConfig("image_folder", "kermany_pneumonia", image_folder=kermany),
    }
    data = DataConfig("combined", shared / "data", tmp_path / "d", combined=CombinedConfig(members))
    data.split.official = False
    folder = prepare_dataset(Config(data=data, prep=PrepConfig(size=256, duplicates="drop", hash_key=tmp_path / "key")))
    rejected = duplicates_in(folder)
    across = [row for row in rejected if row["path"].startswith("rsna")]
    assert len(across) == 21 and all(row["detail"].startswith("the radiograph of nih") for row in across)
    within = [row for row in rejected if row["path"].startswith("kermany")]
    assert len(within) == len(rejected) - 21 == 26
    assert len({row["detail"] for row in within}) == 24
    dataset = open_dataset(folder)
    assert len(dataset) + len(rejected) == 6264
    patients = [set(dataset.patient_ids[dataset.indices(split)]) for split in ("train", "val", "test")]
    assert len(set.union(*patients)) == sum(map(len, patients))


def test_who_shares_a_dropped_copy_stays_in_one_split(
    configure: Callable[..., Config],
    source: Path,
) -> None:
    with_copies(source)
    for number in range(8):
        assert cv2.imwrite(str(source / "NORMAL" / f"person{900 + number}_2.png"), draw(500 + number))
    dataset = open_dataset(prepare_dataset(dropping(configure())))
    split_of = {row: split for split in ("train", "val", "test") for row in dataset.indices(split)}
    place = {image: row for row, image in enumerate(dataset.image_ids)}
    key = read_or_make_key(resolve_key_path(None))
    pairs = [(f"person{2 * number}_{10 * number}.png", f"person{900 + number}_2.png") for number in range(8)]
    for kept, other in pairs:
        rows = [place[hash_image(key, f"NORMAL/{name}")] for name in (kept, other)]
        assert split_of[rows[0]] == split_of[rows[1]]


def duplicates_in(folder: Path) -> list[dict[str, str]]:
    rows = csv.DictReader((folder / "rejected.csv").read_text().splitlines())
    return [row for row in rows if row["reason"] == "duplicate"]
