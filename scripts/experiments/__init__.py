"""The experiments of Slijepcevic et al. 2024, each a declared grid of runs."""
