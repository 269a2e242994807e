"""Transforms of albumentations by name: what `augment.albumentations` lists, checked before training begins."""

import difflib
import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xray_resnet.data.degradations import Share
from xray_resnet.data.transforms.library import load_library
from xray_resnet.data.transforms.transform import Parameters, draw_seed
from xray_resnet.detector import Detector
from xray_resnet.errors import ConfigurationError, UserError

_CANNOT_BE_NAMED = {
    "Lambda": "takes functions, which a configuration cannot hold",
    "Normalize": "leaves the display range; the network's input is normalised afterwards in any case",
    "TextImage": "reads a font file",
}
_CHANGE_IN_PLACE = ("CoarseDropout", "ConstrainedCoarseDropout", "Erasing", "FrequencyMasking", "GridDropout",
                    "Morphological", "PixelDropout", "TimeMasking", "XYMasking")  # fmt: skip
"""Dual transforms that move nothing: a clean view has none of them."""
_TRIALS = 3
"""Draws that each transform is tried with, at each size."""


@dataclass(frozen=True)
class NamedTransform:
    """A transform of albumentations, whose draws a seed decides.

    Attributes:
        key: The setting that named it.
        transform: An image-only or dual transform, with the arguments of the setting.
        moves: Whether it moves what the image shows.
    """

    key: str
    transform: Any
    moves: bool

    @property
    def probability(self) -> float:
        """Its p, by default the library's."""
        return float(self.transform.p)

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws the seed of all that the transform draws."""
        return {"seed": draw_seed(generator)}

    def apply(self, share: Share, detector: Detector, seed: int) -> Share:
        """The changed image, clipped to [0, 1].

        Raises:
            UserError: if the transform fails on it, or changes its shape.
        """
        try:
            changed = self.change(share, seed)
        except Exception as error:  # whatever the library raises
            raise UserError(f"{self.key}: fails on an image of {len(share)}²: {_to_line(error)}") from error
        if changed.shape != share.shape:
            raise UserError(f"{self.key}: makes {changed.shape} of {share.shape}, expected the same shape")
        return np.asarray(np.clip(changed, 0, 1), np.float32)

    def change(self, share: Share, seed: int) -> Any:
        """What the library makes of a copy of the image, one channel taken off again if it is the only one."""
        self.transform.set_random_seed(seed)
        changed = self.transform(image=share[..., None].copy(), force_apply=True)["image"]
        return changed[..., 0] if changed.shape[2:] == (1,) else changed


def build_named_transforms(entries: Sequence[Mapping[str, Any]], *, size: int) -> list[NamedTransform]:
    """The transforms that a configuration lists, each tried on grey images of `size` and of half of it.

    Args:
        entries: Name and arguments of each, as `augment.albumentations` has them.
        size: Rows and columns of the largest images.

    Raises:
        ConfigurationError: with every entry that cannot be used, and why.
    """
    built, mistakes = [], []
    for place, entry in enumerate(entries):
        key = f"augment.albumentations[{place}] ({entry['name']})"
        try:
            transform = _build_one(**entry)
            _try_out(transform, sizes=(size, size // 2))
        except ValueError as error:
            mistakes.append(f"{key}: {error}")
        else:
            built.append(NamedTransform(key, transform, moves=_moves(transform)))
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))
    return built


def _build_one(name: str, **arguments: Any) -> Any:
    """The transform of that name, not yet tried.

    Raises:
        ValueError: with what is wrong, in words.
    """
    kind = _find(name)
    _refuse_unknown(arguments, known=inspect.signature(kind).parameters)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return kind(**arguments)
    except (ValueError, TypeError, Warning) as error:
        raise ValueError("; ".join(_explain(error))) from error


def _find(name: str) -> type:
    if name in _CANNOT_BE_NAMED:
        raise ValueError(_CANNOT_BE_NAMED[name])
    known = _list_kinds()
    if name not in known:
        raise ValueError(f"is not an image-only or dual transform of albumentations{_nearest(name, known)}")
    return known[name]


def _list_kinds() -> dict[str, type]:
    """Image-only and dual transforms of images, by name."""
    library = load_library()
    bases = (library.ImageOnlyTransform, library.DualTransform, library.Transform3D)
    kinds = {name: kind for name, kind in vars(library).items() if isinstance(kind, type) and kind not in bases}
    return {
        name: kind for name, kind in kinds.items() if issubclass(kind, bases[:2]) and not issubclass(kind, bases[2])
    }


def _refuse_unknown(arguments: Mapping[str, Any], *, known: Mapping[str, Any]) -> None:
    for argument in arguments:
        if argument not in known:
            raise ValueError(f"has no argument '{argument}'{_nearest(argument, known)}; it has {', '.join(known)}")


def _explain(error: Exception) -> Iterator[str]:
    """What pydantic found, argument by argument; of other errors, their text."""
    found = getattr(error.__cause__, "errors", None)
    for mistake in found() if found else ():
        argument = str(mistake["loc"][0]) if mistake["loc"] else ""
        message = mistake["msg"].removeprefix("Value error, ")
        got = f"{argument} is {mistake['input']!r}: " if argument else ""
        yield f"{argument} is missing" if mistake["type"] == "missing" else f"{got}{message}"
    if not found:
        yield _to_line(error)


def _try_out(transform: Any, *, sizes: Sequence[int]) -> None:
    """Refuses what cannot be done with one grey image alone, or makes something else of it.

    Raises:
        ValueError: with what is wrong, in words.
    """
    if needed := set(transform.targets_as_params) - {"image"}:
        raise ValueError(f"needs {', '.join(sorted(needed))} beside the image, which training does not give")
    named = NamedTransform("", transform, moves=False)
    for size in sizes:
        grey = np.random.default_rng(size).random((size, size), np.float32)
        for seed in range(_TRIALS):
            _refuse_other(_change(named, grey, seed), grey)


def _change(named: NamedTransform, grey: Share, seed: int) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # so it says that it does nothing to a grey image
            return named.change(grey, seed)
    except Exception as error:  # whatever the library raises
        raise ValueError(f"fails on a grey image of {len(grey)}²: {_to_line(error)}") from error


def _refuse_other(changed: Any, grey: Share) -> None:
    if changed.shape != grey.shape:
        raise ValueError(f"makes {changed.shape} of {grey.shape}, expected the same shape and one channel")
    if changed.dtype != grey.dtype:
        raise ValueError(f"makes {changed.dtype} of {grey.dtype}, expected the same")
    if not np.isfinite(changed).all():
        raise ValueError("makes values that are not finite")


def _moves(transform: Any) -> bool:
    return isinstance(transform, load_library().DualTransform) and type(transform).__name__ not in _CHANGE_IN_PLACE


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    spelled = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.5)
    return f"; did you mean '{spelled[near[0]]}'?" if near else ""


def _to_line(error: Exception) -> str:
    return " ".join(str(error).split())
