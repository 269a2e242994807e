"""The wheel holds what an installed command needs, wherever it is run from."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked as an installation would be."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(REPOSITORY)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(code: str, installed: Path, folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    shown = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return shown.stdout.strip()


def test_shipped_configurations_are_found_from_another_folder(installed: Path, tmp_path: Path) -> None:
    code = "from xray_resnet.config_files import resolve_config; print(resolve_config('chestxray.yaml'))"
    assert Path(run(code, installed, tmp_path)).is_relative_to(installed)


def test_every_shipped_configuration_is_in_the_wheel(installed: Path) -> None:
    shipped = {path.name for path in (REPOSITORY / "configs").glob("*.yaml")}
    assert {path.name for path in (installed / "xray_resnet/configs").glob("*.yaml")} == shipped


def test_the_report_template_and_the_licence_are_in_the_wheel(installed: Path) -> None:
    for name in (
        "evaluation/report.html.j2",
        "evaluation/analyses/findings.html.j2",
        "pages/base.html.j2",
        "pages/base.css",
    ):
        assert (installed / "xray_resnet" / name).is_file()
    assert [*installed.glob("*.dist-info/licenses/LICENSE")]


def test_both_packages_import_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = "import data_prep, xray_resnet; print(data_prep.__file__, xray_resnet.__file__)"
    assert all(Path(path).is_relative_to(installed) for path in run(code, installed, tmp_path).split())
