"""An architecture is plain values: kept in a bundle, read from old ones, refused if it describes no network."""

import json

import pytest
import torch

from tests.models.variants import VARIANTS
from xray_resnet.models import DEPTHS, Architecture, build_model

CIFAR = Architecture("basic", (5, 5, 5), order="original", shape_change="padding", stem="small", base_width=16)
"""ResNet-32 as in He et al. 2016a, section 4.2."""


def test_the_depth_counts_the_layers_with_weights() -> None:
    assert (Architecture().depth, CIFAR.depth) == (50, 32)


@pytest.mark.parametrize("architecture", [Architecture(), CIFAR, *VARIANTS.values()])
def test_an_architecture_is_kept_as_plain_values(architecture: Architecture) -> None:
    assert Architecture.from_json(json.loads(json.dumps(architecture.to_json()))) == architecture


@pytest.mark.parametrize("depth", [18, 50])
def test_the_head_sees_the_features_of_the_last_stage(depth: int) -> None:
    architecture = Architecture.of_depth(depth, base_width=4)
    assert build_model(architecture, num_findings=1).head.in_features == architecture.features


def test_what_the_first_bundles_keep_is_read() -> None:
    old = {"depth": 18, "in_channels": 1, "stem": "small", "base_width": 8}
    assert Architecture.from_json(old) == Architecture("basic", (2, 2, 2, 2), stem="small", base_width=8)


@pytest.mark.parametrize(
    ("former", "order"),
    [
        ("preactivation", "full_preactivation"),
        ("original", "original"),
        ("norm_after_sum", "bn_after_addition"),
        ("relu_before_sum", "relu_before_addition"),
        ("relu_preactivation", "relu_only_preactivation"),
    ],
)
def test_the_former_words_of_a_bundle_are_read(former: str, order: str) -> None:
    """The shortcut of earlier releases said what stands where the shape changes."""
    old = {"depth": 8, "block": "basic", "stages": [1, 1, 1], "order": former, "shortcut": "padding", "stem": "small",
           "base_width": 16, "in_channels": 1}  # fmt: skip
    expected = Architecture("basic", (1, 1, 1), order=order, shape_change="padding", stem="small", base_width=16)  # type: ignore[arg-type]
    assert Architecture.from_json(old) == expected


@pytest.mark.parametrize(
    ("depth", "block", "units"),
    [(20, "basic", 3), (32, "basic", 5), (44, "basic", 7), (56, "basic", 9), (110, "basic", 18), (1202, "basic", 200),
     (164, "bottleneck", 18), (1001, "bottleneck", 111), (29, "bottleneck", 3)],
)  # fmt: skip
def test_a_small_stem_has_the_three_stages_of_the_papers(depth: int, block: str, units: int) -> None:
    """He et al. 2016a, section 4.2: 6n + 2; He et al. 2016b, section 4.1 and appendix: 9n + 2."""
    architecture = Architecture.of_depth(depth, stem="small")
    assert (architecture.block, architecture.stages) == (block, (units,) * 3)
    assert (architecture.base_width, architecture.depth) == (16, depth)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_small_stem_leaves_the_depths_of_the_table_their_stages(depth: int) -> None:
    architecture = Architecture.of_depth(depth, stem="small")
    assert architecture == Architecture(*DEPTHS[depth], stem="small")
    assert architecture.base_width == 64


def test_a_depth_that_both_rules_give_is_of_the_block_that_is_asked_for() -> None:
    assert Architecture.of_depth(20, stem="small", block="bottleneck").stages == (2, 2, 2)
    assert Architecture.of_depth(50, stem="small", block="basic", base_width=32).stages == (8, 8, 8)


@pytest.mark.parametrize(
    ("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7), (1202, 19.4)]
)
def test_the_small_networks_have_the_parameters_of_the_paper(depth: int, millions: float) -> None:
    """He et al. 2016a, table 6: shortcuts of option A, ten classes, colour."""
    with torch.device("meta"):
        model = build_model(
            depth, in_channels=3, num_findings=10, stem="small", order="original", shape_change="padding"
        )
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, rel=0.03)


@pytest.mark.parametrize(("depth", "stem", "millions"), [(164, "small", 1.7), (1001, "small", 10.2)])
def test_deep_bottlenecks_have_the_parameters_of_the_paper(depth: int, stem: str, millions: float) -> None:
    """He et al. 2016b, table 4."""
    with torch.device("meta"):
        model = build_model(depth, in_channels=3, num_findings=10, stem=stem)
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, rel=0.03)


def test_two_hundred_layers_are_those_of_the_paper() -> None:
    """He et al. 2016b, section 5."""
    assert Architecture.of_depth(200) == Architecture("bottleneck", (3, 24, 36, 3))
    assert Architecture.of_depth(200).depth == 200


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"depth": 51}, "depth is 51"),
        ({"depth": 20}, "with the small stem also 6n"),
        ({"depth": 21, "stem": "small"}, "depth is 21"),
        ({"depth": 2, "stem": "small"}, "depth is 2"),
        ({"depth": 50, "stages": [1, 1]}, "its stages make 8"),
        ({"stages": []}, "at least 1"),
        ({"stages": [10**9]}, "at most 10000"),
        ({"stages": [True]}, "at least 1"),
        ({"order": "x", "depth": 18}, "order is 'x', expected one of full_preactivation"),
        ({"base_width": 0, "depth": 18}, "base_width is 0, expected whole numbers, at least 1"),
        ({"depth": 18, "zero_init": 1}, "zero_init is 1, expected true or false"),
        ({"depth": 18, "dropout": 1.0}, "dropout is 1.0, expected numbers, at least 0 and less than 1"),
        ({"depth": 18, "epsilon": float("nan")}, "epsilon is nan"),
        ({"depth": 18, "alpha_min": True}, "alpha_min is True"),
        ({"depth": 18, "base_width": 8.0}, "base_width is 8.0, expected whole numbers"),
        ({"depth": 18, "order": ["original"]}, "order is "),
    ],
)
def test_values_that_describe_no_network_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Architecture.from_json(values)


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(TypeError, match="'wings' is not a part"):
        Architecture.from_json({"stages": [1], "wings": 2})


@pytest.mark.parametrize(("depth", "block"), [(38, "bottleneck"), (26, "basic")])
def test_other_stages_are_of_the_units_that_make_the_depth(depth: int, block: str) -> None:
    architecture = Architecture.of_depth(depth, stages=(3, 3, 3, 3))
    assert (architecture.block, architecture.stages, architecture.depth) == (block, (3, 3, 3, 3), depth)


@pytest.mark.parametrize(("depth", "block"), [(50, None), (38, "basic")])
def test_stages_that_do_not_make_the_depth_are_refused(depth: int, block: str | None) -> None:
    with pytest.raises(ValueError, match=r"stages \[3, 3, 3, 3\] make 26 of basic units, 38 of bottleneck units"):
        Architecture.of_depth(depth, stages=(3, 3, 3, 3), block=block)  # type: ignore[arg-type]
