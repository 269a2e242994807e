"""Shared fixtures: the folder of real radiographs, found by XRAY_SHARED."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def locate_shared() -> Path:
    """Where the real radiographs lie, if they are there."""
    return Path(os.environ.get("XRAY_SHARED", REPOSITORY.parent / "shared")).resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real radiographs; tests that need it skip where it is missing."""
    folder = locate_shared()
    if not (folder / "data").is_dir():
        pytest.skip(f"real radiographs are not at {folder}; set XRAY_SHARED")
    return folder


@pytest.fixture(autouse=True)
def _own_hash_key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests never touch the user's key of patient hashes."""
    monkeypatch.setenv("XRAY_HASH_KEY", str(tmp_path_factory.getbasetemp() / "hash.key"))
