"""A report with everything that needs no network of real size, as a page for the browser."""

from dataclasses import replace
from pathlib import Path

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_triage_output
from xray_resnet.evaluation.analyses import run_analyses
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.reporting import report_on
from xray_resnet.evaluation.request import Request
from xray_resnet.store import open_dataset


def write_page(folder: Path) -> Path:
    """The report on the test split of 300 tiny images."""
    dataset = open_dataset(make_dataset(folder / "tiny", count=300))
    evidence = make_evidence(dataset, stated=make_triage_output(dataset.findings))
    results = run_analyses(replace(evidence, asked=Request(report=True)))
    page = folder / "report.html"
    page.write_text(
        render_report(evidence, {**results, "reporting": report_on(evidence, results)}, command="xray-eval --report")
    )
    return page
