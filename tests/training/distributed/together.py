"""A small training for several processes, started by torchrun; each keeps the rows of the images of every step.

`torchrun --nproc-per-node 2 -m tests.training.distributed.together CONFIG OUTPUT [RUN]` writes OUTPUT/rows-<rank>.json.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from xray_resnet.config import Config
from xray_resnet.config_files import read_saved
from xray_resnet.training import fit
from xray_resnet.training.steps import Classifier


def main(config: Path, output: Path, run: Path | None) -> None:
    rows: list[list[int]] = []
    step = Classifier.training_step

    def keep_rows(self: Classifier, batch: Any, batch_index: int) -> Any:
        rows.append(batch.facts["row"].tolist())
        return step(self, batch, batch_index)

    Classifier.training_step = keep_rows  # type: ignore[method-assign]
    fit.deliver = lambda *_: None  # type: ignore[assignment]
    fit.train(read_saved(Config, config), resume=run)
    (output / f"rows-{os.environ.get('RANK', '0')}.json").write_text(json.dumps(rows))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
