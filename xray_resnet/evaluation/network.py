"""A network asked about images: logits, where each finding's map peaks, and maps; loaded when it is first asked."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import trim_mean

from xray_resnet.explain.cam import compute_cams
from xray_resnet.explain.methods import METHODS, Cam
from xray_resnet.explain.occlusion import compute_occlusion
from xray_resnet.map_grid import FIELD_CENTRE, MapGrid
from xray_resnet.model_input import ModelInput, Pixels
from xray_resnet.models import PreActResNet
from xray_resnet.progress import Progress
from xray_resnet.torch_engine import Engine

BATCH_SIZE = 8
"""Images at a time on a processor; of more, a wide network's activations outgrow what the allocator keeps, and mapping
them anew takes a fifth of the time. An accelerator takes `_AT_ONCE` times as many."""
_AT_ONCE = 8
FOLLOWING = 0.25
"""Least share of the variance of where maps peak that their mirror images explain, to learn from them."""


@dataclass(frozen=True)
class Peaks:
    """Where class activation maps are strongest.

    Attributes:
        points: (N, F, 2) x, y of the centre of each map's strongest cell, in pixels of the image.
        grid: The cells of the maps.
    """

    points: NDArray[np.float32]
    grid: MapGrid

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of the maps."""
        return self.grid.cells


@dataclass(frozen=True)
class Response:
    """What a network gave for N images and F findings.

    Attributes:
        logits: (N, F).
        peaks: Of the maps of every image and finding.
        features: (N, C) pooled, as the linear head sees them.
        maps: Place of an image among the N → (F, h, w), of the images whose maps were asked for.
    """

    logits: NDArray[np.float32]
    peaks: Peaks
    features: NDArray[np.float32]
    maps: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)


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
        mapped: Collection[int] = (),
        offset: float = FIELD_CENTRE,
        progress: Progress | None = None,
    ) -> Response:
        """Runs the network in batches.

        Args:
            images: (S, S) each, at least one, all of one size; each is looked at once.
            known: (N, columns) `facts` of the images; None: nothing is known of them.
            mapped: Places of the images whose maps are kept.
            offset: What the first cell of a map looks at, as `measure_offset` gives it.
            progress: Told after every batch.
        """
        logits, points, features = [], [], []
        kept: dict[int, NDArray[np.float32]] = {}
        for start, batch in self._divide(images):
            output, maps, pooled = self._run(batch, None if known is None else known[start : start + len(batch)])
            logits.append(output)
            features.append(pooled)
            grid = self._place_cells(batch[0], maps, offset)
            points.append(grid.find_peaks(maps))
            kept |= {start + place: maps[place].copy() for place in range(len(batch)) if start + place in mapped}
            if progress:
                progress(start + len(batch), len(images))
        peaks = Peaks(np.concatenate(points), grid)
        return Response(np.concatenate(logits), peaks, np.concatenate(features), kept)

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

    def measure_offset(self, images: Sequence[Pixels]) -> float:
        """Pixels of the input between its edge and what the first cell looks at, by mirror images; needs no labels.

        What cell i shows, stride · i + offset from the left edge, lies as far from the right edge of the mirror image,
        where cell j shows it: the input has stride · (i + j) + 2 · offset columns. The mean over the images, each with
        the peak of the finding that scores highest, without the tenth on either side, and within a stride; rows are
        taken to be as columns. If the peaks do not change sides with the image, so that `FOLLOWING` of their variance
        is not explained, it is the centre of the receptive field.

        Args:
            images: (S, S) each, at least one.
        """
        columns = np.concatenate([self._find_mirrored_peaks(batch) for _, batch in self._divide(images)], axis=1)
        (spread, shared), (_, mirrored) = np.cov(columns, bias=True)
        if not -shared > np.sqrt(FOLLOWING * spread * mirrored):
            return FIELD_CENTRE
        stride = self.model.architecture.stride
        offset = (self.model_input.size - stride * float(trim_mean(columns.sum(axis=0), 0.1))) / 2
        return min(max(offset, 0.0), float(stride))

    def _divide(self, images: Sequence[Pixels]) -> Iterator[tuple[int, list[Pixels]]]:
        """The images in batches, each with the place of its first."""
        size = BATCH_SIZE if self.engine.device == "cpu" else _AT_ONCE * BATCH_SIZE
        for start in range(0, len(images), size):
            yield start, [images[place] for place in range(start, min(start + size, len(images)))]

    def _find_mirrored_peaks(self, images: Sequence[Pixels]) -> NDArray[np.intp]:
        """(2, B) column of the peak in each image, and in its mirror image, of the finding that scores highest."""
        logits, maps, _ = self._run(images, None)
        mirror_images: list[Pixels] = [image[:, ::-1] for image in images]
        mirrored = self._run(mirror_images, None)[1]
        each, best = np.arange(len(images)), logits.argmax(axis=1)
        return np.stack([found[each, best].max(axis=1).argmax(axis=-1) for found in (maps, mirrored)])

    def _place_cells(self, image: Pixels, maps: NDArray[np.float32], offset: float) -> MapGrid:
        """The cells of maps (…, h, w) in pixels of the image (S, S)."""
        return MapGrid.under(
            len(image),
            cells=(maps.shape[-2], maps.shape[-1]),
            input_size=self.model_input.size,
            stride=self.model.architecture.stride,
            offset=offset,
        )

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
