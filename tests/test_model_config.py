"""The section `model` names every part of a network, says its paper, and refuses what does not fit together."""

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from xray_resnet import architecture
from xray_resnet.architecture import Architecture
from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import Config, ModelConfig
from xray_resnet.config_files import CommandParser, build_section, read_saved, resolve_config
from xray_resnet.errors import ConfigurationError
from xray_resnet.training.start import build_architecture


def read(*options: str) -> ModelConfig:
    parser = CommandParser("configure", purpose="", examples=())
    parser.add_class_arguments(ModelConfig)
    return build_section(ModelConfig, parser.instantiate(parser.read(options)))


def test_the_default_is_the_pre_activation_resnet_50() -> None:
    assert build_architecture(ModelConfig()) == Architecture()


def test_every_part_is_a_setting_with_the_same_default() -> None:
    settings = {item.name: item.default for item in fields(ModelConfig)}
    unlike = {item.name for item in fields(Architecture) if settings.get(item.name) != item.default}
    assert unlike == {"block", "stages", "base_width", "in_channels", "ones_channel", "removed"}


def test_settings_become_parts() -> None:
    config = read(
        "--depth=164", "--stem=small", "--order=original", "--shortcut=1x1_convolution", "--gate=decayed_identity",
        "--alpha_min=0.5", "--squeeze_excitation=true",
    )  # fmt: skip
    assert build_architecture(config) == Architecture(
        "bottleneck", (18, 18, 18), "original", "1x1_convolution", "small", 16, gate="decayed_identity", alpha_min=0.5,
        squeeze_excitation=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 51}, "depth is 51, expected one of .*; with the small stem also"),
        ({"depth": 20}, "depth is 20"),
        ({"base_width": 7}, "base_width is 7, expected at least 8"),
        ({"shortcut": "none", "gate": "scalar"}, "gate must be none"),
        ({"stochastic_depth": 1.0}, "stochastic_depth is 1.0, expected at least 0 and less than 1"),
    ],
)
def test_what_makes_no_network_is_refused_before_work(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        refuse_mistakes(ModelConfig(**options))  # type: ignore[arg-type]


def test_the_numbers_of_the_shortcuts_are_those_of_he() -> None:
    """He et al. 2016b, table 1: b_g of -6 was best, constant scaling of both trained at all, dropout 0.5."""
    model = ModelConfig()
    assert (model.gating_bias, model.scale_shortcut, model.scale_branch, model.dropout) == (-6, 0.5, 0.5, 0.5)


def test_the_numbers_of_the_gates_are_within_those_that_their_papers_train_with() -> None:
    """Yu et al. 2018 with 1.8 to 2.1 on ImageNet; Zhang et al. 2024 with 0.6 to 0.8."""
    assert 1.8 <= ModelConfig().epsilon <= 2.1
    assert 0.6 <= ModelConfig().alpha_min <= 0.8


@pytest.mark.parametrize("name", ["Order", "Shortcut", "Gate", "ShapeChange", "FirstActivation", "StrideOn"])
def test_help_lists_every_word_with_its_paper(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        read("--help")
    words = get_args(getattr(architecture, name))
    parts = capsys.readouterr().out.split("--")
    (text,) = [part for part in parts if "{" + ",".join(words) + "}" in part]
    said = " ".join(text.split("}", 1)[1].split())
    assert all(f"{word}" in said for word in words)
    assert " 201" in said or " 202" in said


def test_every_word_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[1] / "docs/networks.md").read_text()
    words = [word for name in ("Order", "Shortcut", "Gate", "Stem", "ShapeChange", "FirstActivation", "StrideOn")
             for word in get_args(getattr(architecture, name))]  # fmt: skip
    settings = [
        item.name for item in fields(Architecture) if item.name not in ("in_channels", "ones_channel", "removed")
    ]
    assert [word for word in words + settings if f"`{word}`" not in page] == []


@pytest.mark.parametrize("depth", [38, 50, 101])
def test_the_published_relatives_are_the_original_grey_networks_that_are_told_three_facts(depth: int) -> None:
    """Baltruschat et al. 2019, Sci Rep 9:6381."""
    path = resolve_config(f"baltruschat_resnet{depth}.yaml")
    architecture = build_architecture(read_saved(Config, path).model)
    assert (architecture.depth, architecture.block, architecture.order) == (depth, "bottleneck", "original")
    assert (architecture.in_channels, architecture.facts) == (1, ("age", "sex", "view_position"))
