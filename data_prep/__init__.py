"""Builds datasets from sources of radiographs."""
