"""Weights from elsewhere into a network: what fits is loaded, what can be is adapted, and all of it is listed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor

from xray_resnet.errors import UserError
from xray_resnet.models.preact_resnet import PreActResNet
from xray_resnet.models.pretrained.colours import fold_colours, fold_normalised_colours
from xray_resnet.models.pretrained.weights import Shape, Weights

_STEM = "stem.0.weight"
_CLASSIFIER = re.compile(r"(head\.(weight|bias)|facts_head\.weight)")
_FACTS = "facts_head.weight"
_COUNTER = re.compile(r".*\.num_batches_tracked")
"""Older files lack it, and nothing depends on it."""


@dataclass(frozen=True)
class Loaded:
    """What became of the weights of a network.

    Attributes:
        source: Where they come from.
        sha256: Of the file.
        loaded: How many tensors were taken as they are.
        adapted: Name → what was done.
        fresh: Names of the network's weights that start fresh.
        unused: Names of the source's weights that were left.
    """

    source: str
    sha256: str
    loaded: int
    adapted: Mapping[str, str]
    fresh: tuple[str, ...]
    unused: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "fresh": [*self.fresh], "unused": [*self.unused]}

    def __str__(self) -> str:
        adapted = "; ".join(f"{name} {what}" for name, what in self.adapted.items())
        parts = [f"{self.loaded} weights loaded from {self.source}", f"adapted: {adapted or 'none'}"]
        parts += [f"fresh: {', '.join(self.fresh) or 'none'}"]
        parts += [f"left: {', '.join(self.unused)}"] if self.unused else []
        return "; ".join(parts)


class _Step(NamedTuple):
    """How one weight of the source becomes one of the network: what is said of it, if anything, and a function."""

    said: str
    apply: Callable[[Tensor], Tensor]


def load_weights(
    model: PreActResNet,
    weights: Weights,
    *,
    mean: float,
    std: float,
    findings: Sequence[str] = (),
    may_differ: Sequence[str] = (),
) -> Loaded:
    """Loads weights into `model`: all but the classifier's must fit.

    The first kernel is folded to grey. Of the classifier, the outputs of findings of the same name are taken, with what
    facts add to them if both networks are told the same.

    Args:
        model: Changed in place, at the end.
        weights: From a source.
        mean: Of the network's input.
        std: Of the network's input.
        findings: Names of the model's logits.
        may_differ: Beginnings of the names of weights that need not fit and start fresh then.

    Raises:
        UserError: if another weight is missing, unknown or of another shape; nothing is read then.
    """
    own = model.state_dict()
    steps = dict(_plan(own, weights, _choose_fold(weights, mean=mean, std=std), findings))
    if weights.facts != model.architecture.facts:
        steps.pop(_FACTS, None)
    fresh, unused = (tuple(name for name in names if name not in steps) for names in (own, weights.shapes))
    _refuse_misfits({name: tuple(tensor.shape) for name, tensor in own.items()}, weights, {*fresh, *unused}, may_differ)
    read = weights.read()
    model.load_state_dict(own | {name: step.apply(read[name]) for name, step in steps.items()})
    adapted = {name: step.said for name, step in steps.items() if step.said}
    return Loaded(weights.source, weights.sha256, len(steps) - len(adapted), adapted, fresh, unused)


def _choose_fold(weights: Weights, *, mean: float, std: float) -> Callable[[Tensor], Tensor]:
    """What makes the kernel of colours one for a grey image."""
    if weights.normalisation is None or weights.normalisation.is_uniform:
        return fold_colours
    return partial(fold_normalised_colours, normalisation=weights.normalisation, mean=mean, std=std)


def _plan(
    own: Mapping[str, Tensor], weights: Weights, fold: Callable[[Tensor], Tensor], findings: Sequence[str]
) -> Iterator[tuple[str, _Step]]:
    """What can be taken."""
    for name, tensor in own.items():
        shape = weights.shapes.get(name)
        if shape is None:
            continue
        if _CLASSIFIER.fullmatch(name):
            yield from ((name, step) for step in _plan_classifier(tensor, shape, weights.findings, findings))
        elif shape == tensor.shape:
            yield name, _Step("", _keep)
        elif name == _STEM and _differ_in_channels(shape, tuple(tensor.shape), 2 if weights.needs_ones else 1):
            yield name, _Step(f"summed over {shape[1]} channels", fold)


def _plan_classifier(own: Tensor, shape: Shape, theirs: Sequence[str], ours: Sequence[str]) -> Iterator[_Step]:
    """The rows of findings that both have."""
    rows = {place: theirs.index(finding) for place, finding in enumerate(ours) if finding in theirs}
    if rows and shape == (len(theirs), *own.shape[1:]):
        same = [*theirs] == [*ours]
        yield _Step("" if same else f"for {', '.join(ours[place] for place in rows)}", partial(_take_rows, own, rows))


def _differ_in_channels(theirs: Shape, ours: Shape, channels: int) -> bool:
    """Whether a kernel is one of colours that folds into ours."""
    return theirs[1] > 1 and ours[1] == channels and (theirs[0], theirs[2:]) == (ours[0], ours[2:])


def _keep(tensor: Tensor) -> Tensor:
    return tensor


def _take_rows(own: Tensor, rows: Mapping[int, int], theirs: Tensor) -> Tensor:
    taken = own.clone()
    for place, row in rows.items():
        taken[place] = theirs[row]
    return taken


def _refuse_misfits(own: Mapping[str, Shape], weights: Weights, misfits: set[str], may_differ: Sequence[str]) -> None:
    wrong = sorted(name for name in misfits if not name.startswith(tuple(may_differ)) and not _is_expected(name))
    if not wrong:
        return
    name = wrong[0]
    raise UserError(
        f"{weights.source}: {len(wrong)} weights do not fit the network, first {name}: it has "
        f"{own.get(name, 'none')}, the source {weights.shapes.get(name, 'none')}; choose the depth, base_width, order "
        "and stem that the weights were trained with, or name what may start fresh in model.weights_except"
    )


def _is_expected(name: str) -> bool:
    """Whether a weight may differ without being named: the classifier is replaced, a counter is not needed."""
    return bool(_CLASSIFIER.fullmatch(name) or _COUNTER.fullmatch(name))
