"""The configuration unpacked into the plain values of a training."""

from dataclasses import asdict

from xray_resnet.config import Config, PolicyConfig, TrainConfig
from xray_resnet.data import build_augmentation
from xray_resnet.errors import ConfigurationError
from xray_resnet.findings import LabelState, Policy
from xray_resnet.store import Dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training.distributed import ALONE, Processes
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import Task, build_task


def build_task_of(config: Config, dataset: Dataset) -> Task:
    """The task that a configuration asks for.

    Raises:
        UserError: as `build_task`.
    """
    return build_task(
        dataset,
        image_size=config.model.image_size,
        findings=config.data.findings,
        facts=config.model.facts,
        policies=build_policies(config.train),
        policies_of={name: build_policies(config.train, policy) for name, policy in config.train.policies.items()},
    )


def build_policies(config: TrainConfig, own: PolicyConfig | None = None) -> dict[LabelState, Policy]:
    """What states without a clear answer count as in training: for all findings, or for one with words of its own."""
    own = own or PolicyConfig()
    return {
        LabelState.UNCERTAIN: own.uncertain or config.uncertain,
        LabelState.UNMENTIONED: own.unmentioned or config.unmentioned,
    }


def build_settings(config: Config, engine: Engine, processes: Processes = ALONE) -> TrainingSettings:
    """How a configuration trains, on an engine, in so many processes.

    Raises:
        ConfigurationError: if a batch cannot be divided among them.
    """
    train = config.train
    _refuse_uneven_shares(train, processes)
    return TrainingSettings(
        engine=engine,
        epochs=train.epochs,
        batch_size=train.batch_size,
        accumulate=train.accumulate,
        optimiser=train.optimiser,
        momentum=train.momentum,
        processes=processes,
        sharded=train.strategy == "fsdp",
        learning_rate=train.learning_rate,
        weight_decay=train.weight_decay,
        warmup=train.warmup,
        sampling=train.sampling,
        loss=train.loss,
        loss_numbers={} if train.loss == "bce" else asdict(getattr(train, train.loss)),
        positive_weighting=train.positive_weighting,
        ema_decay=train.ema_decay,
        clip_norm=train.clip_norm,
        patience=train.patience,
        mixup=train.mixup,
        soup_epochs=train.soup_epochs,
        augmentation=build_augmentation(config.augment),
        robust=train.robust,
        consistency_weight=train.consistency_weight,
        teacher=train.teacher,
        auxiliary_norm=train.auxiliary_norm,
        hide_facts=config.augment.hide_facts,
        first_sizes=tuple(train.list_first_sizes()),
        workers=train.workers,
        threads=train.threads,
        seed=train.seed,
    )


def _refuse_uneven_shares(train: TrainConfig, processes: Processes) -> None:
    """A batch has the same images in any number of processes if each gets as many."""
    if train.batch_size % processes.count or train.batch_size < 2 * processes.count:
        raise ConfigurationError(
            f"train.batch_size is {train.batch_size}, expected a multiple of {processes.count}, with two images or "
            f"more for each of {processes.count} processes"
        )
