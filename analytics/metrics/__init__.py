"""Metrics: the catalogue of definitions, and ``compute``, the only way to evaluate one."""

from analytics.metrics.catalogue import CATALOGUE, Metric
from analytics.metrics.compute import compute, compute_many, unmet
from analytics.metrics.query import NotMeasurable
from analytics.metrics.slices import COMPARISONS, PERIODS, Slice, period

__all__ = [
    "CATALOGUE",
    "COMPARISONS",
    "PERIODS",
    "Metric",
    "NotMeasurable",
    "Slice",
    "compute",
    "compute_many",
    "period",
    "unmet",
]
