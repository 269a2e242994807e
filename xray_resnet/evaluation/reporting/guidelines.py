"""The guidelines, filled in when all analyses are done."""

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.reporting.checklist import OPEN, fill_checklist, format_csv
from xray_resnet.evaluation.reporting.claim import CLAIM
from xray_resnet.evaluation.reporting.known import Known
from xray_resnet.evaluation.reporting.tripod import TRIPOD_AI
from xray_resnet.evaluation.result import Result, Results, Section

GUIDELINES = (CLAIM, TRIPOD_AI)
FILE = "reporting.csv"
SCHEMA_VERSION = 1
"""Of `reporting` in metrics.json."""


def report_on(evidence: Evidence, results: Results) -> Result:
    """The guidelines with what the evaluation knows; unlike an analysis it looks at what the analyses found."""
    known = Known(evidence, results)
    checklists = [fill_checklist(guideline, known) for guideline in GUIDELINES]
    figures = {checklist.guideline.key: checklist.to_json() for checklist in checklists}
    return Result(
        figures={"reporting": {"schema_version": SCHEMA_VERSION, "guidelines": figures}},
        section=Section("Reporting guidelines", {"checklists": checklists, "open": OPEN, "file": FILE}),
        files={FILE: format_csv(checklists).encode()},
    )
