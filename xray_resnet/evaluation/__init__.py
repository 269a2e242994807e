"""Predictions to metrics and a report."""
