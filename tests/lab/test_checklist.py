"""Which rules of residual networks a network breaks."""

from typing import Any

import pytest

from tests.lab.networks import build
from xray_resnet.lab.checklist import inspect


def test_the_default_network_follows_every_rule() -> None:
    assert not any(row.broken for row in inspect(build()))


@pytest.mark.parametrize(
    ("parts", "broken"),
    [
        ({"order": "original"}, ["sum_is_last", "activates_first"]),
        ({"order": "bn_after_addition"}, ["sum_is_last", "activates_first"]),
        ({"order": "relu_before_addition"}, ["activates_first"]),
        ({"order": "relu_only_preactivation"}, ["activates_first"]),
        (
            {"shortcut": "none", "order": "original"},
            ["has_shortcut", "skip_is_identity", "sum_is_last", "activates_first"],
        ),
        ({"shortcut": "1x1_convolution"}, ["skip_is_identity"]),
        ({"shortcut": "constant_scaling"}, ["skip_is_clear"]),
        ({"gate": "decayed_identity"}, ["skip_is_clear"]),
    ],
)
def test_each_departure_is_named(parts: dict[str, Any], broken: list[str]) -> None:
    assert inspect(build(**parts))[1].broken == broken


def test_units_that_change_the_shape_are_told() -> None:
    assert [row.changes_shape for row in inspect(build(stages=(2, 2)))] == [False, False, True, False]
