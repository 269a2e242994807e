"""ROC, precision and recall, and the scores of the images with and without each finding."""

from functools import partial

from xray_resnet.evaluation.analyses.findings import describe_aurocs
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.plots import plot_pr_curves, plot_roc_curves, plot_scores
from xray_resnet.evaluation.result import Plot, Result, Section


def analyse_curves(evidence: Evidence) -> Result:
    """Plots of every threshold at once."""
    shown = evidence.predictions, evidence.ranking
    made = evidence.output.operating_points
    points = {name: point.logit for name, point in made.findings.items()} if made else {}
    return Result(
        plots={
            "roc": Plot(
                partial(plot_roc_curves, *shown, points=points), describe_aurocs("ROC curves; AUROC", evidence.ranking)
            ),
            "pr": Plot(partial(plot_pr_curves, *shown), "Precision-recall curves by finding"),
            "scores": Plot(partial(plot_scores, *shown), "Histograms of scores with and without each finding"),
        },
        section=Section("Curves"),
    )
