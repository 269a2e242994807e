"""How a model came to be is read as it was written, whatever the locale."""

import io
from pathlib import Path

import pytest

from tests.bundles import make_bundle
from xray_resnet.bundle import read_bundle
from xray_resnet.evaluation.training_record import read_training_record


def test_findings_beyond_ascii_are_read_in_an_ascii_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = read_bundle(make_bundle(tmp_path / "bundle"))
    (tmp_path / "config.yaml").write_text("name: tiny\n", "utf-8")
    (tmp_path / "metrics.csv").write_text("epoch,Erguß\n1,0.5\n", "utf-8")
    monkeypatch.setattr(io, "text_encoding", lambda encoding, stacklevel=2: encoding or "ascii")
    assert read_training_record(bundle).epochs == [{"epoch": "1", "Erguß": "0.5"}]
