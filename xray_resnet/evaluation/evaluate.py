"""A run and a dataset to metrics, predictions and, if asked for, a report."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xray_resnet.bundle import amend_bundle
from xray_resnet.bundle.onnx_file import FEATURES, names_of_outputs
from xray_resnet.errors import UserError
from xray_resnet.evaluation.amend_options import DEFAULT, AmendOptions
from xray_resnet.evaluation.amendment import Amendment, describe_amendment, find_amendment
from xray_resnet.evaluation.analyses import choose_analyses, run_analyses
from xray_resnet.evaluation.answers import FOLDER, Answers
from xray_resnet.evaluation.evidence import DEFAULT_CHANCE, Chance, Evidence
from xray_resnet.evaluation.find_scope import find_scope
from xray_resnet.evaluation.image_facts import check_groupable
from xray_resnet.evaluation.images import StoredImages
from xray_resnet.evaluation.internal import METRICS, Internal, find_internal, find_own_dataset
from xray_resnet.evaluation.internal import SPLIT as OWN_SPLIT
from xray_resnet.evaluation.overlays import FOLDER as OVERLAYS
from xray_resnet.evaluation.predictions import FILE, Predictions, write_predictions
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.reporting import report_on
from xray_resnet.evaluation.request import DEFAULT_REQUEST, Request
from xray_resnet.evaluation.result import Results, list_warnings
from xray_resnet.evaluation.seen import Treatment
from xray_resnet.evaluation.shift_reference import make_shift_reference
from xray_resnet.evaluation.subject import Subject, find_dataset, open_subject
from xray_resnet.evaluation.training_record import read_training_record
from xray_resnet.files import write_bytes, write_json, write_text
from xray_resnet.map_grid import FIELD_CENTRE
from xray_resnet.precision import RequestedPrecision
from xray_resnet.progress import ShowWork, work_in_silence

SCHEMA_VERSION = 2
"""Of metrics.json; a change that a reader could stumble over raises it."""
_NO_FEATURES = "the bundle is of a release whose ONNX files do not give features; train again to have a scope"
MOST_MIRRORED = 128
"""Images that are looked at in the mirror, too, to learn where the cells of maps look."""


def _keep_quiet(sentence: str) -> None:
    """Tells nobody."""


def evaluate(
    run_or_bundle: Path,
    *,
    dataset: Path | None = None,
    split: str = "test",
    asked: Request = DEFAULT_REQUEST,
    options: AmendOptions = DEFAULT,
    precision: RequestedPrecision = "auto",
    treatment: Treatment = "refuse",
    chance: Chance = DEFAULT_CHANCE,
    show: ShowWork = work_in_silence,
    tell: Callable[[str], None] = _keep_quiet,
) -> Path:
    """Evaluates a model on one split of a dataset.

    Args:
        run_or_bundle: A run folder, or a bundle folder.
        dataset: The dataset folder; without it, the one that the run was trained on.
        split: train, val, test or all.
        asked: Which analyses run, and how.
        options: Whether the bundle is given the calibration, the operating points and the triage that are found on
            these images, and how; on the validation split of the run's own data it is.
        precision: fp32, bf16, or auto: bf16 only where the processor computes in it.
        treatment: Of another dataset's patients that the model was fitted to.
        chance: How intervals are drawn.
        show: Shows how far the work is.
        tell: Told in a sentence what the bundle was given.

    Returns:
        The folder `RUN/eval/<dataset>-<split>` with predictions.parquet and metrics.json; the latter is written last,
        so that where it is, the evaluation is complete.

    Raises:
        UserError: if run, dataset or split are missing, the model and the dataset do not belong together, the model
            was fitted to the patients, or the bundle would be amended on images that it was fitted to.
        ConfigurationError: if there is no analysis of a name, or no such column to group by.
    """
    chosen = choose_analyses(asked)
    source = dataset or find_dataset(run_or_bundle)
    subject = open_subject(run_or_bundle, dataset=source, split=split, precision=precision, treatment=treatment)
    check_groupable(subject.dataset, asked.subgroups)
    internal = None
    if "external" in chosen and not subject.is_own_data:
        internal = _evaluate_own(subject, precision=precision, chance=chance, show=show, tell=tell)
    gathered = gather_evidence(subject, chance, options=options, show=show)
    evidence = replace(gathered, asked=asked, internal=internal)
    found = run_analyses(evidence)
    results = {**found, "reporting": report_on(evidence, found)} if asked.report and not asked.only else found
    (subject.folder / METRICS).unlink(missing_ok=True)
    write_predictions(subject.folder / FILE, evidence.predictions, metadata=_describe_table(evidence))
    if asked.report:
        command = _format_command(run_or_bundle, source, evidence, options)
        page = render_report(evidence, results, command=command, language=asked.language)
        write_text(subject.folder / "report.html", page)
        _remove_overlays(subject.folder, results)
    _write_files(subject.folder, results)
    if evidence.amendment is not None:
        amend_bundle(subject.bundle, evidence.amendment.output)
        tell(describe_amendment(evidence.amendment.output))
    write_json(subject.folder / METRICS, build_metrics(evidence, results))
    return subject.folder


def _evaluate_own(subject: Subject, *, tell: Callable[[str], None], **how: Any) -> Internal | None:
    """What the model says of its own test split, to hold other data against; if nobody has asked it, it is asked now.

    None if it was not asked, and cannot be.
    """
    bundle, training_data = subject.bundle.folder, subject.bundle.metadata.training_data
    own = find_own_dataset(bundle, training_data)
    found = find_internal(bundle, training_data, own=own)
    if found or own is None or own.name == subject.dataset.name or not len(own.indices(OWN_SPLIT)):
        return found
    tell(f"first {own.name}-{OWN_SPLIT}, the model's own held-out images, to hold {subject.dataset.name} against them")
    evaluate(bundle, dataset=own.folder, split=OWN_SPLIT, options=AmendOptions(amend=False), tell=tell, **how)
    return find_internal(bundle, training_data, own=own)


def gather_evidence(
    subject: Subject, chance: Chance, *, options: AmendOptions = DEFAULT, show: ShowWork = work_in_silence
) -> Evidence:
    """Asks the network about every image; if the bundle is to be amended, finds with what, and writes nothing.

    Args:
        subject: The model and the images.
        chance: How intervals are drawn.
        options: Whether the bundle is to be amended, and how.
        show: Shows how far the work is.

    Raises:
        UserError: if the options do not fit the model and the images, or scores are no numbers.
    """
    prevalences = options.resolve_prevalences(subject.findings)
    is_amended = options.is_wanted(split=subject.split, own_data=subject.is_own_data)
    dataset, rows, network = subject.dataset, subject.rows, subject.network
    images = StoredImages(dataset, rows)
    some = StoredImages(dataset, rows[np.linspace(0, len(rows) - 1, min(MOST_MIRRORED, len(rows))).astype(int)])
    boxed = {place for place, row in enumerate(rows.tolist()) if dataset.boxes(row)}
    with show("evaluating", "images") as progress:
        response = network.predict(
            images,
            known=images.read_facts(network.facts),
            mapped=boxed,
            offset=network.measure_offset(some) if boxed else FIELD_CENTRE,
            progress=progress,
        )
    if broken := int((~np.isfinite(response.logits)).any(axis=1).sum()):
        raise UserError(
            f"{subject.bundle.folder}: its scores of {broken} of {len(rows)} images are no numbers; train anew"
        )
    ids, patients = dataset.image_ids[rows], dataset.patient_ids[rows]
    predictions = Predictions(subject.findings, ids, patients, subject.states, response.logits)
    model = subject.describe_model()
    answers = Answers(subject.folder / FOLDER, subject.fingerprint)
    evidence = Evidence(
        dataset, subject.split, rows, predictions, response.peaks, response.features, model, network, chance,
        maps=response.maps, answers=answers, show=show, stated=subject.bundle.metadata.output, prevalences=prevalences,
        seen=subject.seen, record=read_training_record(subject.bundle),
    )  # fmt: skip
    return _find_amendment(evidence, subject, options) if is_amended else evidence


def _find_amendment(evidence: Evidence, subject: Subject, options: AmendOptions) -> Evidence:
    """The evidence with what its images say of the meaning of logits."""
    amendment = find_amendment(
        evidence.predictions,
        basis=evidence.basis,
        findings=subject.bundle.metadata.findings,
        criterion=options.criterion,
        prevalences=evidence.prevalences,
        seed=evidence.chance.seed,
        promises=options.resolve_promises(),
    )
    return replace(evidence, amendment=_add_scope(amendment, evidence, subject))


def _add_scope(amendment: Amendment, evidence: Evidence, subject: Subject) -> Amendment:
    """The amendment with the scope that the model's own validation split shows; on others the bundle keeps its own."""
    stated = subject.bundle.metadata.output
    if not (subject.is_own_data and subject.split == "val"):
        return replace(amendment, output=replace(amendment.output, scope=stated.scope, shift=stated.shift))
    if FEATURES not in names_of_outputs(subject.bundle.onnx):
        return replace(amendment, why_no_scope=_NO_FEATURES)
    found = find_scope(evidence)
    if isinstance(found, str):
        return replace(amendment, why_no_scope=found)
    shift = make_shift_reference(evidence, found)
    return replace(amendment, output=replace(amendment.output, scope=found, shift=shift))


def build_metrics(evidence: Evidence, results: Results) -> dict[str, Any]:
    """The content of metrics.json: what was evaluated, the figures of the analyses, and their warnings."""
    return {
        "schema_version": SCHEMA_VERSION,
        "dataset": evidence.dataset.name,
        "split": evidence.split,
        "split_sha256": evidence.dataset.split_sha256,
        "n_images": len(evidence.rows),
        "n_patients": len(np.unique(evidence.predictions.patient_ids)),
        **{key: value for result in results.values() for key, value in result.figures.items()},
        "warnings": [caveat.to_json() for caveat in list_warnings(results)],
    }


def _write_files(folder: Path, results: Results) -> None:
    """Writes the files of the analyses."""
    for result in results.values():
        for name, content in result.files.items():
            write_bytes(folder / name, content)


def _remove_overlays(folder: Path, results: Results) -> None:
    """Removes the overlays of an evaluation before that this one does not have."""
    kept = {folder / name for result in results.values() for name in result.files}
    for path in (folder / OVERLAYS).glob("*.png"):
        if path not in kept:
            path.unlink()


def _format_command(run_or_bundle: Path, dataset: Path, evidence: Evidence, options: AmendOptions) -> str:
    """The command that makes the report again."""
    words = ["xray-eval", "--run", run_or_bundle, "--data", dataset, "--split", evidence.split]
    words += ["--precision", evidence.model["precision"], *evidence.asked.list_words()]
    if evidence.seen.patients:
        words += ["--seen", "leave_out" if evidence.seen.left_out else "keep"]
    words += options.list_words()
    words += ["--resamples", evidence.chance.resamples, "--seed", evidence.chance.seed]
    return shlex.join(map(str, words))


def _describe_table(evidence: Evidence) -> dict[str, str]:
    model = {name: str(evidence.model[name]) for name in ("name", "engine", "precision")}
    dataset = evidence.dataset
    return {"dataset": dataset.name, "split": evidence.split, "split_sha256": dataset.split_sha256, **model}
