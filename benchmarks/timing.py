"""Medians of repeated runs, side by side: on a shared machine only the ratio says anything."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

RUNS = 5


def side_by_side(contestants: dict[str, Callable[[], object]], runs: int = RUNS) -> dict[str, float]:
    """Return the median seconds of each, after one run that does not count, taken in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(runs + 1):
        for name, run in contestants.items():
            started = time.perf_counter()
            run()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}
