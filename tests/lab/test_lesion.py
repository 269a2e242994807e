"""What deletions cost: a null, a planted effect, and networks that know nothing."""

import numpy as np
import pytest
import torch

from tests.lab.networks import build, draw_images
from xray_resnet.lab.lesion import draw_sets, estimate_share, list_deletable
from xray_resnet.lab.surgery import deleting, keeps_shape, list_units


def make_samples(aurocs: list[float], *, spread: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(aurocs)
    noise = np.random.default_rng(0).normal(0, spread, size=(1, 400))  # the patients are the same for all
    return values, values[:, None] + noise


def test_units_whose_branch_is_zero_cost_nothing() -> None:
    model, images = build(zero_init=True), draw_images()
    units = [unit for unit in list_units(model) if keeps_shape(unit)]
    with torch.no_grad():
        whole = model(images)
        with deleting(units):
            assert torch.equal(model(images), whole)


def test_a_planted_branch_is_the_one_that_costs() -> None:
    model, images = build(stages=(3, 3), zero_init=True), draw_images()
    torch.nn.init.normal_(list_units(model)[1].branch[-1].weight)
    with torch.no_grad():
        whole = model(images)
        changed = []
        for unit in list_units(model)[:3]:
            with deleting([unit]):
                changed.append(not torch.equal(model(images), whole))
    assert changed == [False, True, False]


def test_the_share_is_of_what_lies_above_chance() -> None:
    share = estimate_share(*make_samples([0.9, 0.8, 0.9], spread=0.0))
    assert share.value == pytest.approx((0.1 + 0.0) / 2 / 0.4)
    assert share.low == pytest.approx(share.value)


def test_nothing_is_said_of_a_network_that_may_be_guessing() -> None:
    share = estimate_share(*make_samples([0.51, 0.50]))
    assert share.value is None
    assert share.why_null == "the whole network, AUROC 0.510, is not known to beat chance"


def test_sets_have_their_sizes_and_no_unit_twice() -> None:
    sets = draw_sets(9, [1, 4], 3, generator=np.random.default_rng(0))
    assert [len(some) for some in sets] == [1, 1, 1, 4, 4, 4]
    assert all(len({*some}) == len(some) for some in sets)


def test_plain_units_that_change_the_shape_cannot_be_spared() -> None:
    plain = build(stages=(2, 2), shortcut="none", order="original")
    assert [unit.place.number for unit in list_deletable(plain)] == [1, 2, 4]
    assert len(list_deletable(build(stages=(2, 2)))) == 4
