"""Weights drawn anew from the head down: one part after another, and nothing below."""

import torch

from tests.models.randomise import randomise
from tests.models.variants import VARIANTS
from xray_resnet.explain.cascade import list_parts, randomise_from_head
from xray_resnet.models import PreActResNet, build_model


def make_network(name: str = "blurred") -> PreActResNet:
    network = randomise(build_model(VARIANTS[name], num_findings=2))
    assert isinstance(network, PreActResNet)
    return network


def changed(first: PreActResNet, second: PreActResNet) -> set[str]:
    """Names of the modules of which a value differs."""
    pairs = zip(first.state_dict().items(), second.state_dict().values(), strict=True)
    return {name for (name, before), after in pairs if not torch.equal(before, after)}


def test_each_step_changes_one_more_part_from_the_head_down() -> None:
    network = make_network()
    parts = list_parts(network)
    assert [title for title, _ in parts] == ["head", "last norm", "unit 2", "unit 1", "stem"]
    so_far: set[str] = set()
    for (title, name), (step, model) in zip(parts, randomise_from_head(network, seed=0), strict=True):
        assert step == title
        new = changed(network, model) - so_far
        assert new and all(key.startswith(f"{name}.") for key in new)
        so_far |= new


def test_no_branch_starts_at_zero_and_the_statistics_are_drawn_too() -> None:
    network = make_network()
    *_, (_, model) = randomise_from_head(network, seed=0)
    assert all(weight.abs().max() > 0 for name, weight in model.named_parameters() if "conv" in name)
    assert model.final[0].running_mean.abs().max() == 0 < network.final[0].running_mean.abs().max()  # type: ignore[operator, index, union-attr]


def test_the_seed_alone_decides_and_the_network_and_torchs_state_stay() -> None:
    network, state = make_network(), torch.get_rng_state()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    last = [[*randomise_from_head(network, seed=seed)][-1][1] for seed in (1, 1, 2)]
    assert not changed(last[0], last[1]) and changed(last[0], last[2])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def test_parts_without_weights_are_no_steps() -> None:
    assert [title for title, _ in list_parts(make_network("plain"))] == ["head", "unit 3", "unit 2", "unit 1", "stem"]
    assert [title for title, _ in list_parts(make_network("pruned"))] == [
        "head", "last norm", "unit 3", "unit 2", "stem",
    ]  # fmt: skip
