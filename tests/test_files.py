"""A file appears whole under its name, or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from xray_resnet.files import replacing, write_csv, write_json, write_text

ENDLESS_WRITER = """
import sys
from pathlib import Path
from xray_resnet.files import replacing
with replacing(Path(sys.argv[1])) as temporary, temporary.open("w") as file:
    while True:
        file.write("half")
        file.flush()
"""


def test_a_failed_write_keeps_the_former_content(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_text(path, "former")
    with pytest.raises(RuntimeError, match="disk"), replacing(path) as temporary:
        temporary.write_text("half of the new")
        raise RuntimeError("disk")
    assert path.read_text() == "former"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_a_killed_write_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    with subprocess.Popen([sys.executable, "-c", ENDLESS_WRITER, str(path)]) as process:
        while not any(file.stat().st_size for file in tmp_path.iterdir()):
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert not path.exists()


def test_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "metrics.json", {"auroc": float("nan")})


def test_csv_has_one_header_row_and_unix_line_ends(tmp_path: Path) -> None:
    write_csv(tmp_path / "rejected.csv", ["path", "reason"], [["a, b.dcm", "blank"]])
    assert (tmp_path / "rejected.csv").read_bytes() == b'path,reason\n"a, b.dcm",blank\n'
