"""covid-chestxray: findings of every release as nodes of one tree."""

from pathlib import Path

import pytest

from data_prep.sources import covid_chestxray
from tests.data_prep.sources.listing import NEGATIVE, NOT_ASSESSED, POSITIVE, by_name, counted, list_archive
from xray_resnet.errors import UserError


def test_covid_findings_are_the_nodes_on_the_way(tmp_path: Path) -> None:
    listing = list_archive("covid_chestxray", tmp_path)
    records = by_name(listing)
    assert dict(records["a.jpg"].states) == {"Pneumonia": POSITIVE, "COVID-19": POSITIVE, "Tuberculosis": NEGATIVE}
    assert records["b.jpg"].states["Tuberculosis"] == POSITIVE
    assert dict(records["g.jpg"].states) == {
        "Pneumonia": POSITIVE,
        "COVID-19": NOT_ASSESSED,
        "Tuberculosis": NEGATIVE,
    }
    assert set(counted(records["c.jpg"])) == {NEGATIVE}
    assert set(counted(records["d.jpg"])) == {NOT_ASSESSED}
    assert listing.notes["rows of the table that are no radiograph"] == 1


@pytest.mark.parametrize(
    ("finding", "pneumonia", "covid", "tuberculosis"),
    [
        ("COVID-19", POSITIVE, POSITIVE, NEGATIVE),
        ("COVID-19, ARDS", POSITIVE, POSITIVE, NEGATIVE),
        ("covid-19", POSITIVE, POSITIVE, NEGATIVE),
        ("SARS", POSITIVE, NEGATIVE, NEGATIVE),
        ("Streptococcus", POSITIVE, NEGATIVE, NEGATIVE),
        ("Pneumonia/Bacterial/Staphylococcus/MRSA", POSITIVE, NEGATIVE, NEGATIVE),
        ("Bacterial", POSITIVE, NEGATIVE, NEGATIVE),
        ("Pneumonia", POSITIVE, NOT_ASSESSED, NEGATIVE),
        ("ARDS", NOT_ASSESSED, NOT_ASSESSED, NOT_ASSESSED),
        ("Tuberculosis", NEGATIVE, NEGATIVE, POSITIVE),
        ("No Finding", NEGATIVE, NEGATIVE, NEGATIVE),
    ],
)
def test_covid_findings_of_every_release_are_understood(
    finding: str, pneumonia: int, covid: int, tuberculosis: int
) -> None:
    states = covid_chestxray.read_states(finding, "metadata.csv line 2")
    assert states == {"Pneumonia": pneumonia, "COVID-19": covid, "Tuberculosis": tuberculosis}


@pytest.mark.parametrize("finding", ["Corona", "COVID-19, Corona", "Tuberculosis/COVID-19", "Fibrosis/Viral/COVID-19"])
def test_a_finding_that_no_release_names_is_no_negative(finding: str) -> None:
    with pytest.raises(UserError, match="line 2: column 'finding' names a finding of no known release"):
        covid_chestxray.read_states(finding, "metadata.csv line 2")
