"""The networks are He et al. 2016b's: equal to timm's with the same weights, transparent along the identity path."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import xray_resnet.torch_compat  # noqa: F401  timm imports torchvision
from tests.models.randomise import draw_images, make_unit, randomise
from xray_resnet.errors import UserError
from xray_resnet.models import DEPTHS, Architecture, PreActResNet, build_model, from_timm, load_pretrained
from xray_resnet.models.orders import ORDERS
from xray_resnet.models.parts import Place
from xray_resnet.models.shortcuts import Identity
from xray_resnet.models.units import build_unit

timm = pytest.importorskip("timm")


@pytest.mark.parametrize(("depth", "size"), [(18, (96, 96)), (34, (65, 97)), (50, (224, 224)), (101, (64, 64))])
def test_logits_equal_timms_with_the_same_weights(depth: int, size: tuple[int, int]) -> None:
    reference = randomise(timm.create_model(f"resnetv2_{depth}", in_chans=1, num_classes=14))
    model = build_model(depth, num_findings=14).eval()
    model.load_state_dict(from_timm(reference.state_dict()))
    with torch.inference_mode():
        difference = (model(draw_images(size)) - reference(draw_images(size))).abs().max().item()
    print(f"resnetv2_{depth} at {size}: largest difference of a logit {difference:.2e}")
    assert difference < 1e-4


@pytest.mark.parametrize("depth", [depth for depth in DEPTHS if depth < 200])
def test_every_depth_of_timms_has_as_many_parameters_as_timms(depth: int) -> None:
    with torch.device("meta"):
        reference = timm.create_model(f"resnetv2_{depth}", in_chans=1, num_classes=14)
    ours = sum(p.numel() for p in build_model(depth, num_findings=14).parameters())
    assert ours == sum(p.numel() for p in reference.parameters())


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("block", "width"), [("basic", 8), ("bottleneck", 2)])
def test_a_unit_whose_branch_is_zero_is_its_shortcut(order: str, block: str, width: int) -> None:
    """What follows the sum stays: nothing, a ReLU, or BN–ReLU with fresh statistics, which pass what is positive."""
    unit = make_unit(8, width, block=block, order=order)
    unit.zero_branch()
    x = draw_images((5, 7), channels=8).abs()
    torch.testing.assert_close(unit(x), unit.merge.after(x), rtol=0, atol=0)


def test_in_pre_activation_nothing_follows_the_sum() -> None:
    unit = make_unit()
    unit.zero_branch()
    x = draw_images((5, 7), channels=8)
    torch.testing.assert_close(unit(x), x, rtol=0, atol=0)


def test_the_gradient_reaches_a_shallow_unit_undiminished_through_identities() -> None:
    units = nn.Sequential(*(make_unit(16, 4, block="bottleneck") for _ in range(20)))
    for unit in units:
        unit.zero_branch()
    x = draw_images((4, 4), channels=16).requires_grad_()
    units(x).sum().backward()
    torch.testing.assert_close(x.grad, torch.ones_like(x))


def test_the_shortcut_projects_the_pre_activated_input_only_where_the_shape_changes() -> None:
    model = build_model(50)
    projected = [[not isinstance(unit.projection, Identity) for unit in stage] for stage in model.stages]
    assert projected == [[True] + [False] * (count - 1) for count in DEPTHS[50].stages]
    assert isinstance(build_model(18).stages[0][0].projection, Identity)


@pytest.mark.parametrize("depth", DEPTHS)
def test_stages_have_the_units_of_the_paper(depth: int) -> None:
    assert tuple(len(stage) for stage in build_model(depth, base_width=2).stages) == DEPTHS[depth].stages


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape_change", ["projection", "padding"])
def test_every_parameter_gets_a_gradient(order: str, shape_change: str) -> None:
    model = build_model(18, num_findings=3, stem="small", base_width=4, order=order, shape_change=shape_change)
    randomise(model).train()
    model(draw_images((32, 32))).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.parametrize("order", ORDERS)
def test_each_logit_is_the_mean_of_its_map_plus_the_bias(order: str) -> None:
    model = randomise(build_model(18, num_findings=3, base_width=8, order=order))
    assert isinstance(model, PreActResNet)
    logits, maps = model.forward_with_maps(draw_images((96, 64)))
    assert maps.shape == (2, 3, 3, 2)
    torch.testing.assert_close(maps.mean(dim=(2, 3)) + model.head.bias, logits)
    torch.testing.assert_close(model(draw_images((96, 64))), logits)


def from_timms_resnet(state: dict[str, torch.Tensor], last: int) -> dict[str, torch.Tensor]:
    """timm's original ResNet under our names; the last BN of a unit stands alone."""
    rules = [
        (r"^conv1\.", "stem.0."),
        (r"^bn1\.", "stem.1.0."),
        (r"^layer(\d)\.(\d+)\.", lambda found: f"stages.{int(found[1]) - 1}.{found[2]}."),
        (rf"\.bn{last}\.", f".activation{last}."),
        (r"\.bn(\d)\.", r".activation\1.0."),
        (r"\.downsample\.", ".projection."),
        (r"^fc\.", "head."),
    ]
    renamed = {}
    for name, tensor in state.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor
    return renamed


@pytest.mark.parametrize(("depth", "last"), [(18, 2), (50, 3)])
def test_the_original_order_equals_timms_original_resnet(depth: int, last: int) -> None:
    reference = randomise(timm.create_model(f"resnet{depth}", in_chans=1, num_classes=5))
    model = build_model(depth, num_findings=5, order="original").eval()
    model.load_state_dict(from_timms_resnet(reference.state_dict(), last))
    with torch.inference_mode():
        torch.testing.assert_close(model(draw_images((96, 96))), reference(draw_images((96, 96))), rtol=1e-4, atol=1e-4)


def fresh(order: str) -> PreActResNet:
    return build_model(Architecture("basic", (1, 1), order=order, stem="small", base_width=4), num_findings=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "names", "after"),
    [
        ("full_preactivation", ["BR", "C", "BR", "C"], "Identity"),
        ("original", ["C", "BR", "C", "B"], "ReLU"),
        ("bn_after_addition", ["C", "BR", "C"], "Activation"),
        ("relu_before_addition", ["C", "BR", "C", "BR"], "Identity"),
        ("relu_only_preactivation", ["R", "C", "BR", "C", "B"], "Identity"),
    ],
)
def test_the_layers_stand_as_in_the_papers_figure(order: str, names: list[str], after: str) -> None:
    """He et al. 2016b, figure 4: e, a, b, c, d."""
    letters = {"Activation": "BR", "Conv2d": "C", "BatchNorm2d": "B", "ReLU": "R"}
    unit = fresh(order).stages[0][0]
    assert [letters[type(layer).__name__] for layer in unit.branch] == names
    assert type(unit.merge.after).__name__ == after


def test_padding_takes_every_other_pixel_and_appends_zeros() -> None:
    """He et al. 2016a, option A."""
    unit = build_unit(Architecture("basic", shape_change="padding"), 3, 5, stride=2, place=Place(1, 1))
    unit.zero_branch()
    x = draw_images((4, 6), channels=3)
    expected = torch.cat([x[:, :, ::2, ::2], torch.zeros(2, 2, 2, 3)], dim=1)
    torch.testing.assert_close(unit(x), expected, rtol=0, atol=0)


@pytest.mark.parametrize("stages", [(1,), (2, 1, 1), (1, 1, 1, 1, 1)])
def test_stages_are_any_number(stages: tuple[int, ...]) -> None:
    model = build_model(Architecture("basic", stages, stem="small", base_width=4), num_findings=2).eval()
    features = model.forward_features(draw_images((32, 32)))
    assert features.shape == (2, 4 * 2 ** (len(stages) - 1), *[32 // 2 ** (len(stages) - 1)] * 2)
    places = [unit.place for stage in model.stages for unit in stage]
    assert places == [Place(number, sum(stages)) for number in range(1, sum(stages) + 1)]


def test_every_branch_starts_at_zero() -> None:
    """Goyal et al. 2017, section 5.1: a fresh unit without projection is the identity."""
    model = build_model(Architecture("basic", (3,), stem="small", base_width=4), num_findings=1).eval()
    x = draw_images((8, 8))
    torch.testing.assert_close(model.stages(model.stem(x)), model.stem(x), rtol=0, atol=0)


def test_convolutions_are_drawn_by_fan_out() -> None:
    """He et al. 2015: the variance of a weight is 2 over kernel² times the channels that go out."""
    model = build_model(Architecture("basic", (1, 1), base_width=64), num_findings=1)
    for weight, outgoing in ((model.stem[0].weight, 49 * 64), (model.stages[1][0].conv1.weight, 9 * 128)):
        assert weight.var().item() == pytest.approx(2 / outgoing, rel=0.1)


@pytest.mark.parametrize(("stem", "share"), [("imagenet", 4), ("small", 1)])
def test_the_stem_keeps_the_share_of_the_size_that_the_paper_says(stem: str, share: int) -> None:
    """He et al. 2016a, table 1 and section 4.2."""
    model = build_model(Architecture("basic", (1,), stem=stem, base_width=4), num_findings=1)  # type: ignore[arg-type]
    assert model.stem(draw_images((32, 64))).shape[2:] == (32 // share, 64 // share)


def test_fresh_weights_follow_the_random_state() -> None:
    def weights(seed: int) -> torch.Tensor:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return build_model(18, base_width=4).stem[0].weight

    torch.testing.assert_close(weights(1), weights(1), rtol=0, atol=0)
    assert not torch.equal(weights(1), weights(2))


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_colour_weights_answer_a_grey_image_as_they_answer_it_in_colour(tmp_path: Path, suffix: str) -> None:
    colour = randomise(timm.create_model("resnetv2_18", in_chans=3, num_classes=4))
    path = tmp_path / f"weights.{suffix}"
    (save_file if suffix == "safetensors" else lambda state, file: torch.save(dict(state), file))(
        colour.state_dict(), path
    )
    grey = build_model(18, num_findings=4).eval()
    load_pretrained(grey, path, keep_head=True)
    x = draw_images((64, 64))
    with torch.inference_mode():
        torch.testing.assert_close(grey(x), colour(x.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-4)


def test_weights_of_another_depth_are_refused_whole(tmp_path: Path) -> None:
    save_file(timm.create_model("resnetv2_34", in_chans=1).state_dict(), tmp_path / "weights.safetensors")
    model = build_model(18)
    before = model.stem[0].weight.clone()
    with pytest.raises(UserError, match="weights do not fit the network"):
        load_pretrained(model, tmp_path / "weights.safetensors")
    torch.testing.assert_close(model.stem[0].weight, before, rtol=0, atol=0)


def test_a_depth_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="depth is 51"):
        build_model(51)


@pytest.mark.parametrize("name", ["none.safetensors", "torn.safetensors", "torn.pth", "pickled.pth", "list.pth"])
def test_a_file_without_weights_is_one_sentence_and_runs_no_code(tmp_path: Path, name: str) -> None:
    (tmp_path / "torn.safetensors").write_bytes(b"torn")
    (tmp_path / "torn.pth").write_bytes(b"torn")
    torch.save({"norm.weight": print}, tmp_path / "pickled.pth")
    torch.save([1], tmp_path / "list.pth")
    with pytest.raises(UserError, match=r"without unpickling|something else than named weights"):
        load_pretrained(build_model(18, base_width=4), tmp_path / name)


def test_weights_that_are_only_a_part_are_refused(tmp_path: Path) -> None:
    torch.save({"norm.weight": torch.ones(3)}, tmp_path / "part.pth")
    with pytest.raises(UserError, match=r"expected .* got none"):
        load_pretrained(build_model(18, base_width=4), tmp_path / "part.pth")


def test_the_head_is_computed_in_fp32_under_autocast() -> None:
    """Under autocast the features have bf16's eight significant bits; logits of many images must not share them."""
    torch.manual_seed(0)
    model = build_model(Architecture(block="basic", stages=(1,), stem="small", base_width=8), num_findings=1).eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        features = model.forward_features(torch.rand(64, 1, 8, 8))
        logits, maps = model.forward_head(features), model.forward_with_maps(torch.rand(2, 1, 8, 8))[1]
    assert features.dtype == torch.bfloat16
    assert logits.dtype == maps.dtype == torch.float32
    expected = features.float().mean(dim=(2, 3)) @ model.head.weight.T + model.head.bias
    torch.testing.assert_close(logits, expected)
    assert len(logits.unique()) == 64
