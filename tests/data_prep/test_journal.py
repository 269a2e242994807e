"""What is written of a preparation and read again: the journal of a part, the summary of all."""

import json
from pathlib import Path

import pytest

from data_prep.ingest_summary import INGEST_FILE, IngestSummary
from data_prep.journal import (
    Accepted,
    Flagged,
    PartJournal,
    Rejected,
    list_accepted,
    list_flagged,
    list_rejected,
    read_journal,
    write_journal,
)
from xray_resnet.dicom import Flag, Reason
from xray_resnet.errors import UserError

JOURNAL = PartJournal(
    accepted=[Accepted("a", "p", "1.2.840.10008.1.2.1", "00", "ff")],
    rejected=[Rejected("b.dcm", Reason.BLANK, "every pixel is 7"), Rejected("c.dcm", Reason.COLOUR, "")],
    flagged=[Flagged("a.dcm", Flag.INVERTED)],
    seconds=1.5,
    dropped=[Accepted("d", "p", "PNG", "00", "ff")],
)
SUMMARY = IngestSummary(
    files=3,
    accepted=1,
    rejected=2,
    reasons={"blank": 1, "colour": 1},
    sources={"table": {"files": 3, "accepted": 1, "rejected": 2}},
    flags={"inverted": 1},
    transfer_syntaxes={"PNG": 1},
    notes={"rows of the table without an image": 4},
    seconds=2.5,
    worker_seconds=4.5,
    files_of_earlier_runs=1,
    files_per_second=0.8,
)


def test_a_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_journal(tmp_path, 3) is None
    write_journal(tmp_path, 3, JOURNAL)
    again = read_journal(tmp_path, 3)
    assert again == JOURNAL
    assert [type(row) for row in (*again.rejected, *again.flagged)] == [Rejected, Rejected, Flagged]
    assert [type(row.reason) for row in again.rejected] == [Reason, Reason]


def test_journals_are_listed_in_their_order() -> None:
    other = PartJournal([Accepted("e", "q", "PNG", "1", "1")], [Rejected("f", Reason.BLANK, "")], [], 0.0)
    assert [entry.name for entry in list_accepted([JOURNAL, other])] == ["a", "e"]
    assert [row.path for row in list_rejected([other, JOURNAL])] == ["f", "b.dcm", "c.dcm"]
    assert list_flagged([other, JOURNAL]) == JOURNAL.flagged


def test_a_summary_is_read_as_it_was_written(tmp_path: Path) -> None:
    SUMMARY.write(tmp_path)
    assert IngestSummary.read(tmp_path) == SUMMARY
    values = json.loads((tmp_path / INGEST_FILE).read_text())
    assert (values["files"], values["rejected"], values["files_per_second"]) == (3, 2, 0.8)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"files": 3}'])
def test_a_summary_that_is_none_is_one_sentence(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / INGEST_FILE).write_text(content)
    with pytest.raises(UserError, match=r"ingest\.json: not the summary of a preparation"):
        IngestSummary.read(tmp_path)
