"""The end of a run: its best weights as a bundle."""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from xray_resnet.bundle import BundleMetadata, save_bundle
from xray_resnet.model_output import ModelOutput
from xray_resnet.models import build_model
from xray_resnet.runs import Run
from xray_resnet.store.people import measure_people
from xray_resnet.training.checkpoints import read_checkpoint
from xray_resnet.training.delivery.prune import prune
from xray_resnet.training.start import Start
from xray_resnet.training.task import Task

_PACKAGES = ("xray-resnet", "torch", "lightning", "monai", "numpy", "onnx")


def deliver(run: Run, task: Task, start: Start) -> Path:
    """Writes `bundle/` with the weights of the best epoch, without the units that strict identity has silenced.

    Returns:
        The bundle's folder.
    """
    model = build_model(start.architecture, num_findings=len(task.findings))
    model.load_state_dict(read_checkpoint(run.best_checkpoint)["state_dict"])
    model = prune(model.eval(), task)
    metadata = BundleMetadata(
        name=run.folder.name,
        output=ModelOutput(task.findings),
        model=model.architecture.to_json(),
        reading=task.dataset.reading,
        input={"size": task.model_input.size, "mean": task.model_input.mean, "std": task.model_input.std},
        training_data=describe_data(task),
        versions={package: version(package) for package in _PACKAGES},
        pretraining=start.pretraining,
    )
    return save_bundle(run.bundle, model, metadata)


def describe_data(task: Task) -> dict[str, Any]:
    """What a bundle says of its training data; no identifier."""
    dataset, rows = task.dataset, task.rows["train"]
    patients = len(set(dataset.patient_ids[rows]))
    return {
        "name": dataset.name,
        "source": dataset.source,
        "synthetic": dataset.synthetic,
        "about": dict(dataset.about),
        "people": asdict(measure_people(dataset, rows)),
        "split_sha256": dataset.split_sha256,
        "counts": {
            "training images": len(rows),
            "training patients": patients,
            "validation images": len(task.rows["val"]),
        },
    }
