"""The table of sources and what else names them."""

from typing import get_args

from data_prep.sources import SOURCES
from data_prep.sources.about import ABOUT
from xray_resnet.config import Source


def test_the_configuration_knows_every_source_and_no_other() -> None:
    assert set(get_args(Source)) == set(SOURCES)


def test_every_published_source_says_whose_films_it_has_and_how_they_were_labelled() -> None:
    told = {name for name, about in ABOUT.items() if about.patients and about.labels}
    assert told == set(SOURCES) - {"image_folder", "table"}
