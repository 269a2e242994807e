"""Takes the laboratory's results into the documentation: `python -m docs.lab NAME=FOLDER …`, at the root.

    xray-lab all --run RUN --output FOLDER      # then
    python -m docs.lab phantoms=FOLDER

Copies each result and figure to docs/lab/NAME, and writes docs/lab.md and the last two columns of the guide's table,
in each language, from all that is there.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from docs.lab.tables import GUIDES, MODELS, fill_guide, write_page
from xray_resnet.files import write_text
from xray_resnet.lab.catalogue import EXPERIMENTS
from xray_resnet.lab.results import RESULT

DOCS = Path(__file__).parents[1]
_FILES = (RESULT, "figure.svg")


def main(arguments: Sequence[str] | None = None) -> None:
    """Copies, then writes what the copies say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="*", metavar="NAME=FOLDER", help=f"NAME is one of {', '.join(MODELS)}.")
    parser.add_argument("--docs", type=Path, default=DOCS, help="Where the pages are.")
    options = parser.parse_args(arguments)
    for each in options.results:
        name, _, folder = each.partition("=")
        if name not in MODELS:
            parser.error(f"{name} is none of {', '.join(MODELS)}")
        _copy(Path(folder), options.docs / "lab" / name)
    write_text(options.docs / "lab.md", write_page(options.docs / "lab"))
    for page, words in GUIDES.items():
        path = options.docs / page
        write_text(path, fill_guide(path.read_text(encoding="utf-8"), options.docs / "lab", words))


def _copy(source: Path, target: Path) -> None:
    for experiment in EXPERIMENTS:
        (target / experiment.name).mkdir(parents=True, exist_ok=True)
        for file in _FILES:
            shutil.copyfile(source / experiment.name / file, target / experiment.name / file)


if __name__ == "__main__":
    main()
