"""A bundle holds all that a prediction needs, loads without unpickling, and refuses what is not whole."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import xray_resnet.silence  # noqa: F401  before openvino
from tests.bundles import FINDINGS, make_bundle, make_metadata, make_model
from xray_resnet.bundle import load_model, read_bundle, save_bundle
from xray_resnet.bundle.metadata import INFERENCE, METADATA, MODEL_CARD, ONNX, WEIGHTS
from xray_resnet.errors import UserError

# isort: split
import openvino


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "bundle")


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A copy that the test may damage."""
    return Path(shutil.copytree(made, tmp_path / "bundle"))


def images(count: int = 3, size: int = 64) -> torch.Tensor:
    return torch.randn(count, 1, size, size, generator=torch.Generator().manual_seed(5))


def change_metadata(bundle: Path, **changes: object) -> None:
    document = json.loads((bundle / METADATA).read_text())
    document["xray_resnet"] |= changes
    (bundle / METADATA).write_text(json.dumps(document))


def test_the_loaded_network_gives_the_same_logits_bit_for_bit(made: Path) -> None:
    reference = make_model(make_metadata())
    with torch.inference_mode():
        torch.testing.assert_close(load_model(read_bundle(made))(images()), reference(images()), rtol=0, atol=0)


def test_what_it_says_of_itself_reads_back_equal(made: Path) -> None:
    metadata = read_bundle(made).metadata
    assert metadata == make_metadata()
    assert metadata.findings == FINDINGS


def test_a_run_folder_stands_for_its_bundle(made: Path) -> None:
    assert read_bundle(made.parent).folder == made


@pytest.mark.parametrize("count", [1, 3])
def test_onnx_runtime_and_openvino_agree_with_torch_in_fp32(made: Path, count: int) -> None:
    with torch.inference_mode():
        model = load_model(read_bundle(made))
        logits, maps, features = (output.numpy() for output in model.forward_all(images(count)))
        pooled = model.forward_features(images(count)).mean(dim=(2, 3))
    np.testing.assert_allclose(features, pooled, rtol=1e-5, atol=1e-6)
    names = ["logits", "maps", "features"]
    onnx = onnxruntime.InferenceSession(made / ONNX).run(names, {"image": images(count).numpy()})
    core = openvino.Core().compile_model(made / ONNX, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    compiled = core(images(count).numpy())
    for other_logits, other_maps, other_features in (onnx, [compiled[name] for name in names]):
        np.testing.assert_allclose(other_logits, logits, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(other_maps, maps, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(other_features, features, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_full_size_resnet_50_agrees_in_openvino_and_onnx_runtime(tmp_path: Path) -> None:
    bundle = read_bundle(make_bundle(tmp_path / "bundle", depth=50, base_width=64, size=224))
    batch = images(2, 224)
    with torch.inference_mode():
        model = load_model(bundle)
        logits, maps = (output.numpy() for output in model.forward_with_maps(batch))
    onnx = onnxruntime.InferenceSession(bundle.onnx).run(["logits", "maps"], {"image": batch.numpy()})
    compiled = openvino.Core().compile_model(bundle.onnx, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(batch.numpy())
    for other_logits, other_maps in (onnx, (compiled["logits"], compiled["maps"])):
        assert np.abs(other_logits - logits).max() <= 1e-4 * np.abs(logits).max()
        assert np.abs(other_maps - maps).max() <= 1e-4 * np.abs(maps).max()
        bias = model.head.bias.detach().numpy()
        np.testing.assert_allclose(other_maps.mean(axis=(2, 3)) + bias, other_logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("form", ["channels_last", "bf16"])
def test_weights_are_saved_in_fp32_whatever_form_they_had(tmp_path: Path, form: str) -> None:
    model = make_model(make_metadata())
    model = model.to(memory_format=torch.channels_last) if form == "channels_last" else model.bfloat16()
    loaded = load_model(read_bundle(save_bundle(tmp_path / "bundle", model, make_metadata())))
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    torch.testing.assert_close(loaded.head.weight, model.head.weight.float(), rtol=0, atol=0)


def test_the_onnx_file_has_no_external_data(made: Path) -> None:
    assert [path.name for path in (made / ONNX).parent.iterdir() if "onnx" in path.name] == ["model.onnx"]


def test_every_file_can_be_read_by_other_users(made: Path) -> None:
    assert all(path.stat().st_mode & 0o004 for path in made.rglob("*"))


def test_the_model_card_says_what_it_is_not_for(made: Path) -> None:
    card = (made / MODEL_CARD).read_text()
    assert "not a medical device" in card
    assert "synthetic" in card


def test_saving_again_replaces_the_bundle_and_leaves_nothing_beside_it(bundle: Path) -> None:
    save_bundle(bundle, make_model(make_metadata(), seed=1), make_metadata())
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", [WEIGHTS, ONNX], ids=lambda name: name.name)
def test_a_missing_file_is_refused(bundle: Path, name: Path) -> None:
    (bundle / name).unlink()
    with pytest.raises(UserError, match=f"{name} missing"):
        read_bundle(bundle)


def test_truncated_weights_are_refused(bundle: Path) -> None:
    weights = (bundle / WEIGHTS).read_bytes()
    (bundle / WEIGHTS).write_bytes(weights[: len(weights) // 2])
    with pytest.raises(UserError, match="not whole"):
        load_model(read_bundle(bundle))


def test_weights_of_another_network_are_refused(bundle: Path) -> None:
    change_metadata(bundle, model={"depth": 34, "in_channels": 1, "stem": "imagenet", "base_width": 8})
    with pytest.raises(UserError, match="weights do not fit the network"):
        load_model(read_bundle(bundle))


def test_settings_that_were_edited_do_not_match_their_fingerprint(bundle: Path) -> None:
    change_metadata(bundle, input={"size": 64, "mean": 0.5, "std": 0.25})
    with pytest.raises(UserError, match="do not have the fingerprints that it states"):
        read_bundle(bundle)


def test_another_schema_version_is_named(bundle: Path) -> None:
    change_metadata(bundle, schema_version=99)
    with pytest.raises(UserError, match="schema version 99, expected 1"):
        read_bundle(bundle)


@pytest.mark.parametrize("content", ["{}", "[1]", "{", '{"xray_resnet": 3}'])
def test_metadata_that_is_none_is_one_sentence(bundle: Path, content: str) -> None:
    (bundle / METADATA).write_text(content)
    with pytest.raises(UserError, match="not the metadata of an xray_resnet bundle"):
        read_bundle(bundle)


def test_a_folder_without_a_bundle_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give the folder of a finished run"):
        read_bundle(tmp_path)


def test_reading_a_bundle_needs_no_torch(made: Path) -> None:
    code = f"import sys, xray_resnet.bundle as b\nb.read_bundle({str(made)!r})\nprint('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_the_inference_configuration_takes_no_path_from_the_bundle(made: Path) -> None:
    configuration = json.loads((made / INFERENCE).read_text())
    assert configuration["bundle"] == "$runner.find_running_bundle()"
    assert not [value for value in configuration.values() if isinstance(value, str) and os.sep in value[1:]]
