"""An architecture is plain values: kept in a bundle, read from old ones, refused if it describes no network."""

import json

import pytest

from xray_resnet.models import Architecture

CIFAR = Architecture("basic", (5, 5, 5), order="original", shortcut="padding", stem="small", base_width=16)
"""ResNet-32 as in He et al. 2016a, section 4.2."""


def test_the_depth_counts_the_layers_with_weights() -> None:
    assert (Architecture().depth, CIFAR.depth) == (50, 32)


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture(),
        Architecture("basic", (5, 5, 5), order="original", shortcut="padding", stem="small", base_width=16),
    ],
)
def test_an_architecture_is_kept_as_plain_values(architecture: Architecture) -> None:
    assert Architecture.from_json(json.loads(json.dumps(architecture.to_json()))) == architecture


def test_what_older_bundles_keep_is_read() -> None:
    old = {"depth": 18, "in_channels": 1, "stem": "small", "base_width": 8}
    assert Architecture.from_json(old) == Architecture("basic", (2, 2, 2, 2), stem="small", base_width=8)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"depth": 51}, "depth 51"),
        ({"depth": 50, "stages": [1, 1]}, "its stages make 8"),
        ({"stages": []}, "at least 1"),
        ({"stages": [10**9]}, "at most 10000"),
        ({"stages": [True]}, "at least 1"),
        ({"order": "x", "depth": 18}, "order is 'x', expected one of preactivation"),
        ({"base_width": 0, "depth": 18}, "at least 1"),
    ],
)
def test_values_that_describe_no_network_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Architecture.from_json(values)


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(TypeError, match="'wings' is not a part"):
        Architecture.from_json({"stages": [1], "wings": 2})
