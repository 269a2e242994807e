"""Reporting guidelines: what an evaluation knows of each item, and what it leaves to the authors."""

from xray_resnet.evaluation.reporting.guidelines import FILE, GUIDELINES, report_on

__all__ = ["FILE", "GUIDELINES", "report_on"]
