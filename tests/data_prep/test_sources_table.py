"""The table of sources and what else names them."""

from typing import get_args

from data_prep.sources import SOURCES
from xray_resnet.config import Source


def test_the_configuration_knows_every_source_and_no_other() -> None:
    assert set(get_args(Source)) == set(SOURCES)
