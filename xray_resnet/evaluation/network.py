"""A network asked about images: logits, where each finding's map peaks, and maps; loaded when it is first asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from xray_resnet.explain.cam import compute_cams
from xray_resnet.explain.methods import METHODS, Cam
from xray_resnet.explain.occlusion import compute_occlusion
from xray_resnet.metrics.localisation import find_peaks
from xray_resnet.model_input import ModelInput, Pixels
from xray_resnet.models import PreActResNet
from xray_resnet.progress import Progress
from xray_resnet.torch_engine import Engine

BATCH_SIZE = 32


@dataclass(frozen=True)
class Peaks:
    """Where class activation maps are strongest.

    Attributes:
        points: (N, F, 2) x, y of the centre of each map's strongest cell, in pixels of the image.
        cells: Rows and columns of the maps.
    """

    points: NDArray[np.float32]
    cells: tuple[int, int]


@dataclass(frozen=True)
class Response:
    """What a network gave for N images and F findings.

    Attributes:
        logits: (N, F).
        peaks: Of the maps of every image and finding.
        features: (N, C) pooled, as the linear head sees them.
    """

    logits: NDArray[np.float32]
    peaks: Peaks
    features: NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """A network and all that it takes to ask it.

    Attributes:
        load: Gives the network, in evaluation mode; called once, when the first image comes.
        outputs: Finding → which output of the network, for the F findings in order.
        model_input: From stored pixels to the network's input.
        engine: Device and precision.
        facts: What the network is told beside the image.
    """

    load: Callable[[], PreActResNet]
    outputs: Mapping[str, int]
    model_input: ModelInput
    engine: Engine
    facts: tuple[str, ...] = ()

    @cached_property
    def model(self) -> PreActResNet:
        """The network on the engine's device."""
        return self.load().to(self.engine.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def predict(
        self,
        images: Sequence[Pixels],
        *,
        known: NDArray[np.float32] | None = None,
        progress: Progress | None = None,
    ) -> Response:
        """Runs the network in batches.

        Args:
            images: (S, S) each, at least one, all of one size; each is looked at once.
            known: (N, columns) `facts` of the images; None: nothing is known of them.
            progress: Told after every batch.
        """
        logits, points, features = [], [], []
        for start in range(0, len(images), BATCH_SIZE):
            batch = [images[place] for place in range(start, min(start + BATCH_SIZE, len(images)))]
            output, maps, pooled = self._run(batch, None if known is None else known[start : start + BATCH_SIZE])
            logits.append(output)
            features.append(pooled)
            points.append(find_peaks(maps, batch[0].shape[0]))
            if progress:
                progress(start + len(batch), len(images))
        peaks = Peaks(np.concatenate(points), (maps.shape[2], maps.shape[3]))
        return Response(np.concatenate(logits), peaks, np.concatenate(features))

    def explain(
        self, images: Sequence[Pixels], findings: Sequence[str], *, methods: Sequence[Cam] = METHODS
    ) -> dict[Cam, NDArray[np.float32]]:
        """Maps of one finding in each image (S, S), computed in fp32: (B, h, w), 0 to 1 for each cell."""
        outputs = [self.outputs[finding] for finding in findings]
        return compute_cams(self.model, self.place(images), outputs, methods=methods)

    def occlude(self, image: Pixels, finding: str, *, windows: int) -> NDArray[np.float32]:
        """By how much a finding's logit falls if a window of the image is covered, in fp32: (windows, windows)."""
        falls = compute_occlusion(self.model, self.place([image]), windows=windows)
        return np.asarray(falls[self.outputs[finding]], np.float32)

    def build_batch(self, images: Sequence[Pixels]) -> torch.Tensor:
        """Images as network input (B, 1, size, size)."""
        return torch.from_numpy(np.stack([self.model_input(image) for image in images])[:, None])

    def place(self, images: Sequence[Pixels]) -> torch.Tensor:
        """Images as network input on the engine's device."""
        return self.build_batch(images).to(self.engine.device, memory_format=torch.channels_last)

    def _run(
        self, images: Sequence[Pixels], known: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Logits (B, F), class activation maps (B, F, h, w) and pooled features (B, C)."""
        model = self.model  # loaded before inference mode, or Grad-CAM could not differentiate its weights
        batch = self.place(images)
        facts = None if known is None else torch.from_numpy(known).to(self.engine.device)
        with torch.inference_mode(), self.engine.autocast():
            output, maps, features = (values.float().cpu().numpy() for values in model.forward_all(batch, facts))
        columns = [*self.outputs.values()]
        return output[:, columns], maps[:, columns], features
