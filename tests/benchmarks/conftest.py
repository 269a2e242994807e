"""Benchmarks run when they are asked for, not with the test suite."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips what lies here unless a path on the command line names it."""
    if any(FOLDER.name in str(argument) for argument in config.args):
        return
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.skip(reason="a benchmark; run make bench"))
