"""OpenVINO on the CPU. It picks bf16 by itself, and is let to where that pays; the precision is part of the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xray_resnet.silence  # noqa: F401  before openvino, which asks an analytics host on import
from xray_resnet.bundle.onnx_file import FEATURES
from xray_resnet.errors import UserError
from xray_resnet.machine import cpus_under_quota
from xray_resnet.precision import RequestedOfOpenVino
from xray_resnet.processor import bf16_pays, name_instruction_set

_NAMES = {"f32": "fp32", "bf16": "bf16", "f16": "fp16"}


@dataclass(frozen=True)
class Answer:
    """What the network gives for one image.

    Attributes:
        logits: (F,).
        maps: (F, h, w) class activation maps.
        features: (C,) pooled features; None if the bundle is of a release whose networks do not give them.
    """

    logits: NDArray[np.float32]
    maps: NDArray[np.float32]
    features: NDArray[np.float32] | None


class OpenVinoEngine:
    """A compiled network. Each image is its own request, so that a result never depends on its neighbours.

    Args:
        onnx: The network, one file.
        image_size: Rows and columns of the input.
        facts: Numbers that the network gets beside the image.
        precision: "auto" leaves it to OpenVINO where bf16 pays, "fp32" forces it.

    Raises:
        UserError: if the file is no network of this layout, or refers to other files.
    """

    def __init__(self, onnx: Path, *, image_size: int, facts: int = 0, precision: RequestedOfOpenVino = "auto") -> None:
        import openvino

        properties: dict[str, str | int] = {"PERFORMANCE_HINT": "THROUGHPUT"}
        # OpenVINO takes bf16 wherever the processor has it: also where it is slower, or oneDNN may not use it.
        if precision == "fp32" or not bf16_pays():
            properties["INFERENCE_PRECISION_HINT"] = "f32"
        if (threads := cpus_under_quota()) is not None:
            properties["INFERENCE_NUM_THREADS"] = threads
        core = openvino.Core()
        try:
            # Read from memory: a file elsewhere that it may name is not opened.
            model = core.read_model(onnx.read_bytes(), b"")
            shapes = {"image": [1, 1, image_size, image_size], **({"facts": [1, facts]} if facts else {})}
            model.reshape(shapes)
            self._compiled = core.compile_model(model, "CPU", properties)
            self._logits, self._maps = self._compiled.output("logits"), self._compiled.output("maps")
            has_features = any(FEATURES in output.names for output in self._compiled.outputs)
            self._features = self._compiled.output(FEATURES) if has_features else None
        except RuntimeError as error:
            first = str(error).strip().splitlines()[-1]
            raise UserError(f"{onnx}: not a network of a bundle ({first}); copy the bundle again") from None
        self._queue = openvino.AsyncInferQueue(self._compiled)
        self._queue.set_callback(self._keep)
        self._results: dict[int, Answer] = {}

    @property
    def precision(self) -> str:
        """The precision that is computed in: fp32, bf16 or fp16."""
        hint: str = self._compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        return _NAMES.get(hint, hint)

    def describe(self) -> dict[str, str]:
        """Engine, its version, the precision and the instruction set."""
        return {
            "engine": "OpenVINO on CPU",
            "version": version("openvino"),
            "precision": self.precision,
            "instruction_set": name_instruction_set(),
        }

    def __call__(
        self, images: Sequence[NDArray[np.float32]], known: Sequence[NDArray[np.float32]] = ()
    ) -> list[Answer]:
        """Network inputs (S, S) to the answer to each, in order.

        Args:
            images: (S, S) each.
            known: (columns,) facts of each, if the network takes some.
        """
        for number, image in enumerate(images):
            inputs = {"image": image[None, None]}
            if known:
                inputs["facts"] = known[number][None]
            self._queue.start_async(inputs, userdata=number)
        self._queue.wait_all()
        results = [self._results[number] for number in range(len(images))]
        self._results.clear()
        return results

    def _keep(self, request: Any, number: int) -> None:
        def read(output: Any) -> NDArray[np.float32]:
            values: NDArray[np.float32] = request.get_tensor(output).data[0].astype(np.float32)
            return values

        features = None if self._features is None else read(self._features)
        self._results[number] = Answer(read(self._logits), read(self._maps), features)
