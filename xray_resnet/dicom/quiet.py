"""Keeping pydicom quiet: what it warns of quotes header values."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pydicom


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keeps pydicom's warnings off console and logs: they quote header values, and the gate gives its own verdict."""
    logger, settings = logging.getLogger("pydicom"), pydicom.config.settings
    disabled, validation = logger.disabled, settings.reading_validation_mode
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.disabled = True
        settings.reading_validation_mode = pydicom.config.IGNORE
        try:
            yield
        finally:
            logger.disabled = disabled
            settings.reading_validation_mode = validation
