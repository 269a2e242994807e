"""Every variant of the network goes through a bundle and predicts there as in torch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import xray_resnet.silence  # noqa: F401  before openvino
from tests.bundles import make_metadata
from tests.models.randomise import draw_images, randomise
from tests.models.variants import VARIANTS
from xray_resnet.bundle import load_model, read_bundle, save_bundle
from xray_resnet.models import build_model

# isort: split
import openvino

SIZE = 32


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_predicts_from_its_bundle_as_in_torch(tmp_path: Path, name: str) -> None:
    architecture = VARIANTS[name]
    metadata = replace(make_metadata(size=SIZE), model=architecture.to_json())
    model = randomise(build_model(architecture, num_findings=len(metadata.findings)))
    bundle = read_bundle(save_bundle(tmp_path / "bundle", model, metadata))  # type: ignore[arg-type]
    images = draw_images((SIZE, SIZE), batch=3, channels=architecture.in_channels)
    with torch.inference_mode():
        expected = model(images)
        loaded = load_model(bundle)
        torch.testing.assert_close(loaded(images), expected, rtol=0, atol=0)
    (logits,) = onnxruntime.InferenceSession(bundle.onnx).run(["logits"], {"image": images.numpy()})
    compiled = openvino.Core().compile_model(bundle.onnx, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for others in (logits, compiled(images.numpy())["logits"]):
        np.testing.assert_allclose(others, expected.numpy(), rtol=1e-5, atol=1e-5)
    assert loaded.architecture == architecture
