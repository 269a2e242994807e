"""What overlays cost beside prediction alone: a network of full width on phantoms, in turns, in seconds of processors.

Loading the network is left out: a run of one film is subtracted from one of all. With `PREVIOUS=<checkout>` another
checkout is measured on the same films in the same turns.
"""

import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median

import cv2
import pytest
import torch

from data_prep.phantom.render import render_images
from tests.bundles import make_metadata, make_model
from xray_resnet.bundle import save_bundle
from xray_resnet.dicom import Reading
from xray_resnet.findings import NIH_CHESTXRAY14

FILES, SIDE, ROUNDS = 96, 1024, 3
HERE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Phantoms as PNG, higher than they are wide."""
    folder = tmp_path_factory.mktemp("films")
    for number, image in enumerate(render_images(FILES, size=256, seed=0)):
        picture = cv2.resize(image.shown(), (SIDE * 5 // 6, SIDE), interpolation=cv2.INTER_LINEAR)
        assert cv2.imwrite(str(folder / f"{number:04d}.png"), picture)
    return folder


@pytest.mark.parametrize(("store", "size"), [(512, 224), (512, 512)])
def test_overlays_beside_prediction_alone(films: Path, tmp_path: Path, store: int, size: int) -> None:
    bundle = save_network(tmp_path / "bundle", store=store, size=size)
    releases = {"now": HERE} | ({"before": Path(before)} if (before := os.environ.get("PREVIOUS")) else {})
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for name, folder in releases.items():
            for option in ("", "--overlay"):
                first = predict(films / "0000.png", bundle, tmp_path / "one", option, source=folder)
                every = predict(films, bundle, tmp_path / name, option, source=folder)
                seconds.setdefault((name, option), []).append((every - first) / (FILES - 1))
    for name in releases:
        alone, drawn = (1e3 * median(seconds[name, option]) for option in ("", "--overlay"))
        overlays = len([*(tmp_path / name / "overlays").glob("*.png")])
        print(
            f"\n{name}, {size}² of {store}²: {alone:.1f} ms a film, with overlays {drawn:.1f} ms "
            f"({drawn / alone - 1:+.1%}); {overlays} overlays of {FILES} films"
        )


def save_network(folder: Path, *, store: int, size: int) -> Path:
    """A bundle of full width, of whose findings none stands out: each film gets the overlay of its highest one."""
    metadata = make_metadata(findings=NIH_CHESTXRAY14, depth=50, base_width=64, size=size)
    model = make_model(metadata)
    with torch.no_grad():
        model.head.bias.fill_(-1000)
    return save_bundle(folder, model, replace(metadata, reading=Reading(size=store).to_json()))


def predict(films: Path, bundle: Path, output: Path, option: str, *, source: Path) -> float:
    """Seconds of processors that a prediction took, in user mode and in the system."""
    command = [sys.executable, "-c", "from xray_resnet.cli.predict import main; main()"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*command, str(films), "--model", str(bundle), "--output", str(output), "--workers", "1", *option.split()],
        check=True, capture_output=True, cwd=source, env=os.environ | {"PYTHONPATH": str(source)},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
