"""Training from weights that exist: those of a bundle of ours, or of a file with what it was normalised by."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.bundles import make_bundle, make_metadata, make_model
from tests.training.test_fit import KilledError, ends_at, make_config, make_data, only_run
from xray_resnet.bounds import refuse_mistakes
from xray_resnet.bundle import Bundle, load_model, read_bundle, save_bundle
from xray_resnet.bundle.metadata import MODEL_CARD
from xray_resnet.config import Config, ModelConfig
from xray_resnet.config_files import read_saved
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.models import build_model
from xray_resnet.models.pretrained import Normalisation
from xray_resnet.store import open_dataset
from xray_resnet.training.fit import train
from xray_resnet.training.from_config import build_task_of
from xray_resnet.training.start import Start, build_start
from xray_resnet.training.start.weights import find_weights

STILL = {"epochs": 1, "learning_rate": 1e-12, "ema_decay": 0.0}
"""A training that leaves the weights as they are, but for the statistics of its norms."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("data") / "data", count=40)


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that knows one of the findings."""
    return make_bundle(tmp_path_factory.mktemp("former") / "bundle", findings=("Nodule", "Effusion"))


def starting_from(data: Path, output: Path, weights: Path | str, **model: Any) -> Config:
    config = make_config(data, output, **STILL)
    return replace(config, model=replace(config.model, weights=str(weights), **model))


def start_of(config: Config) -> tuple[torch.nn.Module, Start, list[str]]:
    said: list[str] = []
    model, start = build_start(config, build_task_of(config, open_dataset(config.data.folder)), announce=said.append)
    return model, start, said


@pytest.fixture(scope="module")
def run(data: Path, former: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that started from the bundle."""
    return train(starting_from(data, tmp_path_factory.mktemp("runs"), former), announce=lambda _: None)


def test_a_run_goes_on_from_the_weights_and_the_normalisation_of_a_bundle(run: Path, former: Path) -> None:
    ours, theirs = read_bundle(run), read_bundle(former)
    assert ours.metadata.input == theirs.metadata.input
    names = [name for name, _ in load_model(theirs).named_parameters() if not name.startswith("head")]
    states = load_model(ours).state_dict(), load_model(theirs).state_dict()
    torch.testing.assert_close(*({name: state[name] for name in names} for state in states), rtol=0, atol=1e-9)
    torch.testing.assert_close(states[0]["head.weight"][1], states[1]["head.weight"][1], rtol=0, atol=1e-9)


def test_the_bundle_says_what_was_loaded_adapted_and_left(run: Path) -> None:
    pretraining = read_bundle(run).metadata.pretraining
    assert pretraining["source"] == "tiny, trained on nothing"
    assert pretraining["adapted"] == {"head.weight": "for Effusion", "head.bias": "for Effusion"}
    assert (pretraining["fresh"], pretraining["unused"]) == ([], [])
    assert len(pretraining["sha256"]) == 64
    assert "| first weights | tiny, trained on nothing |" in (run / "bundle" / MODEL_CARD).read_text()


def test_a_run_keeps_where_its_weights_are_as_a_whole_path(
    data: Path, former: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(former.parent)
    with pytest.raises(KilledError, match="by the test"):
        train(starting_from(data, tmp_path, "bundle"), announce=ends_at(1, KilledError))
    assert read_saved(Config, only_run(tmp_path) / "config.yaml").model.weights == str(former)


def test_a_resumed_run_needs_the_weights_no_more(data: Path, former: Path, tmp_path: Path) -> None:
    moved = tmp_path / "former"
    shutil.copytree(former, moved)
    config = starting_from(data, tmp_path / "runs", moved)
    config = replace(config, train=replace(config.train, epochs=2))
    with pytest.raises(KilledError, match="by the test"):
        train(config, announce=ends_at(2, KilledError))
    shutil.rmtree(moved)
    resumed = read_bundle(train(config, resume=only_run(tmp_path / "runs"), announce=lambda _: None))
    assert resumed.metadata.input == read_bundle(former).metadata.input
    assert resumed.metadata.pretraining["source"] == "tiny, trained on nothing"


def write_weights(folder: Path, *, channels: int) -> Path:
    model = build_model(18, in_channels=channels, num_findings=5, base_width=8)
    save_file(model.state_dict(), folder / "weights.safetensors")
    return folder / "weights.safetensors"


MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@pytest.mark.parametrize("place", ["settings", "timm's file", "older file of timm's"])
def test_colours_that_differ_keep_the_data_sets_normalisation_and_add_a_channel_of_ones(
    data: Path, tmp_path: Path, place: str
) -> None:
    weights, settings = write_weights(tmp_path, channels=3), {}
    if place == "settings":
        settings = {"weights_mean": MEAN, "weights_std": STD}
    else:
        said = {"mean": MEAN, "std": STD}
        (tmp_path / "config.json").write_text(json.dumps({"pretrained_cfg": said} if place == "timm's file" else said))
    config = starting_from(data, tmp_path, weights, **settings)
    assert find_weights(config.model).normalisation == Normalisation(tuple(MEAN), tuple(STD))
    _, start, said = start_of(config)
    assert start.architecture.ones_channel
    assert start.model_input == build_task_of(config, open_dataset(data)).model_input
    assert "adapted: stem.0.weight summed over 3 channels; fresh: head.weight, head.bias" in said[0]


def test_colours_that_are_normalised_alike_hand_on_their_normalisation(data: Path, tmp_path: Path) -> None:
    weights = write_weights(tmp_path, channels=3)
    _, start, _ = start_of(starting_from(data, tmp_path, weights, weights_mean=[0.5] * 3, weights_std=[0.25] * 3))
    assert (start.model_input.mean, start.model_input.std) == (0.5, 0.25)
    assert not start.architecture.ones_channel


@pytest.mark.parametrize("content", [None, "{", "[]", '{"mean": "0.5"}', '{"mean": [0.5], "std": [0]}'])
def test_a_file_that_says_nothing_of_its_normalisation_asks_for_it(
    data: Path, tmp_path: Path, content: str | None
) -> None:
    weights = write_weights(tmp_path, channels=3)
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match=r"normalised is not known.*model\.weights_mean and model\.weights_std"):
        find_weights(starting_from(data, tmp_path, weights).model)


def test_weights_that_do_not_fit_leave_no_run_behind(data: Path, former: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="weights do not fit the network"):
        train(starting_from(data, tmp_path / "runs", former, base_width=16), announce=lambda _: None)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"weights_mean": [0.5], "weights_std": [0.5]}, "weights is empty"),
        ({"weights_except": ["stem."]}, "weights is empty"),
        ({"weights": "a", "weights_mean": [0.5]}, "expected one of each for a channel"),
        ({"weights": "a", "weights_mean": [0.5], "weights_std": [0.0]}, "expected numbers above 0"),
    ],
)
def test_half_of_what_says_how_weights_are_loaded_is_a_mistake(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        refuse_mistakes(Config(model=ModelConfig(**settings)))


@pytest.fixture(scope="module")
def with_ones(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle whose network appends a channel of ones."""
    metadata = make_metadata()
    metadata = replace(metadata, model=metadata.model | {"ones_channel": True})
    folder = tmp_path_factory.mktemp("ones") / "bundle"
    return read_bundle(save_bundle(folder, make_model(metadata), metadata))


def test_a_channel_of_ones_is_carried_through_bundle_and_onnx(with_ones: Bundle) -> None:
    import xray_resnet.inference.engines.openvino as openvino

    model = load_model(with_ones)
    assert model.stem[0].weight.shape[1] == 2
    image = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    (answer,) = openvino.OpenVinoEngine(with_ones.onnx, image_size=64, precision="fp32")([image])
    with torch.inference_mode():
        np.testing.assert_allclose(answer.logits, model(torch.from_numpy(image)[None, None])[0], rtol=1e-4, atol=1e-5)


def test_a_training_from_a_bundle_with_a_channel_of_ones_has_one(data: Path, with_ones: Bundle, tmp_path: Path) -> None:
    model, start, _ = start_of(starting_from(data, tmp_path, with_ones.folder))
    assert start.architecture.ones_channel
    torch.testing.assert_close(
        model.state_dict()["stem.0.weight"], load_model(with_ones).stem[0].weight, rtol=0, atol=0
    )


def loaded_by(code: str) -> Sequence[str]:
    shown = f"import sys\n{code}\nprint(*sys.modules)"
    return subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True).stdout.split()


def test_timm_is_not_imported_before_it_is_asked_for() -> None:
    modules = loaded_by("import xray_resnet.models")
    assert "xray_resnet.models.pretrained.hub" in modules
    assert "timm" not in modules
