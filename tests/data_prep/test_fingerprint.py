"""What a dataset's content is known by: the records and the sizes of their files, written out by hand."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from data_prep.fingerprint import fingerprint_content
from data_prep.sources import Record
from xray_resnet.boxes import Box
from xray_resnet.findings import LabelState


def make_record(root: Path) -> Record:
    (root / "a.png").write_bytes(b"12345")
    return Record(
        path=root / "a.png",
        name="a",
        patient="p",
        age=61.0,
        states={"Mass": LabelState.UNCERTAIN},
        boxes=(Box("Mass", 1.0, 2.0, 3.0, 4.5),),
    )


def test_a_records_fingerprint_is_that_of_its_plain_values(tmp_path: Path) -> None:
    values = {
        "age": 61.0,
        "boxes": [{"finding": "Mass", "height": 4.5, "width": 3.0, "x": 1.0, "y": 2.0}],
        "bytes": 5,
        "name": "a",
        "path": "a.png",
        "patient": "p",
        "sex": "",
        "split": None,
        "states": {"Mass": -1},
        "study": "",
        "view": "",
    }
    expected = hashlib.sha256(b"key" + json.dumps(values).encode() + b"\n").hexdigest()[:16]
    assert fingerprint_content([make_record(tmp_path)], root=tmp_path, key_id="key") == expected


def test_a_file_that_is_not_there_has_a_fingerprint_too(tmp_path: Path) -> None:
    record = make_record(tmp_path)
    missing = replace(record, path=tmp_path / "b.png")
    prints = [fingerprint_content([item], root=tmp_path, key_id="key") for item in (record, missing)]
    assert len(set(prints)) == 2


def test_a_box_without_its_finding_is_a_rectangle() -> None:
    assert Box("Mass", 1.0, 2.0, 3.0, 4.5).rectangle == (1.0, 2.0, 3.0, 4.5)
