"""The audit of the labels: how many are wrong, as far as networks can tell that did not see the films, and which."""

from datetime import timedelta

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.label_audit import GOOD_AUROC, LabelAudit, audit_labels
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.evaluation.result import Caveat, Concern, Rank, Result, Section
from xray_resnet.evaluation.work_list import PAGE_FILE, TABLE_FILE, format_table, render_work_list
from xray_resnet.pages.numbers import to_title

_MAYBE_SEEN = (
    "It is not known whether the network was fitted to these patients. If it was, it may have learnt wrong labels of "
    "theirs, and the audit misses them."
)


def analyse_audit(evidence: Evidence) -> Result:
    """Rates of wrong labels by finding, and the work list of those that are most likely wrong."""
    audit = audit_labels(evidence)
    rates = [
        rate
        for finding in audit.findings
        if finding.noise
        for rate in (finding.noise.wrong, finding.noise.wrong_positives, finding.noise.wrong_negatives)
    ]
    values = {
        "audit": audit,
        "synthetic": evidence.dataset.synthetic,
        "methods": letter_methods(rates),
        "took": _tell_time(evidence) if audit.held_out.folds else "",
        "page": PAGE_FILE,
        "table": TABLE_FILE,
    }
    return Result(
        figures={"label_audit": audit.to_json()},
        section=Section("Labels", values),
        warnings=_warn(audit),
        files={
            PAGE_FILE: render_work_list(evidence, audit).encode(),
            TABLE_FILE: format_table(evidence, audit).encode(),
        },
    )


def _tell_time(evidence: Evidence) -> str:
    """How long the network's own training took; empty if it is not known."""
    seconds = evidence.asked.retraining.seconds if evidence.asked.retraining else None
    return "" if seconds is None else str(timedelta(seconds=round(seconds)))


def _warn(audit: LabelAudit) -> list[Caveat]:
    warnings = []
    if not audit.held_out.is_known:
        warnings.append(Caveat(Rank.CAUTION, "audited_images_maybe_seen", _MAYBE_SEEN, Concern.LEAK))
    if audit.weak:
        named = ", ".join(to_title(finding.name) for finding in audit.weak)
        text = f"The networks rank too badly to tell wrong labels from hard films (AUROC below {GOOD_AUROC}): {named}. "
        text += "Most labels that are listed may be right, and far fewer wrong than estimated."
        warnings.append(Caveat(Rank.CAUTION, "weak_judge_of_labels", text, Concern.SAMPLE))
    if audit.suspects:
        text = f"Networks disagree most with {len(audit.suspects)} labels; the work list has their films."
        warnings.append(Caveat(Rank.NOTE, "labels_to_look_at", text, Concern.SAMPLE))
    return warnings
