"""A short run of the fuzzer; `make fuzz` is the long one."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.builders import write_dicom
from tests.fuzz.fuzz import collect_seeds, find_faults, format_histogram, fuzz
from tests.fuzz.mutate import MUTATIONS, SHARES, mutate


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[str, str]]:
    return fuzz(collect_seeds(tmp_path_factory.mktemp("seeds"), None), count=800, seed=1, workers=2)


def test_every_mutant_is_accepted_or_rejected_with_a_reason(outcomes: Counter[tuple[str, str]]) -> None:
    assert find_faults(outcomes) == {}
    assert sum(outcomes.values()) == 800


def test_half_of_the_mutants_reach_a_codec(outcomes: Counter[tuple[str, str]]) -> None:
    reached = sum(count for (stage, _), count in outcomes.items() if stage in ("codec", "accepted"))
    assert reached >= 400, format_histogram(outcomes)


def test_the_same_seed_gives_the_same_mutant(tmp_path: Path) -> None:
    content = write_dicom(tmp_path / "a.dcm").read_bytes()
    first, again, other = (mutate(content, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert first != content


def test_the_shares_of_the_mutations_are_whole() -> None:
    assert len(SHARES) == len(MUTATIONS) and sum(SHARES) == pytest.approx(1)


def test_a_fault_is_told_apart() -> None:
    assert find_faults(Counter({("fault", "mutant 3: KeyError"): 1, ("gate", "colour"): 5})) == {
        ("fault", "mutant 3: KeyError"): 1
    }
