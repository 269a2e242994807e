"""That a run of ours was trained on none of the films it is judged on."""

from collections.abc import Sequence
from pathlib import Path

from data_prep.identity import hash_image, name_key, read_or_make_key, resolve_key_path
from docs.robustness.films import Film
from xray_resnet.errors import UserError
from xray_resnet.runs import Run
from xray_resnet.store import Dataset, open_dataset


def refuse_seen(path: Path, films: Sequence[Film]) -> None:
    """Refuses a run whose dataset has a held-out film in another split than test.

    Raises:
        UserError: if it does, or it cannot be told: a bundle without its run, or a dataset of another key.
    """
    run = Run.around(path)
    if run is None:
        raise UserError(f"{path}: a bundle without its run does not say what it was trained on; name the run")
    dataset = open_dataset(run.find_dataset())
    known = {hash_image(_read_key(dataset), film.name) for film in films}
    seen = known.difference(dataset.description.splits["test"])
    if seen:
        raise UserError(
            f"{path}: {len(seen)} of {len(films)} held-out films are not in the test split of {dataset.folder}; "
            "make the dataset from the table that `python -m docs.robustness table` writes, and train again"
        )


def _read_key(dataset: Dataset) -> bytes:
    key = read_or_make_key(resolve_key_path(None))
    if name_key(key) != dataset.description.hash_key_id:
        raise UserError(f"{dataset.folder}: its patients are hashed with another key; set XRAY_HASH_KEY to its file")
    return key
