"""Facts in training: told of every view, hidden anew in every epoch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.datasets import make_dataset
from tests.models.randomise import randomise
from tests.training.robust.pairs import EVEN, STEADY, pair
from xray_resnet.data import CORRUPTED, KNOWN, Batch, LabelledImages
from xray_resnet.findings import resolve_targets
from xray_resnet.model_input import ModelInput
from xray_resnet.models import Architecture, build_model
from xray_resnet.store import open_dataset
from xray_resnet.store.facts import read_facts
from xray_resnet.training.losses import start_at_base_rates
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss
from xray_resnet.training.robust import mix_pairs
from xray_resnet.training.steps import Classifier


@pytest.mark.parametrize("has_teacher", [False, True])
def test_every_view_is_told_the_facts_of_its_image(monkeypatch: pytest.MonkeyPatch, has_teacher: bool) -> None:
    """Views that look the same have no divergence then, and the loss is that of logits with facts."""
    model = build_model(Architecture("basic", (1,), stem="small", base_width=8, facts=("sex",)), num_findings=2)
    randomise(model)
    classifier = Classifier(
        model,
        findings=("A", "B"),
        schedule=STEADY,
        loss=CrossEntropyLoss(EVEN),
        consistency_weight=1000.0,
        teacher=(lambda images: model(images)) if has_teacher else None,
    ).eval()
    monkeypatch.setattr(classifier, "log", lambda *_, **__: None)
    batch, known = pair(), torch.tensor([[1.0, 1.0], [-1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    told = Batch(batch.image, batch.targets, batch.facts | {KNOWN: known}, {CORRUPTED: batch.image})
    expected = torch.nn.functional.binary_cross_entropy_with_logits(model(batch.image, known), batch.targets)
    torch.testing.assert_close(classifier.training_step(told, 0), expected, rtol=1e-4, atol=1e-4)


def test_facts_are_blended_like_their_images() -> None:
    values = torch.arange(8.0)
    known = torch.stack([values, torch.ones(8)], dim=1)
    batch = Batch(values[:, None, None, None].expand(8, 1, 4, 4), values[:, None] / 10, {KNOWN: known})
    mixed = mix_pairs(batch, 0.4, generator=np.random.default_rng(0))
    torch.testing.assert_close(mixed.facts[KNOWN], torch.stack([mixed.image[:, 0, 0, 0], torch.ones(8)], dim=1))


def images_told(folder: Path, *, hide_facts: float) -> LabelledImages:
    dataset = open_dataset(make_dataset(folder / "data", count=40))
    rows = np.arange(40)
    return LabelledImages(
        dataset,
        rows,
        targets=resolve_targets(dataset.states),
        model_input=ModelInput(32, 0.3, 0.2),
        known=read_facts(dataset, rows, ("age", "sex")),
        hide_facts=hide_facts,
    )


def known_in(images: LabelledImages, *, epoch: int) -> torch.Tensor:
    return torch.stack([images[epoch, row].facts[KNOWN] for row in range(len(images))])


def test_facts_are_those_of_the_data_set(tmp_path: Path) -> None:
    known = known_in(images_told(tmp_path, hide_facts=0.0), epoch=0)
    dataset = open_dataset(tmp_path / "data")
    ages = torch.tensor([(age - 50) / 25 for age in dataset.column("age")])
    sexes = torch.tensor([1.0 if sex == "M" else -1.0 for sex in dataset.column("sex")])
    torch.testing.assert_close(known, torch.stack([ages, torch.ones(40), sexes, torch.ones(40)], dim=1))


def test_what_is_hidden_depends_on_epoch_and_image_alone(tmp_path: Path) -> None:
    images = images_told(tmp_path, hide_facts=0.5)
    first = known_in(images, epoch=0)
    torch.testing.assert_close(known_in(images, epoch=0), first, rtol=0, atol=0)
    assert not torch.equal(known_in(images, epoch=1), first)


def test_a_head_that_is_learned_in_part_starts_at_the_base_rates_for_the_rest() -> None:
    model = build_model(Architecture("basic", (1,), stem="small", base_width=8), num_findings=2)
    with torch.no_grad():
        model.head.bias[0] = 0.7
    start_at_base_rates(model, np.array([0.5, 0.2], np.float32))
    torch.testing.assert_close(model.head.bias.detach(), torch.tensor([0.7, np.log(0.2 / 0.8)], dtype=torch.float32))
