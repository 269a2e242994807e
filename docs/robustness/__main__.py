"""What bad films cost the plain recipe and ours: tables and a plot, from networks that are trained already.

Run at the root of the repository; docs/robustness.md has the commands that train both.

  python -m docs.robustness table KERMANY SOURCE
      writes the table with the plain recipe's split, for xray-prep
  python -m docs.robustness compare KERMANY OUTPUT --plain plain/*.pt --ours runs/kermany-*
      scores every network on every rung of the corruption ladder and compares the recipes; goes on where it stopped
  python -m docs.robustness ways KERMANY OUTPUT --way none runs/none* --way half_clean runs/half_clean*
      the same for several ways to train ours, held against the first
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from docs.robustness.contestants import Contestant, open_ours, open_plain, refuse_other_scores
from docs.robustness.films import Film, list_held_out, write_source
from docs.robustness.held_out import refuse_seen
from docs.robustness.plot import plot_study
from docs.robustness.results import compare_recipes
from docs.robustness.scores import ScoreFolder
from docs.robustness.tables import format_study, write_aurocs
from docs.robustness.views import Views, read_grey
from docs.robustness.ways import compare_ways, format_ways
from xray_resnet.errors import UserError
from xray_resnet.files import write_text
from xray_resnet.metrics.bootstrap import RESAMPLES
from xray_resnet.model_output import compute_scores
from xray_resnet.processor import name_instruction_set


def main(arguments: Sequence[str]) -> int:
    """Runs one of the commands; returns the exit code."""
    options = _build_parser().parse_args(arguments)
    try:
        options.run(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write_split(options: argparse.Namespace) -> None:
    """The table of films."""
    print(write_source(options.kermany, options.source))


def compare(options: argparse.Namespace) -> None:
    """Scores, tables and plot."""
    films = list_held_out(options.kermany)
    plain = [open_plain(path, options.output / "nets") for path in options.plain]
    ours = _open_unseen(options.ours, films)
    folder = _open_scores(options, films)
    _check_plain(options.plain, plain, folder, films)
    folder.complete([*plain, *ours], tell=_tell)
    if not plain or not ours:
        raise UserError("a comparison needs networks of both recipes; give --plain and --ours")
    scores = ([*map(folder.read, side)] for side in (plain, ours))
    results = compare_recipes(films, *scores, resamples=options.resamples)
    sides = {"plain": (plain, results.plain), "ours": (ours, results.ours)}
    names = {recipe: ([each.name for each in side], trainings) for recipe, (side, trainings) in sides.items()}
    write_aurocs(options.output / f"{options.name}.csv", names)
    page = format_study(results, facts=[_describe(films, plain, ours, options)])
    write_text(options.output / f"{options.name}.md", page)
    plot_study(results, options.output / f"{options.name}.png")
    print(page)


def compare_own(options: argparse.Namespace) -> None:
    """Scores of several ways to train ours, and their table."""
    films = list_held_out(options.kermany)
    ways = {name: _open_unseen([Path(path) for path in paths], films) for name, *paths in options.way}
    folder = _open_scores(options, films)
    folder.complete([each for some in ways.values() for each in some], tell=_tell)
    page = format_ways(compare_ways(films, {name: [*map(folder.read, some)] for name, some in ways.items()}))
    write_text(options.output / "ways.md", page)
    print(page)


def _open_unseen(paths: Sequence[Path], films: Sequence[Film]) -> list[Contestant]:
    """Runs of ours, none of which was trained on the films."""
    ours = [open_ours(path) for path in paths]
    for path in paths:
        refuse_seen(path, films)
    return ours


def _open_scores(options: argparse.Namespace, films: Sequence[Film]) -> ScoreFolder:
    return ScoreFolder(options.output / "scores", Views(options.output / "views", films), options.precision)


def _tell(line: str) -> None:
    print(line, flush=True)


def _check_plain(
    paths: Sequence[Path], contestants: Sequence[Contestant], folder: ScoreFolder, films: Sequence[Film]
) -> None:
    originals = [read_grey(film.path) for film in films]
    for path, contestant in zip(paths, contestants, strict=True):
        logits = folder.score_originals(contestant, originals)
        refuse_other_scores(np.asarray(compute_scores(logits), np.float32), films, path.with_suffix(".csv"))


def _describe(
    films: Sequence[Film], plain: Sequence[Contestant], ours: Sequence[Contestant], options: argparse.Namespace
) -> str:
    patients = len({film.patient for film in films})
    return (
        f"{len(films)} held-out films of {patients} patients; {len(plain)} trainings of the plain recipe, {len(ours)} "
        f"of ours; intervals 95 %, {options.resamples} resamples of trainings and patients; OpenVINO on "
        f"{name_instruction_set()}, precision {options.precision}."
    )


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m docs.robustness", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    table = commands.add_parser("table", help="write the table with the plain recipe's split")
    table.add_argument("kermany", type=Path, help="folder with train/NORMAL and train/PNEUMONIA")
    table.add_argument("source", type=Path, help="folder to make, to be given to xray-prep as data.root")
    table.set_defaults(run=write_split)
    compared = commands.add_parser("compare", help="score the networks and compare the recipes")
    compared.add_argument("--plain", type=Path, nargs="*", default=[], help="what the plain recipe left, OUT.pt")
    compared.add_argument("--ours", type=Path, nargs="*", default=[], help="runs or bundles")
    compared.add_argument("--name", default="robustness", help="of the tables and the plot; scores are shared")
    compared.add_argument("--resamples", type=int, default=RESAMPLES, help="of trainings and patients")
    compared.set_defaults(run=compare)
    ways = commands.add_parser("ways", help="score several ways to train ours and hold them against the first")
    ways.add_argument("--way", nargs="+", action="append", required=True, metavar=("NAME", "RUN"), help="a way")
    ways.set_defaults(run=compare_own)
    for scored in (compared, ways):
        scored.add_argument("kermany", type=Path, help="folder with train/NORMAL and train/PNEUMONIA")
        scored.add_argument("output", type=Path, help="folder of this study")
        scored.add_argument("--precision", choices=["auto", "fp32"], default="auto", help="auto: bf16 where it is fast")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
