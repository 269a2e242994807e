"""The container image installs what the package needs, in versions that it takes."""

import tomllib

from packaging.requirements import Requirement

from tests.conftest import REPOSITORY


def test_every_dependency_of_the_base_install_is_pinned_to_a_version_that_it_takes() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (REPOSITORY / "docker/requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = {name.lower(): version for name, _, version in (line.partition("==") for line in lines if line[0] != "#")}
    needed = [Requirement(line) for line in project["dependencies"]]
    assert {need.name for need in needed if need.name.lower() not in pins} == set()
    assert {need.name for need in needed if pins[need.name.lower()] not in need.specifier} == set()
