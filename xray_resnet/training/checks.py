"""What a configuration of training must keep to."""

from collections.abc import Iterator

from xray_resnet.config import AugmentConfig, Config, ModelConfig, TrainConfig
from xray_resnet.errors import ConfigurationError

_PROBABILITIES = ("flip", "geometry", "exposure", "quantum_noise", "electronic_noise")
_MIN_IMAGE_SIZE = 32


def refuse_mistakes(config: Config) -> None:
    """Refuses values that cannot be trained with.

    Raises:
        ConfigurationError: every mistake, one a line.
    """
    mistakes = [*_check_train(config.train), *_check_augment(config.augment), *_check_model(config.model)]
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))


def _check_train(train: TrainConfig) -> Iterator[str]:
    for name, least in (("epochs", 1), ("batch_size", 2), ("patience", 1), ("workers", 0), ("threads", 0), ("seed", 0)):
        value = getattr(train, name)
        if value < least:
            yield f"train.{name} is {value}, expected at least {least}"
    if not train.learning_rate > 0:
        yield f"train.learning_rate is {train.learning_rate}, expected more than 0"
    if not train.weight_decay >= 0:
        yield f"train.weight_decay is {train.weight_decay}, expected at least 0"
    if not 0 <= train.warmup <= 1:
        yield f"train.warmup is {train.warmup}, expected a share from 0 to 1"
    if not 0 <= train.ema_decay < 1:
        yield f"train.ema_decay is {train.ema_decay}, expected at least 0 and less than 1"


def _check_augment(augment: AugmentConfig) -> Iterator[str]:
    for name in _PROBABILITIES:
        if not 0 <= getattr(augment, name) <= 1:
            yield f"augment.{name} is {getattr(augment, name)}, expected a probability from 0 to 1"
    if not 0 < augment.dose_fraction <= 1:
        yield f"augment.dose_fraction is {augment.dose_fraction}, expected more than 0 and at most 1"
    if not augment.electronic_sigma >= 0:
        yield f"augment.electronic_sigma is {augment.electronic_sigma}, expected at least 0"


def _check_model(model: ModelConfig) -> Iterator[str]:
    if model.image_size < _MIN_IMAGE_SIZE:
        yield f"model.image_size is {model.image_size}, expected at least {_MIN_IMAGE_SIZE}"
    if model.base_width < 1:
        yield f"model.base_width is {model.base_width}, expected at least 1"
