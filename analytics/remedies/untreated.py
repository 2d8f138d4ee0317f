"""How many types without a remedy moved as clearly on the day of a remedy (placebo types).

The standard error of a type is the larger of two (see ``step.strength``): one is cheap, the other takes fifty linear
systems. A type that is not as clear by the cheap one cannot be by the larger, so only the others are fitted whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from analytics.remedies.series import Series
from analytics.remedies.step import fit, most_strength, strength

#: The same number found by two ways differs by less.
ROUNDING = 1e-6


class Untreated:
    """The series of types without a remedy, each ``enough`` to be evaluated."""

    def __init__(self, series: Sequence[Series]):
        self.series = tuple(series)
        self._strengths: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self.series)

    def as_clear(self, own: float) -> int:
        """Return how many types have at least the strength ``own``, in its direction."""
        side = -1 if own < 0 else 1
        may_be = np.flatnonzero(side * self._most >= side * own - ROUNDING)
        return sum(side * self._strength(int(place)) >= side * own for place in may_be)

    @cached_property
    def _most(self) -> np.ndarray:
        return np.array([most_strength(s) for s in self.series])

    def _strength(self, place: int) -> float:
        if place not in self._strengths:
            self._strengths[place] = strength(fit(self.series[place]))
        return self._strengths[place]
