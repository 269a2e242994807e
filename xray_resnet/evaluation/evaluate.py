"""A run and a dataset to metrics, predictions and, where asked for, a report."""

import shlex
from pathlib import Path

import numpy as np

from xray_resnet.evaluation.overlays import draw_examples, write_overlays
from xray_resnet.evaluation.pointing import Localisation, localise
from xray_resnet.evaluation.predict import ModelOutput, predict
from xray_resnet.evaluation.predictions import FILE, Predictions, write_predictions
from xray_resnet.evaluation.report import Report, render_report
from xray_resnet.evaluation.selection import select_examples
from xray_resnet.evaluation.subject import Subject, find_dataset, open_subject
from xray_resnet.evaluation.summary import Summary, summarise
from xray_resnet.evaluation.thumbnails import MOST_IMAGES, fit_baseline
from xray_resnet.files import write_json, write_text
from xray_resnet.metrics import Aurocs, estimate_aurocs
from xray_resnet.metrics.bootstrap import RESAMPLES
from xray_resnet.precision import RequestedPrecision
from xray_resnet.progress import Progress


def evaluate(
    run_or_bundle: Path,
    *,
    dataset: Path | None = None,
    split: str = "test",
    report: bool = False,
    precision: RequestedPrecision = "auto",
    resamples: int = RESAMPLES,
    seed: int = 0,
    baseline: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Evaluates a model on one split of a dataset.

    Args:
        run_or_bundle: A run folder, or a bundle folder.
        dataset: The dataset folder; without it, the one that the run was trained on.
        split: train, val, test or all.
        report: Also write report.html, localisation.json and the overlays.
        precision: fp32, bf16, or auto: bf16 only where the processor computes in it.
        resamples: Bootstrap resamples of the patients.
        seed: Seed of the bootstrap.
        baseline: In the report, fit the thumbnails' baseline where the training images are few enough.
        progress: Told how many images are done.

    Returns:
        The folder `RUN/eval/<dataset>-<split>` with predictions.parquet and metrics.json; the latter is written last,
        so that where it is, the evaluation is complete.

    Raises:
        UserError: if run, dataset or split are missing, or the model and the dataset do not belong together.
    """
    source = dataset or find_dataset(run_or_bundle)
    subject = open_subject(run_or_bundle, dataset=source, split=split, precision=precision)
    output = predict(
        subject.model,
        subject.dataset,
        rows=subject.rows,
        columns=[*subject.outputs.values()],
        model_input=subject.bundle.model_input,
        engine=subject.engine,
        progress=progress,
    )
    predictions, summary = _summarise(subject, output, resamples, np.random.default_rng(seed))
    metrics = subject.folder / "metrics.json"
    metrics.unlink(missing_ok=True)
    write_predictions(subject.folder / FILE, predictions, metadata=_describe_table(summary))
    if report:
        words = ["xray-eval", "--run", run_or_bundle, "--data", source, "--split", split, "--report"]
        words += ["--precision", subject.engine.precision, "--resamples", resamples, "--seed", seed]
        command = shlex.join(map(str, words))
        _write_report(
            subject, output, predictions, summary, command=command, resamples=resamples, seed=seed, baseline=baseline
        )
    write_json(metrics, summary.to_json())
    return subject.folder


def _summarise(
    subject: Subject, output: ModelOutput, resamples: int, generator: np.random.Generator
) -> tuple[Predictions, Summary]:
    dataset, rows = subject.dataset, subject.rows
    predictions = Predictions(
        subject.findings, dataset.image_ids[rows], dataset.patient_ids[rows], subject.states, output.logits
    )
    summary = summarise(
        predictions,
        dataset=dataset.name,
        split=subject.split,
        split_sha256=dataset.split_sha256,
        model=subject.describe_model(),
        resamples=resamples,
        generator=generator,
    )
    return predictions, summary


def _write_report(
    subject: Subject,
    output: ModelOutput,
    predictions: Predictions,
    summary: Summary,
    *,
    command: str,
    resamples: int,
    seed: int,
    baseline: bool,
) -> None:
    generator = np.random.default_rng(seed)
    localisation = localise(
        subject.dataset,
        subject.rows,
        output.peaks,
        cells=output.cells,
        findings=subject.findings,
        resamples=resamples,
        generator=generator,
    )
    overlays = draw_examples(
        subject.model,
        subject.dataset,
        select_examples(predictions),
        rows=subject.rows,
        outputs=subject.outputs,
        model_input=subject.bundle.model_input,
        engine=subject.engine,
    )
    page = Report(
        summary=summary,
        predictions=predictions,
        dataset=subject.dataset,
        overlays=overlays,
        localisation=_unless_empty(localisation),
        baseline=_evaluate_baseline(subject, predictions, resamples, generator) if baseline else None,
        unmatched=subject.describe_unmatched_findings(),
        command=command,
        resamples=resamples,
        seed=seed,
    )
    write_overlays(subject.folder, overlays)
    write_json(subject.folder / "localisation.json", localisation.to_json())
    write_text(subject.folder / "report.html", render_report(page))


def _evaluate_baseline(
    subject: Subject, predictions: Predictions, resamples: int, generator: np.random.Generator
) -> Aurocs | None:
    """AUROC of the thumbnails' baseline; None without training images, or with very many."""
    if not 0 < len(subject.dataset.indices("train")) <= MOST_IMAGES:
        return None
    fitted = fit_baseline(subject.dataset, subject.rows, findings=subject.findings)
    patients = predictions.patient_ids
    return estimate_aurocs(
        predictions.labels, fitted.logits, patients=patients, generator=generator, resamples=resamples
    )


def _unless_empty(localisation: Localisation) -> Localisation | None:
    return localisation if localisation.n_cases else None


def _describe_table(summary: Summary) -> dict[str, str]:
    model = {name: str(summary.model[name]) for name in ("name", "engine", "precision")}
    return {"dataset": summary.dataset, "split": summary.split, "split_sha256": summary.split_sha256, **model}
