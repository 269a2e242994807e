"""Blending images in pairs."""

import math

import numpy as np
import pytest
import torch

from xray_resnet.data import CORRUPTED, Batch
from xray_resnet.training.robust import mix_pairs


def make_batch() -> Batch:
    """Image i is i everywhere, its target is i / 10; the corrupted view is 100 more."""
    values = torch.arange(8.0)
    images = values[:, None, None, None].expand(8, 1, 4, 4)
    return Batch(images, values[:, None] / 10, {"row": torch.arange(8)}, {CORRUPTED: images + 100})


def test_images_targets_and_views_are_blended_with_the_same_partner_and_share() -> None:
    batch = make_batch()
    mixed = mix_pairs(batch, 0.4, generator=np.random.default_rng(0))
    torch.testing.assert_close(mixed.targets, mixed.image[:, 0, 0, :1] / 10)
    torch.testing.assert_close(mixed.views[CORRUPTED], mixed.image + 100)
    assert not torch.equal(mixed.image, batch.image)
    assert mixed.image.mean().item() == pytest.approx(batch.image.mean().item(), rel=1e-5)


def test_the_share_is_drawn_from_a_beta_distribution() -> None:
    """Var Beta(α, α) = 1 / (4 (2α + 1)) (Zhang et al. 2018)."""
    alpha, batch = 0.4, Batch(torch.zeros(2, 1, 1, 1), torch.tensor([[0.0], [1.0]]), {})
    draws = np.random.default_rng(1)
    means = [mix_pairs(batch, alpha, generator=draws).targets[1].item() for _ in range(4000)]
    shares = np.array([mean for mean in means if mean != 1])
    assert shares.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


def test_a_blended_label_is_known_if_both_are() -> None:
    batch = make_batch()
    batch.targets[3] = math.nan
    mixed = mix_pairs(batch, 1.0, generator=np.random.default_rng(2))
    partners = np.random.default_rng(2)
    partners.beta(1.0, 1.0)
    other = partners.permutation(8)
    expected = [row == 3 or other[row] == 3 for row in range(8)]
    assert torch.isnan(mixed.targets[:, 0]).tolist() == expected
    assert torch.isfinite(mixed.image).all()


def test_the_same_generator_blends_the_same() -> None:
    first, second = (mix_pairs(make_batch(), 0.2, generator=np.random.default_rng(5)) for _ in range(2))
    assert torch.equal(first.image, second.image)
