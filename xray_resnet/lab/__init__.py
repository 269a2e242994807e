"""The residual laboratory: what the theory of residual networks claims, held against a trained X-ray model.

An experiment is a file of its own: a pure estimator, what it measures on a bench, and its figure; `catalogue.py` lists
them.
"""
