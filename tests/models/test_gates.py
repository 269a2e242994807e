"""Each gate does what its paper says; units that are silent can go."""

import pytest
import torch
from torch import nn

from tests.models.randomise import draw_images, make_unit, randomise, run_branch
from xray_resnet.models import Architecture, PreActResNet, build_model
from xray_resnet.models.gates import StochasticDepth, StrictIdentity
from xray_resnet.models.parts import Place
from xray_resnet.models.pruning import find_silent_units, remove_units
from xray_resnet.training.steps.optimiser import group_parameters

X = draw_images((5, 7), channels=8)
EPSILON = 2.0


def test_a_scalar_gate_of_one_is_no_gate() -> None:
    gated, bare = make_unit(gate="scalar"), make_unit()
    bare.load_state_dict(gated.state_dict(), strict=False)
    nn.init.ones_(gated.merge.steps[0].k)
    torch.testing.assert_close(gated(X), bare(X), rtol=0, atol=0)


@pytest.mark.parametrize("k", [0.0, -1.5])
def test_a_scalar_gate_of_zero_or_less_makes_the_unit_the_identity(k: float) -> None:
    """Savarese et al. 2016, section 2.2: g(k) = ReLU(k)."""
    unit = make_unit(gate="scalar")
    nn.init.constant_(unit.merge.steps[0].k, k)
    torch.testing.assert_close(unit(X), X, rtol=0, atol=0)


def test_a_scalar_gate_starts_at_one_and_weighs_the_branch() -> None:
    unit = make_unit(gate="scalar")
    assert build_model(20, stem="small", gate="scalar").stages[1][1].merge.steps[0].k.item() == 1
    nn.init.constant_(unit.merge.steps[0].k, 0.3)
    torch.testing.assert_close(unit(X), X + 0.3 * run_branch(unit, X))


def test_a_scalar_gate_has_no_weight_decay() -> None:
    """Savarese et al. 2016, table 3: with it their networks did worse."""
    model = build_model(20, stem="small", gate="scalar")
    (without,) = [group for group in group_parameters(model, 0.1) if group["weight_decay"] == 0]
    kept = {id(parameter) for parameter in without["params"]}
    assert all(id(unit.merge.steps[0].k) in kept for stage in model.stages for unit in stage)


def test_a_response_below_epsilon_is_exactly_nothing() -> None:
    """Yu et al. 2018: zero if every value is below ε in size, else the response itself."""
    branch = torch.zeros(3, 2, 4, 4)
    branch[0], branch[1, 0, 1, 1], branch[2, 1, 3, 3] = EPSILON - 1e-3, EPSILON, -EPSILON - 1
    passed, shortcut = StrictIdentity(EPSILON)(branch, branch, branch + 1)
    torch.testing.assert_close(passed[0], torch.zeros(2, 4, 4), rtol=0, atol=0)
    torch.testing.assert_close(passed[1:], branch[1:], rtol=0, atol=0)
    torch.testing.assert_close(shortcut, branch + 1, rtol=0, atol=0)


def test_strict_identity_does_not_look_at_the_neighbours_of_an_image() -> None:
    unit = make_unit(gate="strict_identity", epsilon=1.0)
    batch = torch.cat([X, 0 * X])
    torch.testing.assert_close(unit(batch)[2:], unit(0 * X), rtol=0, atol=0)


def test_a_strict_network_does_not_start_at_zero_where_it_would_stay() -> None:
    model = build_model(20, stem="small", gate="strict_identity")
    assert all(unit.conv2.weight.abs().sum() > 0 for stage in model.stages for unit in stage)


def network_with_silent_units(order: str = "full_preactivation") -> PreActResNet:
    """Units 2, 5 and 7 of 9 never reach ε, on these images; the fourth is silent too but changes the shape."""
    model = build_model(
        20, num_findings=3, stem="small", base_width=8, gate="strict_identity", epsilon=0.5, order=order
    )  # fmt: skip
    randomise(model)
    for unit in (unit for stage in model.stages for unit in stage):
        loudness = 1e-3 if unit.place.number in (2, 4, 5, 7) else 10
        for layer in (unit.branch[-1], *([unit.conv2] if order == "full_preactivation" else [])):
            if isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
                layer.weight.data *= loudness
    return model


@pytest.mark.parametrize("order", ["full_preactivation", "original", "relu_only_preactivation"])
def test_the_pruned_network_equals_the_unpruned_one(order: str) -> None:
    model = network_with_silent_units(order)
    images = draw_images((16, 16), batch=6)
    silent = find_silent_units(model, images.split(2))
    pruned = remove_units(model, silent)
    with torch.inference_mode():
        torch.testing.assert_close(pruned(images), model(images), rtol=0, atol=0)
    assert silent
    assert pruned.architecture.removed == silent
    assert pruned.architecture.depth == 20 - 2 * len(silent)


def test_only_units_that_no_image_needs_are_silent() -> None:
    model = network_with_silent_units()
    assert find_silent_units(model, [draw_images((16, 16), batch=6)]) == (2, 5)
    assert not model.stages[0][0].merge.steps[0]._forward_pre_hooks


def test_the_units_that_are_left_keep_their_names_and_places() -> None:
    pruned = remove_units(network_with_silent_units(), [2, 5])
    assert [*pruned.state_dict()] == [name for name in network_with_silent_units().state_dict()
                                      if not name.startswith(("stages.0.1.", "stages.1.1."))]  # fmt: skip
    assert [unit.place.number for stage in pruned.stages for unit in stage] == [1, 3, 4, 6, 7, 8, 9]


def test_units_are_removed_from_a_pruned_network_too() -> None:
    twice = remove_units(remove_units(network_with_silent_units(), [5]), [2])
    assert twice.architecture.removed == (2, 5)


@pytest.mark.parametrize("number", [4, 7, 10])
def test_a_unit_that_is_no_identity_is_not_removed(number: int) -> None:
    with pytest.raises(ValueError, match="distinct units that strict_identity lets be removed"):
        remove_units(network_with_silent_units(), [number])


def test_identities_decay_linearly_to_their_least() -> None:
    """arXiv 2404.10947: α = 1 − (1 − α_min) l / L."""
    for number, alpha in ((1, 0.9), (2, 0.8), (5, 0.5)):
        unit = make_unit(gate="decayed_identity", alpha_min=0.5, place=Place(number, 5))
        torch.testing.assert_close(unit(X), alpha * X + run_branch(unit, X))


def test_the_last_unit_of_a_network_has_the_least_identity() -> None:
    model = build_model(20, stem="small", gate="decayed_identity", alpha_min=0.6)
    alphas = [unit.merge.steps[0].alpha for stage in model.stages for unit in stage]
    assert alphas[-1] == pytest.approx(0.6)
    assert alphas == sorted(alphas, reverse=True)


def test_stochastic_depth_weighs_the_branch_by_its_survival_in_evaluation() -> None:
    """Huang et al. 2016, equations 4 and 5: p of unit l is 1 − l / L (1 − p of the last)."""
    for number, survival in ((1, 0.9), (5, 0.5)):
        unit = make_unit(stochastic_depth=0.5, place=Place(number, 5))
        torch.testing.assert_close(unit(X), X + survival * run_branch(unit, X))


def test_stochastic_depth_drops_whole_branches_of_some_images_in_training() -> None:
    gate = StochasticDepth(0.5, Place(4, 5)).train()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        passed, shortcut = gate(X, torch.ones(2000, 8, 1, 1), X)
    assert shortcut is X
    assert {tuple(image.unique().tolist()) for image in passed} == {(0.0,), (1.0,)}
    assert passed.mean().item() == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"shortcut": "none", "gate": "scalar"}, "gate must be none"),
        ({"shortcut": "none", "stochastic_depth": 0.2}, "stochastic_depth 0"),
        ({"gate": "strict_identity", "shortcut": "dropout"}, "shortcut must be identity, not dropout"),
        ({"gate": "strict_identity", "order": "bn_after_addition"}, "order must not be bn_after_addition"),
        ({"removed": (2,)}, "removed is"),
        ({"gate": "strict_identity", "removed": (2, 2)}, "distinct units"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(parts: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Architecture(**parts)  # type: ignore[arg-type]
