"""Division into train, val and test: by patient, in proportion, the same for the same images."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.duplicates import merge_patients
from data_prep.split import SplitImage, divide, mark_findings, stratify

SHARES = {"train": 0.7, "val": 0.1, "test": 0.2}
FINDINGS = ("Cardiomegaly", "Effusion", "Nodule")
SEEDS = range(20)
HALVES = {"train": 0.5, "val": 0.0, "test": 0.5}


@st.composite
def images(draw: st.DrawFn, officials: Sequence[str | None] = (None,)) -> list[SplitImage]:
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 30), st.frozensets(st.sampled_from(FINDINGS)), st.sampled_from(officials)),
            min_size=1,
            max_size=60,
        )
    )
    return [
        SplitImage(f"image{row}", f"patient{patient}", positives=positives, official=official)
        for row, (patient, positives, official) in enumerate(rows)
    ]


def many_images(count: int, seed: int = 0) -> list[SplitImage]:
    """Patients with one to five images, findings of 40, 15 and 5 percent."""
    generator = np.random.default_rng(seed)
    patients = np.repeat(np.arange(count), generator.integers(1, 6, count))
    present = generator.random((len(patients), 3)) < (0.4, 0.15, 0.05)
    return [
        SplitImage(f"image{row}", f"patient{patient}", positives=frozenset(np.array(FINDINGS)[flags].tolist()))
        for row, (patient, flags) in enumerate(zip(patients, present, strict=True))
    ]


def bare_images(count: int, official: str | None = None) -> list[SplitImage]:
    """Patients with one image each, without findings."""
    return [SplitImage(f"{official} {row}", f"{official} patient{row}", official=official) for row in range(count)]


def count_splits(
    group: Sequence[SplitImage], shares: Mapping[str, float], *, seed: int, official: bool
) -> Counter[str]:
    return Counter(divide(group, shares, seed=seed, official=official).split_of.values())


@given(images((None, "train", "val", "test")), st.integers(0, 5), st.booleans())
def test_splits_never_share_a_patient(group: list[SplitImage], seed: int, official: bool) -> None:
    division = divide(group, SHARES, seed=seed, official=official)
    assert set(division.split_of) == {image.name for image in group}
    assert len({(image.patient, division.split_of[image.name]) for image in group}) == len(
        {image.patient for image in group}
    )


@given(images(), st.randoms())
def test_the_order_of_the_images_does_not_matter(group: list[SplitImage], random: Random) -> None:
    shuffled = list(group)
    random.shuffle(shuffled)
    assert divide(group, SHARES, seed=3, official=True) == divide(shuffled, SHARES, seed=3, official=True)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_patients_with_each_finding_are_shared_out_in_proportion(seed: int) -> None:
    group = many_images(400, seed)
    split_of = divide(group, SHARES, seed=seed, official=False).split_of
    for finding in FINDINGS:
        patients = {(image.patient, split_of[image.name]) for image in group if finding in image.positives}
        for split, share in SHARES.items():
            got = sum(where == split for _, where in patients)
            assert got == pytest.approx(share * len(patients), abs=max(4, 0.05 * len(patients)))


def test_patients_are_shared_out_in_proportion() -> None:
    group = many_images(1000)
    split_of = divide(group, SHARES, seed=0, official=False).split_of
    patients = {(image.patient, split_of[image.name]) for image in group}
    for split, share in SHARES.items():
        assert sum(where == split for _, where in patients) == pytest.approx(1000 * share, abs=15)


def test_another_seed_divides_otherwise() -> None:
    group = many_images(100)
    assert divide(group, SHARES, seed=0, official=False) != divide(group, SHARES, seed=1, official=False)


def test_an_empty_share_gets_nothing() -> None:
    shares = {"train": 0.8, "val": 0.2, "test": 0.0}
    assert "test" not in divide(many_images(100), shares, seed=0, official=False).split_of.values()


def test_the_rarest_label_is_in_both_halves() -> None:
    labels = np.zeros((100, 2), np.int64)
    labels[:2, 0] = 1
    labels[:, 1] = 1
    subsets = stratify(labels, [0.5, 0.5], np.random.default_rng(0))
    assert sorted(subsets[:2]) == [0, 1]
    assert np.bincount(subsets).tolist() == [50, 50]


@given(images(("train", "test")), st.integers(0, 5))
def test_official_test_images_stay_in_test_and_val_comes_from_train(group: list[SplitImage], seed: int) -> None:
    tested = {image.patient for image in group if image.official == "test"}
    split_of = divide(group, SHARES, seed=seed, official=True).split_of
    if tested:
        assert {image.patient for image in group if split_of[image.name] == "test"} == tested


def test_a_patient_on_both_official_sides_is_tested_and_counted() -> None:
    group = [SplitImage("a", "p", official="train"), SplitImage("b", "p", official="test")]
    division = divide(group, SHARES, seed=0, official=True)
    assert division.split_of == {"a": "test", "b": "test"}
    assert division.moved == 1


@given(images(("train", "val", None)), st.integers(0, 5))
def test_an_official_split_without_a_test_keeps_its_val_and_cuts_the_test_from_its_train(
    group: list[SplitImage], seed: int
) -> None:
    validated = {image.patient for image in group if image.official == "val"}
    split_of = divide(group, SHARES, seed=seed, official=True).split_of
    if validated:
        assert {image.patient for image in group if split_of[image.name] == "val"} == validated


def test_what_an_official_split_lacks_is_cut_in_proportion() -> None:
    group = [replace(image, official="train") for image in many_images(1000)]
    split_of = divide(group, SHARES, seed=0, official=True).split_of
    patients = {(image.patient, split_of[image.name]) for image in group}
    assert sum(split == "test" for _, split in patients) == pytest.approx(200, abs=15)


def test_an_official_val_is_kept() -> None:
    official = ["train", "train", "val", "test"]
    group = [SplitImage(str(row), f"p{row}", official=split) for row, split in enumerate(official)]
    assert list(divide(group, SHARES, seed=0, official=True).split_of.values()) == official


def test_patients_who_share_an_image_are_merged_by_way_of_others() -> None:
    shared = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "2"), ("d", "3")]
    assert merge_patients(shared) == {"a": "a", "b": "a", "c": "a", "d": "d"}


@given(
    st.lists(
        st.tuples(st.integers(0, 15), st.integers(0, 30), st.sampled_from((None, "train", "val", "test"))),
        min_size=1,
        max_size=40,
    ),
    st.integers(0, 5),
    st.booleans(),
)
def test_neither_duplicates_nor_patients_ever_cross_splits(
    rows: list[tuple[int, int, str | None]], seed: int, official: bool
) -> None:
    group = [
        SplitImage(f"image{row}", f"p{who}", duplicate_group=str(same), official=split)
        for row, (who, same, split) in enumerate(rows)
    ]
    split_of = divide(group, SHARES, seed=seed, official=official).split_of
    for name in ("duplicate_group", "patient"):
        pairs = {(getattr(image, name), split_of[image.name]) for image in group}
        assert len(pairs) == len({getattr(image, name) for image in group})


def test_duplicates_that_the_official_split_parts_are_tested_and_counted() -> None:
    group = [
        SplitImage("a", "p", duplicate_group="same", official="train"),
        SplitImage("b", "q", duplicate_group="same", official="test"),
    ]
    division = divide(group, SHARES | {"val": 0.0}, seed=0, official=True)
    assert division.split_of == {"a": "test", "b": "test"}
    assert division.moved == 1


def test_a_patient_without_an_official_split_stands_where_a_duplicate_does() -> None:
    images = [
        SplitImage("a", "official", duplicate_group="same", official="test"),
        SplitImage("b", "other", duplicate_group="same"),
        SplitImage("c", "other", duplicate_group="alone"),
        SplitImage("d", "training", duplicate_group="else", official="train"),
    ]
    division = divide(images, {"train": 1.0, "val": 0.0, "test": 0.0}, seed=0, official=True)
    assert division.split_of == {"a": "test", "b": "test", "c": "test", "d": "train"}
    assert division.moved == 0


def test_patients_of_a_copy_that_was_left_out_stay_together() -> None:
    images = [replace(image, patient=f"p{row}") for row, image in enumerate(many_images(40))]
    pairs = [(images[row - 1], images[row]) for row in range(1, len(images), 2)]
    copies = [
        SplitImage(f"copy of {one.name}", other.patient, duplicate_group=one.name, is_left_out=True)
        for one, other in pairs
    ]
    split_of = divide([*images, *copies], SHARES, seed=0, official=False).split_of
    assert set(split_of) == {image.name for image in images}
    assert all(split_of[one.name] == split_of[other.name] for one, other in pairs)


def test_the_official_split_of_a_copy_that_was_left_out_counts() -> None:
    images = [
        SplitImage("a", "p", duplicate_group="a", official="train"),
        SplitImage("b", "q", duplicate_group="a", official="test", is_left_out=True),
        SplitImage("c", "r", official="train"),
    ]
    division = divide(images, {"train": 1.0, "val": 0.0, "test": 0.0}, seed=0, official=True)
    assert division.split_of == {"a": "test", "c": "train"} and division.moved == 1


def test_an_official_val_whose_images_all_moved_is_cut_anew() -> None:
    group = [replace(image, official="train") for image in many_images(100)]
    group += [SplitImage("v", "moved", official="val"), SplitImage("t", "moved", official="test")]
    split_of = divide(group, SHARES, seed=0, official=True).split_of
    assert split_of["v"] == "test" and "val" in split_of.values()


@given(images((None, "train", "test")), st.integers(0, 5), st.integers(0, 1 << 30))
def test_other_names_of_the_same_patients_do_not_matter(group: list[SplitImage], seed: int, key: int) -> None:
    """As hashes under another key are."""

    def rename(patient: str) -> str:
        return hashlib.sha256(f"{key} {patient}".encode()).hexdigest()

    renamed = [replace(image, patient=rename(image.patient), order=image.patient) for image in group]
    assert divide(group, SHARES, seed=seed, official=True) == divide(renamed, SHARES, seed=seed, official=True)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("tens", [1, 3, 10])
def test_shares_of_whole_patients_are_exact(tens: int, seed: int) -> None:
    counts = count_splits(bare_images(10 * tens), SHARES, seed=seed, official=False)
    assert counts == {"train": 7 * tens, "val": tens, "test": 2 * tens}


@given(st.integers(1, 60), st.integers(0, 100))
def test_shares_that_are_not_whole_are_rounded_by_less_than_a_patient(patients: int, seed: int) -> None:
    counts = count_splits(bare_images(patients), SHARES, seed=seed, official=False)
    assert all(abs(counts[split] - share * patients) < 1 for split, share in SHARES.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_need_not_sum_to_one(seed: int) -> None:
    subsets = stratify(np.ones((100, 1), np.int64), [3, 1], np.random.default_rng(seed))
    assert np.bincount(subsets).tolist() == [75, 25]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rarest_label_is_shared_out_first(seed: int) -> None:
    labels = np.zeros((100, 2), np.int64)
    labels[:2, 0] = 1
    labels[:, 1] = 1
    subsets = stratify(labels, [0.5, 0.5], np.random.default_rng(seed))
    assert sorted(subsets[:2]) == [0, 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_of_one_group_each_fill_the_subsets_evenly(seed: int) -> None:
    """Sechidis et al. 2011: a tie goes to the subset that wants most groups."""
    assert np.bincount(stratify(np.eye(10, dtype=np.int64), [0.5, 0.5], np.random.default_rng(seed))).tolist() == [5, 5]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_counts_for_all_of_its_labels(seed: int) -> None:
    """Three groups of A and B, one of B, one of C: B is on both sides twice."""
    labels = np.array([[1, 1, 0], [1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]])
    subsets = stratify(labels, [0.5, 0.5], np.random.default_rng(seed))
    assert np.bincount(subsets[:4]).tolist() == [2, 2]


def test_groups_that_are_alike_are_taken_in_an_order_of_chance() -> None:
    """One of three goes to the smaller subset, not always the same."""
    labels = np.ones((3, 1), np.int64)
    chosen = {int(stratify(labels, [2, 1], np.random.default_rng(seed)).argmax()) for seed in SEEDS}
    assert chosen == {0, 1, 2}


@pytest.mark.parametrize("seed", SEEDS)
def test_patients_with_an_image_without_findings_are_shared_out_too(seed: int) -> None:
    group = [SplitImage(f"sick {row}", f"patient{row}", positives=frozenset({"Mass"})) for row in range(40)]
    group += [SplitImage(f"well {row}", f"patient{row}") for row in range(20)]
    split_of = divide(group, HALVES, seed=seed, official=False).split_of
    assert Counter(split_of[f"well {row}"] for row in range(20)) == {"train": 10, "test": 10}
    assert Counter(split_of[f"sick {row}"] for row in range(40)) == {"train": 20, "test": 20}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_official_split_lacks_is_cut_by_its_share_of_what_is_left(seed: int) -> None:
    """0.1 beside 0.7: an eighth of the training patients, whatever the official test holds."""
    group = [*bare_images(80, "train"), *bare_images(5, "test")]
    assert count_splits(group, SHARES, seed=seed, official=True) == {"train": 70, "val": 10, "test": 5}


def test_an_official_split_that_lacks_nothing_is_kept_whatever_the_shares() -> None:
    group = [*bare_images(4, "train"), *bare_images(3, "val"), *bare_images(2, "test")]
    for shares in (SHARES, {"train": 0.0, "val": 0.5, "test": 0.5}):
        assert count_splits(group, shares, seed=0, official=True) == {"train": 4, "val": 3, "test": 2}


def test_images_that_the_official_split_does_not_name_train() -> None:
    group = [*bare_images(4), *bare_images(3, "val"), *bare_images(2, "test")]
    assert count_splits(group, SHARES, seed=0, official=True) == {"train": 4, "val": 3, "test": 2}


def test_official_splits_are_not_followed_unless_asked_for() -> None:
    group = [*bare_images(90, "train"), *bare_images(10, "test")]
    assert count_splits(group, SHARES, seed=0, official=False) == {"train": 70, "val": 10, "test": 20}


def test_a_patient_of_official_train_and_val_is_validated_and_counted() -> None:
    group = [SplitImage("a", "p", official="train"), SplitImage("b", "p", official="val"), *bare_images(2, "test")]
    division = divide(group, SHARES, seed=0, official=True)
    assert (division.split_of["a"], division.split_of["b"], division.moved) == ("val", "val", 1)


def test_every_image_that_leaves_its_official_split_is_counted() -> None:
    group = [SplitImage(f"{row}", "p", official=split) for row, split in enumerate(["train", "train", "val", "test"])]
    assert divide(group, SHARES, seed=0, official=True).moved == 3


def test_the_same_seed_divides_the_same_and_each_seed_its_own_way() -> None:
    divisions = [tuple(divide(many_images(40), SHARES, seed=seed, official=False).split_of.items()) for seed in SEEDS]
    assert len(set(divisions)) == len(SEEDS)
    assert divisions[3] == tuple(divide(many_images(40), SHARES, seed=3, official=False).split_of.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_groups_without_a_label_are_shared_out_exactly(seed: int) -> None:
    subsets = stratify(np.zeros((20, 1), np.int64), [0.7, 0.1, 0.2], np.random.default_rng(seed))
    assert np.bincount(subsets).tolist() == [14, 2, 4]


def test_a_tie_is_left_to_chance() -> None:
    chosen = [stratify(np.ones((1, 1), np.int64), [1, 1], np.random.default_rng(seed)).item() for seed in SEEDS]
    assert set(chosen) == {0, 1}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_patient_counts_once_however_many_images(seed: int) -> None:
    group = [
        SplitImage(f"{row} {number}", f"patient{row}", positives=frozenset({"Mass"}))
        for row in range(10)
        for number in range(row + 1)
    ]
    split_of = divide(group, HALVES, seed=seed, official=False).split_of
    assert Counter(split_of[f"{row} 0"] for row in range(10)) == {"train": 5, "test": 5}


def test_a_division_stays_the_same_from_release_to_release() -> None:
    """Recorded with numpy 2.4: whoever builds a dataset anew finds the images where they were."""
    found = [frozenset(name for bit, name in enumerate(FINDINGS) if row >> bit & 1) for row in range(60)]
    group = [SplitImage(f"{row:02}", f"p{row // 2:02}", positives=positives) for row, positives in enumerate(found)]
    group += [SplitImage("copy", "p29", duplicate_group="00"), replace(group.pop(0), duplicate_group="00")]
    split_of = divide(group, SHARES, seed=7, official=False).split_of
    names = {split: " ".join(name for name in split_of if split_of[name] == split) for split in ("val", "test")}
    assert names == {"val": "12 13 40 41 42 43", "test": "02 03 04 05 10 11 18 19 32 33 44 45"}


def test_patients_are_taken_by_their_order_and_not_by_their_hash() -> None:
    group = many_images(60)
    renamed = [
        replace(image, patient=hashlib.sha256(image.patient.encode()).hexdigest(), order=image.patient)
        for image in group
    ]
    for seed in SEEDS:
        kept = divide(group, SHARES, seed=seed, official=False)
        assert divide(renamed, SHARES, seed=seed, official=False) == kept


def test_an_image_without_a_finding_is_marked_in_a_column_of_its_own() -> None:
    well, ill = SplitImage("a", "p"), SplitImage("b", "p", positives=frozenset({"Mass"}))
    both = SplitImage("c", "q", positives=frozenset({"Edema", "Mass"}))
    marked = mark_findings([[well], [ill], [well, both]])
    assert marked.tolist() == [[0, 0, 1], [0, 1, 0], [1, 1, 1]]
