"""A run with strict identity is delivered without the units that its images do not need."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tests.training.test_fit import make_config, make_data
from xray_resnet.bundle import load_model, read_bundle
from xray_resnet.config import ModelConfig
from xray_resnet.models import build_model
from xray_resnet.runs import Run
from xray_resnet.store import open_dataset
from xray_resnet.training.checkpoints.file import save_torch_file
from xray_resnet.training.delivery import deliver
from xray_resnet.training.from_config import build_task_of
from xray_resnet.training.start import Start, build_architecture


def test_the_bundle_lacks_the_silent_units_and_predicts_the_same(tmp_path: Path) -> None:
    parts = ModelConfig(depth=14, stem="small", base_width=8, image_size=32, gate="strict_identity", epsilon=1e6)
    config = replace(make_config(make_data(tmp_path / "data"), tmp_path / "runs"), model=parts)
    run, dataset = Run.make(config), open_dataset(config.data.folder)
    trained = build_model(build_architecture(parts), num_findings=2).eval()
    save_torch_file({"state_dict": trained.state_dict()}, run.best_checkpoint)
    task = build_task_of(config, dataset)
    bundle = read_bundle(deliver(run, task, Start(trained.architecture, task.model_input)))
    assert bundle.metadata.model["removed"] == [1, 2, 4, 6]
    images = torch.from_numpy(np.stack([bundle.model_input(dataset.pixels(row)) for row in range(8)])[:, None])
    with torch.inference_mode():
        torch.testing.assert_close(load_model(bundle)(images), trained(images), rtol=0, atol=0)
