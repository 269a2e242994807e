"""The networks are He et al. 2016b's: equal to timm's with the same weights, transparent along the identity path."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import xray_resnet.torch_compat  # noqa: F401  timm imports torchvision
from xray_resnet.errors import UserError
from xray_resnet.models import DEPTHS, PreActResNet, build_model, from_timm, load_pretrained
from xray_resnet.models.blocks import BasicBlock, Bottleneck

timm = pytest.importorskip("timm")


def randomised(model: nn.Module, seed: int = 0) -> nn.Module:
    """Every weight and statistic away from its start, as after training."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2.0, generator=generator)
            elif tensor.ndim >= 2:
                tensor.normal_(0.0, tensor[0].numel() ** -0.5, generator=generator)
            elif tensor.is_floating_point():
                tensor.add_(torch.randn(tensor.shape, generator=generator) * 0.1)
    return model.eval()


def images(size: tuple[int, int], batch: int = 2, channels: int = 1) -> torch.Tensor:
    return torch.randn(batch, channels, *size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("depth", "size"), [(18, (96, 96)), (34, (65, 97)), (50, (224, 224)), (101, (64, 64))])
def test_logits_equal_timms_with_the_same_weights(depth: int, size: tuple[int, int]) -> None:
    reference = randomised(timm.create_model(f"resnetv2_{depth}", in_chans=1, num_classes=14))
    model = build_model(depth, num_findings=14).eval()
    model.load_state_dict(from_timm(reference.state_dict()))
    with torch.inference_mode():
        difference = (model(images(size)) - reference(images(size))).abs().max().item()
    print(f"resnetv2_{depth} at {size}: largest difference of a logit {difference:.2e}")
    assert difference < 1e-4


@pytest.mark.parametrize("depth", DEPTHS)
def test_every_depth_has_as_many_parameters_as_timms(depth: int) -> None:
    with torch.device("meta"):
        reference = timm.create_model(f"resnetv2_{depth}", in_chans=1, num_classes=14)
    ours = sum(p.numel() for p in build_model(depth, num_findings=14).parameters())
    assert ours == sum(p.numel() for p in reference.parameters())


def test_a_unit_whose_branch_is_zero_is_the_identity() -> None:
    block = BasicBlock(8, 8, stride=1)
    nn.init.zeros_(block.last_convolution.weight)
    x = images((5, 7), channels=8)
    torch.testing.assert_close(block(x), x, rtol=0, atol=0)


def test_the_gradient_reaches_a_shallow_unit_undiminished_through_identities() -> None:
    units = nn.Sequential(*(Bottleneck(16, 4, stride=1) for _ in range(20)))
    for unit in units:
        nn.init.zeros_(unit.last_convolution.weight)
    x = images((4, 4), channels=16).requires_grad_()
    units(x).sum().backward()
    torch.testing.assert_close(x.grad, torch.ones_like(x))


def test_the_shortcut_projects_the_pre_activated_input_only_where_the_shape_changes() -> None:
    model = build_model(50)
    projected = [[unit.projection is not None for unit in stage] for stage in model.stages]
    assert projected == [[True] + [False] * (count - 1) for count in DEPTHS[50].blocks]
    assert build_model(18).stages[0][0].projection is None


@pytest.mark.parametrize("depth", DEPTHS)
def test_stages_have_the_units_of_the_paper(depth: int) -> None:
    assert tuple(len(stage) for stage in build_model(depth, base_width=2).stages) == DEPTHS[depth].blocks


@pytest.mark.parametrize("stem", ["imagenet", "small"])
def test_every_parameter_gets_a_gradient(stem: str) -> None:
    model = randomised(build_model(18, num_findings=3, stem=stem, base_width=4)).train()
    model(images((32, 32))).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_each_logit_is_the_mean_of_its_map_plus_the_bias() -> None:
    model = randomised(build_model(18, num_findings=3, base_width=8))
    assert isinstance(model, PreActResNet)
    logits, maps = model.forward_with_maps(images((96, 64)))
    assert maps.shape == (2, 3, 3, 2)
    torch.testing.assert_close(maps.mean(dim=(2, 3)) + model.head.bias, logits)
    torch.testing.assert_close(model(images((96, 64))), logits)


def test_fresh_weights_follow_the_random_state() -> None:
    def weights(seed: int) -> torch.Tensor:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return build_model(18, base_width=4).stem[0].weight

    torch.testing.assert_close(weights(1), weights(1), rtol=0, atol=0)
    assert not torch.equal(weights(1), weights(2))


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_colour_weights_answer_a_grey_image_as_they_answer_it_in_colour(tmp_path: Path, suffix: str) -> None:
    colour = randomised(timm.create_model("resnetv2_18", in_chans=3, num_classes=4))
    path = tmp_path / f"weights.{suffix}"
    (save_file if suffix == "safetensors" else lambda state, file: torch.save(dict(state), file))(
        colour.state_dict(), path
    )
    grey = build_model(18, num_findings=4).eval()
    load_pretrained(grey, path, keep_head=True)
    x = images((64, 64))
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
    with pytest.raises(ValueError, match="depth 51"):
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
