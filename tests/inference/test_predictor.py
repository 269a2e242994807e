"""Predictions are the network's, whatever the order, the batch and the neighbours; no file is skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from tests.builders import make_chest
from tests.bundles import FINDINGS, make_bundle
from xray_resnet import Predictor
from xray_resnet.bundle import load_model, read_bundle
from xray_resnet.bundle.metadata import ONNX
from xray_resnet.bundle.onnx_file import FEATURES
from xray_resnet.dicom import prepare
from xray_resnet.errors import UserError
from xray_resnet.predictions import to_row


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("model") / "bundle")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twenty pictures, one of them damaged: more than are read in this process."""
    folder = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(3)
    for number in range(20):
        cv2.imwrite(str(folder / f"{number:02d}.png"), np.uint8(make_chest(110, 90, generator) * 255))
    (folder / "07.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    return sorted(folder.iterdir())


def scores_by_torch(bundle: Path, path: Path) -> np.ndarray:
    opened = read_bundle(bundle)
    image = torch.from_numpy(opened.model_input(prepare(path, opened.reading).pixels))[None, None]
    with torch.inference_mode():
        return load_model(opened)(image).sigmoid().numpy()[0]


def test_scores_are_those_of_the_torch_network_in_fp32(bundle: Path, files: list[Path]) -> None:
    for prediction in Predictor(bundle, precision="fp32").predict(files[:3]):
        found = np.array([prediction.scores[name] for name in FINDINGS])
        np.testing.assert_allclose(found, scores_by_torch(bundle, Path(prediction.path)), rtol=1e-4)


def test_one_process_gives_the_same_as_many(bundle: Path, files: list[Path]) -> None:
    one, many = ([*Predictor(bundle, workers=workers).predict(files)] for workers in (1, 2))
    assert [to_row(prediction, FINDINGS) for prediction in one] == [to_row(prediction, FINDINGS) for prediction in many]


def test_a_network_without_features_predicts_the_same_and_flags_nothing(
    bundle: Path, files: list[Path], tmp_path: Path
) -> None:
    """As bundles of earlier releases have it."""
    older = tmp_path / "older"
    shutil.copytree(bundle, older)
    network = onnx.load(older / ONNX)
    network.graph.output.remove(next(output for output in network.graph.output if output.name == FEATURES))
    onnx.save(network, older / ONNX)
    rows = [
        [to_row(prediction, FINDINGS) for prediction in Predictor(each, precision="fp32").predict(files[:3])]
        for each in (bundle, older)
    ]
    assert rows[0] == rows[1]
    assert not any("out_of_scope" in str(row["flags"]) for row in rows[1])


def test_a_file_alone_gives_the_same_as_among_others(bundle: Path, files: list[Path]) -> None:
    predictor = Predictor(bundle)
    together = [prediction.scores for prediction in predictor.predict(files[:6])]
    assert together == [next(predictor.predict([path])).scores for path in files[:6]]


def test_every_file_has_a_row_in_its_place_rejected_ones_their_reason(bundle: Path, files: list[Path]) -> None:
    predictions = [*Predictor(bundle).predict(files)]
    assert [prediction.path for prediction in predictions] == files
    assert [prediction.path for prediction in predictions if prediction.status == "rejected"] == [files[7]]
    assert predictions[7].reason == "decode_failed"


def test_each_logit_is_the_mean_of_its_map_plus_a_constant(bundle: Path, files: list[Path]) -> None:
    bias = load_model(read_bundle(bundle)).head.bias.detach().numpy()
    prediction = next(Predictor(bundle, precision="fp32").predict(files))
    assert prediction.maps is not None
    scores = 1 / (1 + np.exp(-(prediction.maps.mean(axis=(1, 2)) + bias)))
    np.testing.assert_allclose([*prediction.scores.values()], scores, rtol=1e-4)


def test_the_precision_is_read_back_from_the_compiled_network(bundle: Path) -> None:
    assert Predictor(bundle, precision="fp32").engine.precision == "fp32"
    assert Predictor(bundle).engine.precision in ("fp32", "bf16", "fp16")


def test_a_processor_held_to_avx2_computes_in_fp32(bundle: Path, files: list[Path]) -> None:
    """OpenVINO would choose bf16 by the processor, and then find no kernel for it."""
    code = (
        f"import xray_resnet\npredictor = xray_resnet.Predictor({str(bundle)!r})\n"
        f"print(predictor.engine.precision, next(predictor.predict([{str(files[0])!r}])).status)"
    )
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert shown.stdout == "fp32 ok\n", shown.stderr


def test_a_damaged_network_is_refused(bundle: Path, tmp_path: Path) -> None:
    broken = make_bundle(tmp_path / "bundle")
    (broken / "models/model.onnx").write_bytes(b"no network")
    with pytest.raises(UserError, match="not a whole ONNX file"):
        Predictor(broken)


def test_predicting_needs_no_torch(bundle: Path, files: list[Path]) -> None:
    code = (
        "import sys, xray_resnet\n"
        f"print([p.status for p in xray_resnet.Predictor({str(bundle)!r}).predict([{str(files[0])!r}])])\n"
        "heavy = ('torch', 'lightning', 'monai', 'albumentations', 'sklearn', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == ["['ok']", "[]"]


def test_the_engines_threads_keep_within_a_cpu_quota(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xray_resnet.inference.engines.openvino.cpus_under_quota", lambda: 1)
    compiled = Predictor(bundle, workers=1).engine._compiled
    assert compiled.get_property("INFERENCE_NUM_THREADS") == 1
    assert compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS") == 1
