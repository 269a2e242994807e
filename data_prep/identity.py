"""Keyed hashes instead of names: the same patient has the same hash in all of one user's datasets (RFC 2104)."""

import hashlib
import hmac
import logging
import os
import secrets
import tempfile
from pathlib import Path

from xray_resnet.errors import UserError

ENVIRONMENT = "XRAY_HASH_KEY"
_log = logging.getLogger(__name__)

_DIGITS = 16
_SHORTEST_KEY = 16


def resolve_key_path(configured: Path | None) -> Path:
    """The key file: as configured, else as the environment says, else in the user's configuration folder.

    Raises:
        UserError: if one is named in a folder that is not there.
    """
    named = configured or os.environ.get(ENVIRONMENT)
    if named:
        return _check_folder(Path(named))
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "xray_resnet" / "hash.key"


def _check_folder(path: Path) -> Path:
    """Refuses a key in a folder that is not there: a mistyped name would make a new key."""
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder for this key of the patient hashes; correct the name or make it")
    return path


def read_or_make_key(path: Path) -> bytes:
    """The key in `path`; a random one is made there, readable by its user alone, where there is none.

    Raises:
        UserError: if the file cannot be read or made, or is too short for a key.
    """
    try:
        if not path.exists():
            _make_key(path)
            _log.warning("%s: a new key of the patient hashes; keep it, without it patients get other hashes", path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise UserError(f"{path}: the key of the patient hashes cannot be used ({error}); set prep.hash_key") from error
    if len(key) < _SHORTEST_KEY:
        raise UserError(
            f"{path}: a key of {len(key)} bytes, at least {_SHORTEST_KEY} are needed; delete it for a new one"
        )
    return key


def name_key(key: bytes) -> str:
    """Names a key without giving it away."""
    return hash_name(key, "key", "")


def hash_name(key: bytes, kind: str, name: str) -> str:
    """16 hexadecimal digits of the HMAC-SHA256 of a name; equal names of different kinds differ."""
    return hmac.new(key, f"{kind}\0{name}".encode(errors="surrogateescape"), hashlib.sha256).hexdigest()[:_DIGITS]


def hash_image(key: bytes, name: str) -> str:
    """The id of an image by its record's name."""
    return hash_name(key, "image", name)


def hash_patient(key: bytes, *, source: str, header: str, image: str) -> str:
    """The id of a patient: as the source names it, else as the file's header does, else the image is its own.

    Args:
        key: The key.
        source: Patient by the source's tables or file names; empty where they are silent.
        header: Patient ID with its issuer; empty where the file has none.
        image: The record's name.
    """
    return hash_name(key, "patient", source or (f"header {header}" if header else f"image {image}"))


def _make_key(path: Path) -> None:
    """Makes a key file; of several processes that do so at once, the first one's key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
