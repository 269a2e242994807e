"""How well films out of scope are told, and shifts of a batch found and named, on films planted among a run's own.

Run: python -m docs.scope_study --run RUN --data DATASET --other DATASET … --pictures FOLDER [--draws 500]

RUN must have a scope (xray-eval --split val); DATASET is what it was trained on. Films are those of its validation and
test patients, one of each. FOLDER holds pictures of anything but a frontal chest, and `labels.csv` with the columns
`file` and `kind`. A draw divides the patients at random into a reference of as many as validated the run, and a batch
from the rest, so that both vary as they would; some films of the batch are then replaced.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.bundle import Bundle, read_bundle
from xray_resnet.data.degradations.exposure import apply_gamma
from xray_resnet.data.ladder import Rung, climb, corrupt
from xray_resnet.dicom.appearance import measure_film
from xray_resnet.dicom.preparation import prepare_picture
from xray_resnet.dicom.square.geometry import place
from xray_resnet.evaluation.sample import draw_one_each
from xray_resnet.evaluation.subject import Subject, open_subject
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.aurocs import estimate_aurocs
from xray_resnet.metrics.shares import estimate_shares
from xray_resnet.model_input import to_shares
from xray_resnet.packed import pack
from xray_resnet.shift import Cause, ShiftReference, find_shift, join_columns
from xray_resnet.shift.alarm import FALSE_ALARMS
from xray_resnet.shift.two_samples import fisher_p_value

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]
LATERAL = "lateral_chest"
LOW_DOSE = {"0.5": 1, "0.25": 2, "0.1": 3}
"""Dose fraction → severity of the ladder's quantum noise."""
GAMMAS = (0.74, 1.35, 1.6)


@dataclass(frozen=True)
class Films:
    """N images and what a study knows of them.

    Attributes:
        pixels: (S, S) each.
        contents: Top, left, height and width of each in its square.
        views: View of each; empty if unknown.
        patients: (N,).
        labels: (N, F) 1, 0 or -1.
    """

    pixels: list[Pixels]
    contents: list[tuple[int, int, int, int]]
    views: list[str]
    patients: NDArray[np.str_]
    labels: Floats

    def change(self, change: Callable[[Pixels, str], Pixels]) -> "Films":
        """The films with other pixels."""
        return replace(self, pixels=[change(p, name) for p, name in zip(self.pixels, self.patients, strict=True)])


@dataclass(frozen=True)
class Measured:
    """Films in numbers.

    Attributes:
        columns: (N, 8 + F) as a reference has them.
        labels: (N, F).
        patients: (N,).
        views: Of each.
    """

    columns: Floats
    labels: Floats
    patients: NDArray[np.str_]
    views: NDArray[np.str_]

    @property
    def distances(self) -> Floats:
        """(N,) from the training films."""
        return np.asarray(self.columns[:, -1 - self.labels.shape[1]])

    def __getitem__(self, places: NDArray[Any]) -> "Measured":
        return Measured(self.columns[places], self.labels[places], self.patients[places], self.views[places])


@dataclass(frozen=True)
class Plant:
    """A shift that is planted.

    Attributes:
        name: What it is, for the table.
        cause: What it should be called.
        films: Come instead of the batch's own: the same patients' changed films, or others.
        share: Of the batch that is replaced.
        paired: Whether `films` are those of the same patients, in their order.
    """

    name: str
    cause: Cause
    films: Measured
    share: float = 1.0
    paired: bool = False


def main(arguments: Sequence[str]) -> int:
    """Prints both tables; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--run", "--data", "--pictures"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--other", type=Path, nargs="+", default=[], help="datasets of other archives")
    parser.add_argument("--draws", type=int, default=500, help="batches of each kind")
    parser.add_argument("--batch", type=int, default=100, help="films of a batch")
    options = parser.parse_args(arguments)
    bundle = read_bundle(options.run)
    subject = open_subject(options.run, dataset=options.data, split="test", precision="auto")
    held_out, val = (read_films(open_subject(options.run, dataset=options.data, split=s, precision="auto"))
                     for s in ("test", "val"))  # fmt: skip
    own = join(held_out, val)
    others = {path.name: measure(subject, bundle, read_films(open_other(options.run, path))) for path in options.other}
    kinds, pictures = read_pictures(options.pictures, bundle, own.labels.shape[1])
    measured = {
        "own": measure(subject, bundle, own),
        "inverted": measure(subject, bundle, own.change(lambda pixels, _: 255 - pixels)),
        "pictures": measure(subject, bundle, pictures),
        "white noise": measure(subject, bundle, own.change(draw_noise)),
        **{f"dose {dose}": measure(subject, bundle, own.change(thin(level))) for dose, level in LOW_DOSE.items()},
        **{f"γ {gamma:g}": measure(subject, bundle, own.change(bend(gamma))) for gamma in GAMMAS},
    }
    tell_scope(bundle, measured, others, kinds, held_out=len(held_out.pixels))
    plants = [*list_plants(measured, others, kinds)]
    tell_shifts(bundle, measured["own"], plants, draws=options.draws, batch=options.batch, reference=len(val.pixels))
    if other := next((films for films in others.values() if {"AP", "PA"} <= {*films.views.tolist()}), None):
        tell_views(bundle, other, draws=options.draws, batch=options.batch)
    return 0


def open_other(run: Path, dataset: Path) -> Subject:
    """All films of another archive."""
    return open_subject(run, dataset=dataset, split="all", precision="auto", treatment="keep")


def read_films(subject: Subject) -> Films:
    """One film of each patient of the subject's rows; labels of findings that the model lacks are not known."""
    dataset, rows = subject.dataset, subject.rows
    rows = rows[draw_one_each(dataset.patient_ids[rows], generator=np.random.default_rng(0))]
    contents, views = dataset.column("content"), dataset.column("view")
    states = subject.states[np.searchsorted(subject.rows, rows)].astype(np.float64)
    return Films(
        [dataset.pixels(row) for row in rows.tolist()],
        [tuple(contents[row]) for row in rows.tolist()],
        [views[row] or "" for row in rows.tolist()],
        dataset.patient_ids[rows],
        np.where(np.isin(states, (0, 1)), states, -1.0),
    )


def join(first: Films, second: Films) -> Films:
    """Both, in this order."""
    return Films(
        first.pixels + second.pixels,
        first.contents + second.contents,
        first.views + second.views,
        np.concatenate([first.patients, second.patients]),
        np.concatenate([first.labels, second.labels]),
    )


def read_pictures(folder: Path, bundle: Bundle, findings: int) -> tuple[NDArray[np.str_], Films]:
    """Kind of each picture, and the pictures as the store would have them, past the gate."""
    with (folder / "labels.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    greys = [cv2.imread(str(folder / row["file"]), cv2.IMREAD_GRAYSCALE) for row in rows]
    pixels = [prepare_picture(grey, bundle.reading).astype(np.uint8) for grey in greys]
    contents = [place(grey.astype(np.uint16), size=bundle.reading.size)[1].content for grey in greys]
    names, labels = np.array([row["file"] for row in rows]), np.full((len(rows), findings), -1.0)
    return np.array([row["kind"] for row in rows]), Films(pixels, contents, [""] * len(rows), names, labels)


def measure(subject: Subject, bundle: Bundle, films: Films) -> Measured:
    """The films in numbers; patients' names stay."""
    scope = bundle.metadata.output.scope
    assert scope is not None
    response = subject.network.predict(films.pixels)
    facts = [
        measure_film(pixels[top : top + height, left : left + width], view=view)
        for pixels, (top, left, height, width), view in zip(films.pixels, films.contents, films.views, strict=True)
    ]
    columns = join_columns(facts, scope.space.measure(response.features), response.logits)
    return Measured(columns, films.labels, films.patients, np.array(films.views))


def draw_noise(pixels: Pixels, name: str) -> Pixels:
    """White noise instead of a film, seeded by the patient."""
    generator = np.random.default_rng(list(name.encode()))
    return generator.integers(0, 256, pixels.shape, np.uint8)


def thin(severity: int) -> Callable[[Pixels, str], Pixels]:
    """Films with the quantum noise of a lower dose."""

    def change(pixels: Pixels, name: str) -> Pixels:
        return store(corrupt(climb(pixels), Rung("quantum_noise", severity), image=name), pixels.shape[0])

    return change


def bend(gamma: float) -> Callable[[Pixels, str], Pixels]:
    """Films with another display curve."""
    return lambda pixels, _: store(apply_gamma(to_shares(pixels), gamma), pixels.shape[0])


def store(share: NDArray[np.float32], size: int) -> Pixels:
    """Shares of the display range as 8-bit pixels (size, size)."""
    return np.rint(255 * cv2.resize(share, (size, size), interpolation=cv2.INTER_AREA)).astype(np.uint8)


def tell_scope(
    bundle: Bundle,
    measured: dict[str, Measured],
    others: dict[str, Measured],
    kinds: NDArray[np.str_],
    *,
    held_out: int,
) -> None:
    """Prints the AUROC of the distance against the held-out films, and the share that is flagged, of every sort."""
    scope = bundle.metadata.output.scope
    assert scope is not None
    own = measured["own"][np.arange(held_out)]
    print("| films | images | AUROC, 95 % | flagged, 95 % |\n|---|---|---|---|")
    print(f"| own, held out | {held_out} | | {tell(flag(own, scope.threshold))} |")
    pictures = measured["pictures"]
    sorts = {f"pictures: {kind}": pictures[kinds == kind] for kind in np.unique(kinds)}
    sorts = {"pictures: all": pictures, **sorts, **others}
    sorts |= {name: films for name, films in measured.items() if name not in ("own", "pictures")}
    for name, films in sorts.items():
        films = films[np.arange(held_out)] if len(films.patients) == len(measured["own"].patients) else films
        patients = np.char.add(np.concatenate([np.full(held_out, "a"), np.full(len(films.patients), "b")]),
                               np.concatenate([own.patients, films.patients]))  # fmt: skip
        labels = np.repeat([0.0, 1.0], [held_out, len(films.patients)])[:, None]
        scores = np.concatenate([own.distances, films.distances])[:, None]
        auroc = estimate_aurocs(labels, scores, patients=patients).macro
        print(f"| {name} | {len(films.patients)} | {tell(auroc)} | {tell(flag(films, scope.threshold))} |", flush=True)


def flag(films: Measured, threshold: float) -> Estimate:
    """The share of films beyond the threshold."""
    beyond = films.distances > threshold
    (share,) = estimate_shares(
        beyond[None], np.ones((1, len(beyond)), bool), patients=films.patients,
        generator=np.random.default_rng(0), why_none=["none"],
    )  # fmt: skip
    return share


def tell(estimate: Estimate) -> str:
    """Value and interval."""
    if estimate.low is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def list_plants(measured: dict[str, Measured], others: dict[str, Measured], kinds: NDArray[np.str_]) -> Iterator[Plant]:
    """All shifts that are planted in batches of the run's own films."""
    own, pictures = measured["own"], measured["pictures"]
    classes = {label: own[own.labels[:, 0] == label] for label in (0.0, 1.0)}
    for share in (0.3, 0.5):
        yield Plant(f"{share:.0%} replaced by films without the finding", "prevalence", classes[0.0], share)
    yield Plant("all replaced by films with the finding", "prevalence", classes[1.0])
    for share in (0.1, 0.2):
        yield Plant(f"{share:.0%} lateral", "view", pictures[kinds == LATERAL], share)
        yield Plant(f"{share:.0%} other regions and pictures", "region", pictures[kinds != LATERAL], share)
        yield Plant(f"{share:.0%} inverted", "inverted", measured["inverted"], share, paired=True)
    for dose in LOW_DOSE:
        yield Plant(f"dose {dose}", "noise", measured[f"dose {dose}"], paired=True)
    for gamma in GAMMAS:
        yield Plant(f"γ {gamma:g}", "greys", measured[f"γ {gamma:g}"], paired=True)
    for name, films in others.items():
        yield Plant(f"archive {name}", "films", films)


def tell_shifts(
    bundle: Bundle, own: Measured, plants: Sequence[Plant], *, draws: int, batch: int, reference: int
) -> None:
    """Prints how often each shift alarms and is named right, beside batches without any.

    Beside a prevalence, how often Fisher's test of the true labels, alone and at 5 %, would see it: no alarm that has
    only scores, and other numbers to look at, could see it more often.
    """
    print("\n| batch | cause | alarms | named right | named else |\n|---|---|---|---|---|")
    for plant in [None, *plants]:
        batches = [draw_batch(own, plant, seed, batch=batch, reference=reference) for seed in range(draws)]
        causes = [name_shift(bundle, there, films.columns) for there, films in batches]
        print(format_row(plant.name if plant else "no shift", plant and plant.cause, causes), flush=True)
        if plant and plant.cause == "prevalence":
            seen = np.mean([differs(there, films) for there, films in batches])
            print(f"| ↳ by the true labels alone | | {seen:.3f} | | |", flush=True)


def draw_batch(
    own: Measured, plant: Plant | None, seed: int, *, batch: int, reference: int
) -> tuple[Measured, Measured]:
    """A reference, and a batch of others in which the shift is planted."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(own.patients))
    there, here = order[:reference], order[reference : reference + batch]
    if plant is None:
        return own[there], own[here]
    replaced = round(plant.share * batch)
    chosen = here[:replaced] if plant.paired else generator.choice(len(plant.films.columns), replaced)
    return own[there], join_measured(plant.films[chosen], own[here[replaced:]])


def join_measured(first: Measured, second: Measured) -> Measured:
    """Both, in this order."""
    parts = ((getattr(first, each.name), getattr(second, each.name)) for each in fields(Measured))
    return Measured(*map(np.concatenate, parts))


def differs(there: Measured, here: Measured) -> bool:
    """Whether Fisher's test at 5 % tells the shares of the first finding apart, of which every label is known."""
    first, second = there.labels[:, 0] == 1, here.labels[:, 0] == 1
    return fisher_p_value(int(second.sum()), len(second), int(first.sum()), len(first)) < FALSE_ALARMS


def name_shift(bundle: Bundle, there: Measured, films: Floats) -> Cause | None:
    """The cause of the alarm, None without one."""
    scope = bundle.metadata.output.scope
    assert scope is not None
    held_against = ShiftReference(scope.basis, pack(there.columns), pack(there.labels))
    found = find_shift(held_against, films, bundle.metadata.findings)
    assert found is not None
    return found.cause


def tell_views(bundle: Bundle, films: Measured, *, draws: int, batch: int) -> None:
    """Prints alarms where the header names views: batches of one view against a reference of both."""
    for view in ("AP", "PA"):
        causes = []
        for seed in range(draws):
            order = np.random.default_rng(seed).permutation(len(films.patients))
            there, rest = order[: len(order) // 2], order[len(order) // 2 :]
            here = rest[films.views[rest] == view][:batch]
            causes.append(name_shift(bundle, films[there], films.columns[here]))
        print(format_row(f"another archive's films, {view} alone ({len(here)})", "view", causes), flush=True)


def format_row(name: str, cause: Cause | None, causes: Sequence[Cause | None]) -> str:
    """One row of the table of shifts: shares of all draws, and of the alarms."""
    alarms = [each for each in causes if each]
    right = sum(each == cause for each in alarms) / max(1, len(alarms))
    others = {each: alarms.count(each) for each in sorted({*alarms} - {cause})}
    named = ", ".join(f"{each} {count}" for each, count in others.items()) or "–"
    return (
        f"| {name} | {cause or '–'} | {len(alarms) / len(causes):.3f} | {f'{right:.3f}' if cause else '–'} | {named} |"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
