"""Keyed hashes: one key per user, made once, private."""

import hashlib
import hmac
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data_prep.identity import hash_name, name_key, read_or_make_key, resolve_key_path
from xray_resnet.errors import UserError

KEY = b"0123456789abcdef0123456789abcdef"


def test_a_hash_is_the_head_of_an_hmac() -> None:
    expected = hmac.new(KEY, b"patient\x00Doe", hashlib.sha256).hexdigest()
    assert expected.startswith(hash_name(KEY, "patient", "Doe"))


def test_kinds_and_keys_tell_equal_names_apart() -> None:
    hashes = {hash_name(KEY, kind, "1") for kind in ("patient", "study", "image")}
    assert len(hashes | {hash_name(KEY[::-1], "patient", "1")}) == 4


def test_a_key_is_made_once_and_readable_by_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "hash.key"
    key = read_or_make_key(path)
    assert read_or_make_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["hash.key"]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: read_or_make_key(tmp_path / "hash.key"), range(32)))
    assert len(keys) == 1


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hash.key").write_text("secret\n")
    with pytest.raises(UserError, match="a key of 6 bytes, at least 16"):
        read_or_make_key(tmp_path / "hash.key")


def test_a_key_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be used.*set prep.hash_key"):
        read_or_make_key(tmp_path / "file" / "hash.key")


def test_configuration_comes_before_environment_before_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XRAY_HASH_KEY", "/environment.key")
    assert resolve_key_path(Path("/configured.key")) == Path("/configured.key")
    assert resolve_key_path(None) == Path("/environment.key")
    monkeypatch.delenv("XRAY_HASH_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/settings")
    assert resolve_key_path(None) == Path("/settings/xray_resnet/hash.key")


def test_the_name_of_a_key_gives_nothing_away() -> None:
    assert name_key(KEY) not in KEY.decode()
    assert name_key(KEY) != name_key(KEY[::-1])
