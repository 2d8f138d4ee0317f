"""Fewer rows that stand for many."""

from __future__ import annotations

import numpy as np


def evenly(rows: int, most: int) -> np.ndarray:
    """Return the places of ``most`` of so many rows, evenly spaced, first and last among them; all where they are fewer."""
    places: np.ndarray = np.arange(rows) if rows <= most else np.linspace(0, rows - 1, most).astype(int)
    return places
