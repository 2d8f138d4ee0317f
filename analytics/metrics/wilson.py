"""Wilson's score interval of a proportion."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

Z = NormalDist().inv_cdf(0.975)


def wilson(k: np.ndarray, n: np.ndarray, z: float = Z) -> tuple[np.ndarray, np.ndarray]:
    """Return low and high of the Wilson score interval (95% by default) of ``k`` in ``n``, NaN where n is 0.

    Source: Wilson (1927). Vectorised, as scipy's binomtest takes one proportion at a time; tests compare both.

    >>> low, high = wilson(np.array([9.0]), np.array([10.0]))
    >>> print(round(float(low[0]), 3), round(float(high[0]), 3))
    0.596 0.982
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    empty = n == 0
    low = np.where(empty, np.nan, np.clip(centre - half, 0, 1))
    return low, np.where(empty, np.nan, np.clip(centre + half, 0, 1))
