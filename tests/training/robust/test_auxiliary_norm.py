"""Norms of their own for corrupted images."""

from typing import Any

import pytest
import torch

from tests.training.robust.pairs import build_classifier, pair, tiny_model
from xray_resnet.data import CORRUPTED
from xray_resnet.training.robust import AuxiliaryNorms, split_by_norm


def test_corrupted_images_leave_the_network_s_own_statistics_alone() -> None:
    model, clean = tiny_model().train(), torch.tensor([True, False, False, True])
    auxiliary, images = AuxiliaryNorms(model), pair().image
    alone = tiny_model().train()
    expected = alone(images[clean])
    torch.testing.assert_close(split_by_norm(model, auxiliary, images, clean)[clean], expected)
    torch.testing.assert_close(model.state_dict(), alone.state_dict())


def test_auxiliary_norms_keep_statistics_and_gradients_of_their_own() -> None:
    model = tiny_model().train()
    auxiliary = AuxiliaryNorms(model)
    before = {name: value.clone() for name, value in auxiliary.named_buffers()}
    auxiliary(model, pair().image).sum().backward()
    assert all(not torch.equal(value, before[name]) for name, value in auxiliary.named_buffers())
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert all(norm.weight.grad is None for norm in norms)
    assert all(parameter.grad is not None for parameter in auxiliary.parameters())
    assert model.head.weight.grad is not None


def test_auxiliary_norms_are_trained_and_not_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = build_classifier(monkeypatch, auxiliary_norm=True)
    grouped = {id(parameter) for group in classifier.configure_optimizers()["optimizer"].param_groups
               for parameter in group["params"]}  # fmt: skip
    assert classifier.auxiliary_norms is not None
    assert grouped >= {id(parameter) for parameter in classifier.auxiliary_norms.parameters()}
    assert set(classifier.model.state_dict()) == set(tiny_model().state_dict())


@pytest.mark.parametrize("views", [{}, {CORRUPTED: torch.rand(4, 1, 16, 16)}])
def test_a_step_with_auxiliary_norms_moves_both_sets(monkeypatch: pytest.MonkeyPatch, views: Any) -> None:
    classifier = build_classifier(monkeypatch, auxiliary_norm=True)
    clean = torch.tensor([True, True, False, False])
    classifier.training_step(pair()._replace(facts={"clean": clean}, views=views), 0).backward()
    assert classifier.auxiliary_norms is not None
    assert classifier.model.final[0].running_mean.abs().max() > 0
    assert all(parameter.grad is not None for parameter in classifier.auxiliary_norms.parameters())
