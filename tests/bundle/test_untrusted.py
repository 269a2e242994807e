"""A bundle comes from elsewhere: no value of it chooses a path, an allocation or a divisor."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundles import FINDINGS, make_bundle
from xray_resnet.basis import Basis
from xray_resnet.bundle import load_model, read_bundle
from xray_resnet.bundle.metadata import METADATA, ONNX
from xray_resnet.bundle.onnx_file import FEATURES, refuse_external_data
from xray_resnet.errors import UserError
from xray_resnet.fingerprint import fingerprint
from xray_resnet.model_input import ModelInput
from xray_resnet.packed import pack
from xray_resnet.scope import Scope, fit_space
from xray_resnet.shift import FILM_COLUMNS, ShiftReference


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "bundle")


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A copy that the test may damage."""
    return Path(shutil.copytree(made, tmp_path / "bundle"))


def change_metadata(bundle: Path, **changes: object) -> None:
    document = json.loads((bundle / METADATA).read_text())
    document["xray_resnet"] |= changes
    (bundle / METADATA).write_text(json.dumps(document))


def test_onnx_weights_in_another_file_are_refused(bundle: Path) -> None:
    network = onnx.load(bundle / ONNX)
    onnx.save(network, bundle / ONNX, save_as_external_data=True, location="elsewhere", size_threshold=0)
    with pytest.raises(UserError, match="weights lie in other files"):
        read_bundle(bundle)


def test_onnx_weights_in_another_file_are_found_within_a_branch(tmp_path: Path) -> None:
    tensor = onnx.TensorProto(name="w", data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    branch = onnx.GraphProto(name="branch", initializer=[tensor])
    node = onnx.helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    model = onnx.ModelProto(graph=onnx.GraphProto(name="graph", node=[node]))
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(UserError, match="weights lie in other files"):
        refuse_external_data(tmp_path / "model.onnx")


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 0.999))
def test_an_onnx_file_cut_anywhere_is_refused(
    share: float, made: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = (made / ONNX).read_bytes()
    cut = tmp_path_factory.mktemp("cut") / "model.onnx"
    graph_end = onnx.load(made / ONNX).graph.ByteSize()
    cut.write_bytes(whole[: int(share * graph_end)])
    with pytest.raises(UserError, match=r"not a whole ONNX file|without a graph"):
        refuse_external_data(cut)


@pytest.mark.parametrize("findings", ["abc", [], [1, 2, 3], ["A", "A", "B"], ["A", "", "B"], None])
def test_findings_are_distinct_names(bundle: Path, findings: object) -> None:
    change_metadata(bundle, findings=findings)
    with pytest.raises(UserError, match="expected distinct names"):
        read_bundle(bundle)


def test_findings_have_columns_of_their_own(bundle: Path) -> None:
    change_metadata(bundle, findings=["Lung Opacity", "Lung_Opacity", "Nodule"])
    with pytest.raises(UserError, match=r"'Lung Opacity' and 'Lung_Opacity' would share the columns lung_opacity_"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    "values",
    [
        {"size": 10**9, "mean": 0.5, "std": 0.2},
        {"size": 64.0, "mean": 0.5, "std": 0.2},
        {"size": 64, "mean": 0.5, "std": 0},
        {"size": 64, "mean": 0.5, "std": float("nan")},
    ],
)
def test_an_impossible_input_is_refused_though_its_fingerprint_fits(bundle: Path, values: dict[str, Any]) -> None:
    change_metadata(bundle, input=values, input_fingerprint=ModelInput(**values).fingerprint())
    with pytest.raises(UserError, match=r"expected 1 to 8192|std above 0"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("size", size) for size in (64.5, True, 9000)),
        *(("max_pixels", most) for most in ("many", 10**15)),
        *(("modalities", names) for names in ("CR", [], [7])),
        ("dtype", "float64"),
        ("min_side", 0),
        ("accept_lateral", 1),
    ],
)
def test_an_impossible_reading_is_refused_though_its_fingerprint_fits(bundle: Path, key: str, value: object) -> None:
    reading = read_bundle(bundle).metadata.reading
    changed = {key: value} if key in reading else {"gate": reading["gate"] | {key: value}}
    change_metadata(bundle, reading=reading | changed, reading_fingerprint=fingerprint(reading | changed))
    with pytest.raises(UserError, match=f"{key} is .*, expected"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    "told",
    [
        {"people": {}},
        {"people": 3},
        {"about": "children"},
        {"counts": {"training images": "many", "training patients": 1}},
    ],
)
def test_people_that_are_told_otherwise_are_refused(bundle: Path, told: dict[str, object]) -> None:
    change_metadata(bundle, training_data=told)
    with pytest.raises(UserError, match="training_data is not told as bundles tell it"):
        read_bundle(bundle)


@pytest.mark.parametrize("key", ["model", "training_data", "versions"])
def test_a_section_that_is_no_object_is_refused(bundle: Path, key: str) -> None:
    change_metadata(bundle, **{key: None})
    with pytest.raises(UserError, match=f"{key} is None, expected an object"):
        read_bundle(bundle)


BASIS = Basis("tiny", "val", 100, "torch on cpu", "fp32")


def make_scope(width: int) -> dict[str, Any]:
    features = np.random.default_rng(0).normal(size=(40, width))
    return asdict(Scope(BASIS, fit_space(features), 1.5, 0.01))


def test_a_scope_of_other_features_than_the_networks_is_refused(bundle: Path) -> None:
    width = load_model(read_bundle(bundle)).head.in_features
    change_metadata(bundle, scope=make_scope(width))
    assert read_bundle(bundle).metadata.output.scope is not None
    change_metadata(bundle, scope=make_scope(width // 2))
    with pytest.raises(UserError, match=f"its scope is of {width // 2} features, its network gives {width}"):
        read_bundle(bundle)


def test_a_scope_beside_an_onnx_file_without_features_is_refused(bundle: Path) -> None:
    change_metadata(bundle, scope=make_scope(load_model(read_bundle(bundle)).head.in_features))
    network = onnx.load(bundle / ONNX)
    network.graph.output.remove(next(output for output in network.graph.output if output.name == FEATURES))
    onnx.save(network, bundle / ONNX)
    with pytest.raises(UserError, match="gives no features, which the scope needs"):
        read_bundle(bundle)


def test_a_reference_of_shift_without_a_scope_is_refused(bundle: Path) -> None:
    columns = len(FILM_COLUMNS) + 1 + len(FINDINGS)
    reference = ShiftReference(BASIS, pack(np.ones((2, columns))), pack(np.ones((2, len(FINDINGS)))))
    change_metadata(bundle, shift=asdict(reference))
    with pytest.raises(UserError, match="a reference of shift without the scope"):
        read_bundle(bundle)


@pytest.mark.parametrize("values", [{"patients": "many"}, {"patients": True}, {"dataset": None}, {"engine": ["cpu"]}])
def test_a_basis_of_other_kinds_is_refused(bundle: Path, values: dict[str, object]) -> None:
    change_metadata(bundle, calibration={"basis": asdict(BASIS) | values, "findings": {}})
    with pytest.raises(UserError, match="expected a number and texts"):
        read_bundle(bundle)


def test_a_network_wider_than_its_weights_is_refused_before_it_is_allocated(bundle: Path) -> None:
    change_metadata(bundle, model={"depth": 18, "in_channels": 1, "stem": "imagenet", "base_width": 10**6})
    with pytest.raises(UserError, match="weights do not fit the network"):
        load_model(read_bundle(bundle))
