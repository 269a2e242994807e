"""Estimators of the experiments that train: closed forms, planted effects and nulls."""

import numpy as np
import pytest
import torch

from tests.lab.networks import build, draw_images, linearise
from xray_resnet.lab import noise
from xray_resnet.lab.decay import measure_rank, probe, read_features, read_stages
from xray_resnet.lab.degradation import compare_rises
from xray_resnet.lab.gates import count_parameters, find_cut, read_gates
from xray_resnet.lab.identity import BEST, list_variants, measure_leads
from xray_resnet.lab.lesion import measure_shares
from xray_resnet.lab.noise import add_noise, measure_gain
from xray_resnet.lab.noise_ladder import measure_losses
from xray_resnet.lab.scores import unless_ignorant
from xray_resnet.lab.surgery import deleting, keeps_shape, list_units, routing
from xray_resnet.metrics import Estimate, auroc


def test_the_effective_rank_of_equal_directions_is_their_number() -> None:
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((40, 40)))[0]
    centred = basis - basis.mean(axis=0)
    values = np.linalg.svd(centred, compute_uv=False)
    assert measure_rank(np.concatenate([np.eye(3), -np.eye(3)])) == pytest.approx(3, rel=1e-9)
    assert measure_rank(basis) == pytest.approx(np.exp(-np.sum(values / values.sum() * np.log(values / values.sum()))))


def test_the_effective_rank_of_one_direction_is_one() -> None:
    line = np.outer(np.linspace(-1, 1, 9), np.ones(5))
    assert measure_rank(line) == pytest.approx(1, abs=1e-6)


def test_features_are_those_before_the_head() -> None:
    model, images = build(), draw_images()
    with torch.no_grad():
        expected = model(images).numpy()
        found = model.head(torch.from_numpy(read_features(model, images))).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_gates_are_read_as_the_unit_uses_them() -> None:
    model = build(gate="scalar")
    for value, unit in zip((0.3, -0.2, 1.5, 0.0), list_units(model), strict=True):
        torch.nn.init.constant_(unit.merge.steps[0].k, value)
    assert read_gates(model) == pytest.approx([0.3, 0.0, 1.5, 0.0])


def test_a_closed_gate_can_be_cut_for_nothing() -> None:
    model, images = build(gate="scalar"), draw_images()
    unit = list_units(model)[1]
    torch.nn.init.constant_(unit.merge.steps[0].k, 0.0)
    with torch.no_grad():
        whole = model(images)
        with deleting([unit]):
            assert torch.equal(model(images), whole)
    assert count_parameters(unit) == sum(parameter.numel() for parameter in unit.parameters())


def test_the_cut_ends_before_the_first_loss_above_the_margin() -> None:
    assert find_cut([0, 0.3, 0.6, 1], [0.9, 0.895, 0.88, 0.9]) == 0.3
    assert find_cut([0, 0.5, 1], [0.9, 0.7, 0.5]) == 0
    assert find_cut([0, 0.5, 1], [0.9, 0.9, 0.9]) == 1


def test_plain_losses_that_rise_more_are_found() -> None:
    losses = np.array([[[0.5, 0.5], [0.7, 0.45]], [[0.4, 0.5], [0.4, 0.5]]])
    np.testing.assert_allclose(compare_rises(losses), [0.25, 0.0])


def test_the_lead_is_over_the_mean_of_the_others_at_each_depth() -> None:
    aurocs = {BEST: np.array([[0.8, 0.9]]), "one": np.array([[0.7, 0.7]]), "other": np.array([[0.9, 0.5]])}
    np.testing.assert_allclose(measure_leads(aurocs), [[0.0, 0.3]])


def test_a_probe_finds_what_is_linear_in_the_features_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((400, 6)).astype(np.float32)
    planted = (features[:, 2] > 0).astype(np.float32)
    unrelated = rng.integers(2, size=400).astype(np.float32)
    unknown, constant = np.full(400, np.nan, np.float32), np.ones(400, np.float32)
    targets = np.stack([planted, unrelated, unknown, constant], axis=1)
    targets[:50, 0] = np.nan
    scores = probe(features[:200], targets[:200], features[200:])
    assert auroc(planted[200:], scores[:, 0]) > 0.98  # type: ignore[operator]
    assert abs(auroc(unrelated[200:], scores[:, 1]) - 0.5) < 0.12  # type: ignore[operator]
    assert not scores[:, 2:].any()


def test_features_behind_the_last_stage_are_those_that_the_network_ends_with() -> None:
    model, images = build(order="original"), draw_images()
    stages = read_stages(model, images)
    assert [some.shape[1] for some in stages] == [4, 8]
    np.testing.assert_allclose(stages[-1], read_features(model, images), rtol=1e-5)


def test_deleting_silent_units_costs_nothing() -> None:
    model, images = build(), draw_images(64)
    for unit in list_units(model):
        torch.nn.init.zeros_(unit.branch[-1].weight)
    with torch.no_grad():
        labels = (model(images) > model(images).median(dim=0).values).float().numpy()
    assert measure_shares(model, images, labels) == [0.0] * sum(map(keeps_shape, list_units(model)))
    assert measure_shares(model, images, 1 - labels) == []  # it is worse than chance, and knows nothing


def test_every_variant_is_a_network_and_the_best_is_among_them() -> None:
    variants = list_variants()
    assert BEST in variants
    assert len(variants) == 5 + 7 - 1
    for parts in variants.values():
        build(**parts)


def test_noise_has_the_share_that_is_asked_for() -> None:
    signal = draw_images(4)
    added = add_noise(signal, 0.25, generator=torch.Generator().manual_seed(0)) - signal
    shares = added.flatten(1).norm(dim=1) / signal.flatten(1).norm(dim=1)
    torch.testing.assert_close(shares, torch.full((4,), 0.25), rtol=1e-5, atol=0)


def test_in_a_linear_network_the_gain_does_not_depend_on_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    model, images = build(), draw_images(8).double()
    linearise(model.double())
    before = measure_gain(model, images, None, seed=0)
    monkeypatch.setattr(noise, "SHARE", 7 * noise.SHARE)
    assert measure_gain(model, images, None, seed=0) == pytest.approx(before, rel=1e-6)


def test_the_gain_does_not_depend_on_the_scale_of_the_logits() -> None:
    model, images = build(), draw_images(8)
    before = measure_gain(model, images, 1, seed=0)
    with torch.no_grad():
        model.head.weight *= 3
        model.head.bias += 5
    assert measure_gain(model, images, 1, seed=0) == pytest.approx(before, rel=1e-4)


def test_a_closed_way_gives_a_branch_no_gradient() -> None:
    model, images = build(), draw_images()
    closed, opened = list_units(model)[:2]
    with routing({closed: "shortcut"}):
        model(images).sum().backward()
    assert all(parameter.grad is None for parameter in closed.parameters())
    assert all(parameter.grad is not None for parameter in opened.parameters())


def test_nothing_is_told_by_networks_that_have_learned_too_little() -> None:
    told = Estimate(0.3, 0.2, 0.4)
    assert unless_ignorant(told, [0.7, 0.6]) == told
    silent = unless_ignorant(told, [0.5, 0.6])
    assert (silent.value, silent.low) == (0.3, None)
    assert silent.why_null == "interval: macro AUROC 0.550, the networks have learned too little"


def test_what_noise_costs_is_the_auroc_of_the_clean_images_less_that_of_each_rung() -> None:
    labels = np.array([[1], [1], [0], [0]], np.float32)
    right, half, wrong = (
        np.array(scores, np.float32)[:, None] for scores in ([3, 2, 1, 0], [3, 0, 1, 2], [0, 1, 2, 3])
    )
    assert measure_losses(labels, [right, right, half, wrong]) == pytest.approx([0.0, 0.5, 1.0])
