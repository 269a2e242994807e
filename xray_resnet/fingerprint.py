"""Fingerprints: a short name for a set of settings, the same wherever they are the same."""

import hashlib
import json


def fingerprint(values: object) -> str:
    """16 hexadecimal digits of the SHA-256 of `values` as canonical JSON."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
