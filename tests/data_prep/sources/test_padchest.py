"""PadChest: labels in two languages and of every depth, views that are left out."""

from pathlib import Path

from tests.data_prep.sources.listing import (
    NEGATIVE,
    NOT_ASSESSED,
    POSITIVE,
    UNMENTIONED,
    by_name,
    counted,
    list_archive,
    positives,
)


def test_padchest_labels_are_read_in_both_languages(tmp_path: Path) -> None:
    records = by_name(list_archive("padchest", tmp_path))
    assert {name for name, state in records["a.png"].states.items() if state == POSITIVE} == {
        "Cardiomegaly",
        "Effusion",
    }
    assert records["b.png"].states["Effusion"] == POSITIVE
    assert records["b.png"].states["Cardiomegaly"] == UNMENTIONED
    assert set(counted(records["c.png"])) == {NEGATIVE}
    assert set(counted(records["d.png"])) == {NOT_ASSESSED}
    assert (records["b.png"].view, records["a.png"].age) == ("AP", 72.0)


def test_padchest_labels_count_for_their_ancestors(tmp_path: Path) -> None:
    records = by_name(list_archive("padchest", tmp_path))
    assert positives(records["f.png"]) == {"Effusion", "Pneumothorax", "Consolidation", "Infiltration"}


def test_padchest_elongation_is_no_enlargement(tmp_path: Path) -> None:
    assert positives(by_name(list_archive("padchest", tmp_path))["g.png"]) == {"Aortic_Elongation"}


def test_padchest_views_of_ribs_and_excluded_images_are_left_out_and_counted(tmp_path: Path) -> None:
    listing = list_archive("padchest", tmp_path)
    assert not {"h.png", "i.png"} & set(by_name(listing))
    assert listing.notes["rows of the table whose Projection is COSTAL or EXCLUDE"] == 2
    assert by_name(listing)["f.png"].view == ""
