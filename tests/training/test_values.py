"""What a run does with its settings, read from what it leaves and from what it learns from."""

import csv
import inspect
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.training.test_fit import make_config, make_data
from xray_resnet.config import AugmentConfig, Config, PolicyConfig, TrainConfig
from xray_resnet.data import Batch
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState, resolve_targets
from xray_resnet.models import build_model
from xray_resnet.runs import Run
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training.checkpoints import read_checkpoint
from xray_resnet.training.fit import train
from xray_resnet.training.from_config import build_policies, build_settings, build_task_of
from xray_resnet.training.loading import build_loaders
from xray_resnet.training.losses import LabelStatistics
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss
from xray_resnet.training.steps import Classifier
from xray_resnet.training.steps.optimiser import Schedule
from xray_resnet.training.task import Task

ENGINE = Engine("cpu", "fp32")
EPOCHS, BATCH, PEAK = 3, 16, 3e-3
TRIPLE = LabelStatistics(*(np.array([value], np.float32) for value in (0.5, 0.5, 3.0)))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("values")
    return make_config(make_data(folder / "data"), folder / "runs", weight_decay=0.02)


@pytest.fixture(scope="module")
def run(config: Config) -> Run:
    return Run(train(config, announce=lambda _: None))


@pytest.fixture
def task(config: Config) -> Task:
    return build_task_of(config, open_dataset(config.data.folder))


def test_the_rate_follows_its_cosine_step_by_step_to_the_last_epoch(run: Run) -> None:
    """Linear warm-up over a tenth of the steps, then half a cosine (Loshchilov and Hutter 2017)."""
    steps = 72 // BATCH
    total = steps * EPOCHS
    warmup = round(0.1 * total)
    expected = [
        PEAK * 0.5 * (1 + math.cos(math.pi * (steps * epoch - warmup) / (total - warmup)))
        for epoch in range(1, EPOCHS + 1)
    ]
    with run.metrics.open() as file:
        rates = [float(row["learning_rate"]) for row in csv.DictReader(file)]
    assert rates == pytest.approx(expected, abs=1e-12)


def test_matrices_decay_as_stated_and_nothing_else(run: Run) -> None:
    (optimiser,) = read_checkpoint(run.last_checkpoint)["optimizer_states"]
    assert [group["weight_decay"] for group in optimiser["param_groups"]] == [0.02, 0.0]


def test_the_default_decay_is_that_of_adamw() -> None:
    assert TrainConfig().weight_decay == inspect.signature(torch.optim.AdamW).parameters["weight_decay"].default


def test_a_run_weighs_positives_by_the_root_of_negatives_over_positives(run: Run, config: Config) -> None:
    dataset = open_dataset(config.data.folder)
    states = dataset.states[dataset.indices("train")]
    expected = np.sqrt((states == 0).sum(axis=0) / (states == 1).sum(axis=0))
    weights = read_checkpoint(run.last_checkpoint)["state_dict"]["loss.positive_weights"]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    assert not np.allclose(expected, 1)


def tiny_classifier(monkeypatch: pytest.MonkeyPatch, **options: Any) -> Classifier:
    """A network of one finding that says 0 of every image."""
    model = build_model(18, base_width=8, num_findings=1)
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    options = {"loss": CrossEntropyLoss(TRIPLE)} | options
    classifier = Classifier(model, findings=("Effusion",), schedule=Schedule(1e-3, 0, 0, 1), **options)
    monkeypatch.setattr(classifier, "log", lambda *_, **__: None)
    return classifier


def test_the_training_loss_uses_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """With weight 3 a logit of 0 is one of ln 3 to the loss: 3 ln(4/3) for a positive, ln 4 for a negative label."""
    batch = Batch(torch.rand(2, 1, 32, 32), torch.tensor([[1.0], [0.0]]), {})
    loss = tiny_classifier(monkeypatch).training_step(batch, 0)
    assert loss.item() == pytest.approx((3 * math.log(4 / 3) + math.log(4)) / 2, rel=1e-5)


def test_a_gradient_that_is_too_long_is_shortened_and_a_short_one_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, expected in ((1.0, 1.0), (10.0, 5.0), (0.0, 5.0)):
        classifier = tiny_classifier(monkeypatch, clip_norm=limit)
        classifier.model.head.bias.grad = torch.tensor([5.0])
        classifier.configure_gradient_clipping(torch.optim.SGD(classifier.parameters()))
        assert classifier.model.head.bias.grad.item() == pytest.approx(expected, rel=1e-5)


def test_a_run_clips_at_a_norm_of_1_and_averages_without_limit_by_default() -> None:
    settings = build_settings(Config(), ENGINE)
    assert (settings.clip_norm, settings.ema_decay, settings.loss) == (1.0, "auto", "bce")


def test_training_images_are_augmented_and_validation_images_are_not(config: Config, task: Task) -> None:
    always = Config(**vars(config) | {"augment": AugmentConfig(1, 1, 1, 1, 1)})
    for loader, split, augmented in zip(
        build_loaders(task, build_settings(always, ENGINE)), ("train", "val"), (True, False), strict=True
    ):
        plain = task.model_input(task.dataset.pixels(int(task.rows[split][0])))
        assert np.array_equal(loader.dataset[(0, 0)][0][0], plain) != augmented


def test_training_images_come_in_another_order_each_epoch_and_validation_images_in_their_own(
    config: Config, task: Task
) -> None:
    train, val = build_loaders(task, build_settings(config, ENGINE))
    orders: dict[str, list[Any]] = {"train": [], "val": []}
    for epoch in (0, 1):
        train.set_epoch(epoch)
        for split, loader in (("train", train), ("val", val)):
            orders[split].append([position.item for position in loader.batch_sampler.sampler])  # type: ignore[union-attr]
    in_order = {split: [*range(len(task.rows[split]))] for split in orders}
    assert orders["val"] == [in_order["val"]] * 2
    assert in_order["train"] not in orders["train"]
    assert orders["train"][0] != orders["train"][1]


@pytest.mark.parametrize(
    ("policy", "target"),
    [
        ("ignore", math.nan),
        ("zeros", 0.0),
        ("ones", 1.0),
        ("smooth", 0.5),
        ("smooth_zeros", (0.0 + 0.3) / 2),
        ("smooth_ones", (0.55 + 0.85) / 2),
    ],
)
def test_uncertain_labels_count_as_the_configuration_says(policy: Any, target: float) -> None:
    states = np.array([[LabelState.UNCERTAIN, LabelState.UNMENTIONED, LabelState.POSITIVE]], np.int8)
    uncertain = resolve_targets(states, build_policies(TrainConfig(uncertain=policy)))
    unmentioned = resolve_targets(states, build_policies(TrainConfig(unmentioned=policy)))
    np.testing.assert_allclose(uncertain, np.array([[target, 0, 1]], np.float32))
    np.testing.assert_allclose(unmentioned, np.array([[math.nan, target, 1]], np.float32))


def make_unclear_task(folder: Path, **options: Any) -> tuple[Task, NDArray[np.int8]]:
    """A task, and its states: every third label of the first finding is uncertain, of the second unmentioned."""
    data = make_data(folder, unclear=True)
    config = make_config(data, folder / "runs", **options)
    dataset = open_dataset(data)
    return build_task_of(config, dataset), dataset.states


def test_only_clear_labels_choose_the_epoch(tmp_path: Path) -> None:
    """Validation counts labels as evaluation does, whatever training makes of the unclear ones."""
    task, states = make_unclear_task(tmp_path, uncertain="ones", unmentioned="smooth")
    assert (states[task.rows["val"]] == LabelState.UNCERTAIN).any()
    np.testing.assert_array_equal(task.targets_of("val"), resolve_targets(states[task.rows["val"]]))
    unclear = states[task.rows["train"]]
    assert (task.targets_of("train")[unclear == LabelState.UNCERTAIN] == 1).all()
    assert (task.targets_of("train")[unclear == LabelState.UNMENTIONED] == 0.5).all()


def test_a_finding_may_have_policies_of_its_own(tmp_path: Path) -> None:
    policies = {"Effusion": PolicyConfig(unmentioned="ignore")}
    task, states = make_unclear_task(tmp_path, uncertain="zeros", policies=policies)
    unclear, targets = states[task.rows["train"]], task.targets_of("train")
    assert (targets[unclear == LabelState.UNCERTAIN] == 0).all()
    assert np.isnan(targets[:, 1][unclear[:, 1] == LabelState.UNMENTIONED]).all()


def test_a_policy_of_a_finding_that_is_not_trained_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train.policies names Hernia, the findings of the run are Cardiomegaly, Eff"):
        make_unclear_task(tmp_path, policies={"Hernia": PolicyConfig("ones")})
