"""Which rules of residual networks a network breaks."""

from pathlib import Path
from typing import Any

import pytest

from tests.lab.networks import build
from xray_resnet.cli.lab import study
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.lab.checklist import Row, inspect, inspect_timm, tell
from xray_resnet.models import build_model


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
        ({"gate": "scalar"}, []),
        ({"gate": "strict_identity"}, []),
        ({"stochastic_depth": 0.5}, []),
    ],
)
def test_each_departure_is_named(parts: dict[str, Any], broken: list[str]) -> None:
    assert inspect(build(**parts))[1].broken == broken


def test_units_that_change_the_shape_are_told() -> None:
    assert [row.changes_shape for row in inspect(build(stages=(2, 2)))] == [False, False, True, False]


def test_timms_original_units_break_the_rules_of_preactivation() -> None:
    rows = inspect_timm("resnet18")
    assert len(rows) == 8
    assert all(row.broken == ["sum_is_last", "activates_first"] for row in rows)
    assert [row.unit for row in rows if row.changes_shape] == [3, 5, 7]


def test_timms_preactivation_units_follow_them_as_ours_do() -> None:
    ours = inspect(build_model(50, zero_init=False))
    assert [row.changes_shape for row in inspect_timm("resnetv2_50")] == [row.changes_shape for row in ours]
    assert not any(row.broken for row in inspect_timm("resnetv2_50"))


def test_a_name_that_timm_does_not_know_is_refused() -> None:
    with pytest.raises(UserError, match="--network is 'resnet5000', which timm does not know; near it are resnet"):
        inspect_timm("resnet5000")


def test_a_network_without_such_units_is_refused() -> None:
    with pytest.raises(UserError, match="--network is vgg11, which has no residual units"):
        inspect_timm("vgg11")


def test_the_command_prints_what_a_network_of_timm_breaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert study(["checklist", "--network", "resnet18", "--output", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("resnet18: In all 8 units something follows the sum (sum_is_last).")


@pytest.mark.parametrize(("units", "said"), [((2,), "1 of 3 units (2)"), ((1, 3), "2 of 3 units (1, 3)")])
def test_the_units_that_break_a_rule_are_numbered(units: tuple[int, ...], said: str) -> None:
    rows = [Row(unit, False, True, True, True, unit not in units, True) for unit in (1, 2, 3)]
    assert tell(rows) == f"In {said} something follows the sum (sum_is_last). The shape never changes."


def test_only_the_checklist_takes_a_network(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--network is for checklist alone, not for lesion"):
        study(["lesion", "--network", "resnet18", "--output", str(tmp_path)])
