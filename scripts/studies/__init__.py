"""Measurements of our own, each run by hand: `python -m scripts.studies.NAME`."""
