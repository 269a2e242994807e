"""The container image installs what the package needs, in versions that it takes."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

from tests.conftest import REPOSITORY


def test_every_dependency_of_the_base_install_is_pinned_to_a_version_that_it_takes() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (REPOSITORY / "docker/requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = {name.lower(): version for name, _, version in (line.partition("==") for line in lines if line[0] != "#")}
    needed = [Requirement(line) for line in project["dependencies"]]
    assert {need.name for need in needed if need.name.lower() not in pins} == set()
    assert {need.name for need in needed if pins[need.name.lower()] not in need.specifier} == set()


def test_the_documented_compose_command_runs_as_the_caller(tmp_path: Path) -> None:
    """In bash, where UID is readonly. The stand-in says which user the file's setting gives."""
    text = (REPOSITORY / "docker/compose.yaml").read_text(encoding="utf-8")
    (command,) = re.findall(r"^#   (mkdir .*)$", text, re.MULTILINE)
    setting = yaml.safe_load(text)["services"]["predict"]["user"]
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/bash\necho "{setting}"\n')
    docker.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    shown = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == f"{os.getuid()}:{os.getgid()}\n"
