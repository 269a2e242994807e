"""The faults that are put into the code, and the run that counts them."""

import ast
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.mutation import mutate
from tests.mutation.mutate import TARGETS, Target, draw_trials, main, read_explained
from tests.mutation.operators import find_mutants

SOURCE = '''"""A module."""

LIMIT: int = 3


def keep(values: list[int], low: float = 0.5) -> list[int]:
    """Those above the limit."""
    if not values and low < 1:
        raise ValueError("nothing")
    return [n * 2 for n in values if n >= LIMIT] or [-1]
'''


def test_every_kind_of_fault_is_made_once_at_each_place() -> None:
    assert [mutant.name for mutant in find_mutants(SOURCE)] == [
        "3 → 4",
        "0.5 → 0.75",
        "not values and low < 1 → not values or low < 1",
        "not values → values",
        "low < 1 → low <= 1",
        "1 → 2",
        "[n * 2 for n in values if n >= LIMIT] or [-1] → [n * 2 for n in values if n >= LIMIT] and [-1]",
        "n * 2 → n / 2",
        "2 → 3",
        "n >= LIMIT → n > LIMIT",
        "-1 → 1",
        "1 → 2",
    ]


def test_a_mutant_differs_from_its_source_in_one_place_and_keeps_its_words() -> None:
    whole = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in find_mutants(SOURCE):
        changed = mutant.source.splitlines()
        assert sum(before != after for before, after in zip(whole, changed, strict=True)) == 1
        assert '"nothing"' in mutant.source or "'nothing'" in mutant.source


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_target_names_modules_and_tests_that_are_there(target: Target) -> None:
    assert all((REPOSITORY / path).exists() for path in (*target.modules, *target.tests))
    assert len(draw_trials(target, 10_000, seed=0)) >= 20


def test_a_seed_draws_the_same_mutants_and_another_seed_others() -> None:
    names = [[trial.mutant.name for trial in draw_trials(TARGETS[0], 12, seed)] for seed in (0, 0, 1)]
    assert names[0] == names[1] != names[2]
    assert len(names[0]) == 12


def test_what_is_explained_is_a_fault_of_the_code_as_it_stands() -> None:
    for module, line, change in read_explained():
        mutants = find_mutants((REPOSITORY / module).read_text(encoding="utf-8"))
        assert (line, change) in {(mutant.text, mutant.name) for mutant in mutants}


def test_a_fault_that_a_test_sees_is_noticed_and_one_that_none_sees_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("code", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "code/sums.py").write_text("def add(a, b):\n    return a + b\n\n\ndef unseen():\n    return 7\n")
    (tmp_path / "tests/test_sums.py").write_text(
        "from code_sums import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n"
    )
    (tmp_path / "tests/conftest.py").write_text(
        "import sys\nfrom pathlib import Path\n\nimport importlib.util\n"
        "path = Path(__file__).parents[1] / 'code/sums.py'\n"
        "spec = importlib.util.spec_from_file_location('code_sums', path)\n"
        "sys.modules['code_sums'] = module = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(module)\n"
    )
    monkeypatch.setattr(mutate, "REPOSITORY", tmp_path)
    monkeypatch.setattr(mutate, "_COPIED", ("code", "tests"))
    monkeypatch.setattr(mutate, "TARGETS", (Target("sums", ("code/sums.py",), ("tests/test_sums.py",)),))
    assert main(["--count", "5"]) == 1
    said = capsys.readouterr().out
    assert "sums: 1 of 2 noticed" in said
    assert "code/sums.py:6  7 → 8  (no test notices it)" in said
    assert (tmp_path / "code/sums.py").read_text().startswith("def add(a, b):\n    return a + b\n")
