"""No command asks the network for anything or writes into the home folder, on import or later.

Each runs in a process of its own, without the variable CI that makes some libraries quiet, with an empty home. An audit
hook in every Python process (workers, too) notes addresses that are looked up or called.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

HOOK = """
import os, sys

def note(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        told = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        told = arguments[1]
    else:
        return
    with open(os.environ["XRAY_TEST_SOCKETS"], "a") as file:
        file.write(f"{event} {told}\\n")

sys.addaudithook(note)
"""
SMALL = (
    *("--config", "chestxray.yaml", "--data.phantom.count", "40", "--data.phantom.size", "64", "--prep.size", "64"),
    *("--model.depth", "18", "--model.base_width", "8", "--model.image_size", "64"),
    *("--train.epochs", "1", "--train.batch_size", "16"),
)
KEY = {Path(".config"), Path(".config/xray_resnet"), Path(".config/xray_resnet/hash.key")}
"""What may be in the home folder: the key of the patient hashes, which xray-prep says that it makes."""
KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "SSL_CERT_FILE")

Run = Callable[..., None]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("silence")
    for name in ("home", "hook", "work"):
        (place / name).mkdir()
    (place / "hook/sitecustomize.py").write_text(HOOK)
    (place / "sockets").touch()
    return place


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    """Runs a command in the place, and fails with what it printed."""

    def run(module: str, *arguments: str) -> None:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {
            "HOME": str(place / "home"),
            "PYTHONPATH": os.pathsep.join([str(place / "hook"), str(REPOSITORY)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "XRAY_TEST_SOCKETS": str(place / "sockets"),
        }
        code = f"from xray_resnet.cli.{module} import main; main()"
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, cwd=place / "work", env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    return run


def newest_run(place: Path) -> str:
    return str(next((place / "work/runs").iterdir()).relative_to(place / "work"))


def look(place: Path) -> tuple[list[str], set[Path]]:
    """What was asked of the network, and what lies in the home folder besides the key."""
    home = {path.relative_to(place / "home") for path in (place / "home").rglob("*")}
    return (place / "sockets").read_text().splitlines(), home - KEY


def test_the_hook_sees_what_it_should(place: Path, run: Run) -> None:
    """A hook that notes nothing would pass every other test."""
    environment = os.environ | {"PYTHONPATH": str(place / "hook"), "XRAY_TEST_SOCKETS": str(place / "seen")}
    code = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert (place / "seen").read_text().splitlines() == [
        "socket.getaddrinfo 127.0.0.1",
        "socket.connect ('127.0.0.1', 9)",
    ]


@pytest.mark.slow
def test_no_command_asks_the_network_or_writes_into_the_home_folder(place: Path, run: Run) -> None:
    run("prep", *SMALL)
    assert look(place) == ([], set())
    run("train", *SMALL)
    assert look(place) == ([], set())
    run("evaluate", "--report", "--resamples", "50")
    assert look(place) == ([], set())
    folder = f"{newest_run(place)}/eval/phantom-test"
    run("compare", folder, folder, "--permutations", "50")
    assert look(place) == ([], set())
    formats = ("--formats", "csv", "json", "parquet", "--overlay")
    run("predict", "datasets/phantom-source/images", "--model", newest_run(place), "--output", "out", *formats)
    assert look(place) == ([], set())


def test_the_home_folder_is_looked_at(place: Path) -> None:
    (place / "home/left").touch()
    assert Path("left") in look(place)[1]
    (place / "home/left").unlink()
