"""Cells that say “as above”: 同上, 〃."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics.ingest.parsing import Cells

FILLED = "“同上”已按上一行的值填"
WORDS = ("同上", "同上。", "同前", "〃", "″", "ditto")
_WORDS = frozenset(WORDS)


def filled(cells: Cells) -> tuple[Cells, int]:
    """Return the cells of a column with the value of the row above where they say so, and how many do."""
    if isinstance(cells, pa.ChunkedArray):
        says = pc.is_in(pc.utf8_trim_whitespace(cells), value_set=pa.array(WORDS))
        if not pc.any(says).as_py():
            return cells, 0
        places = np.flatnonzero(says.to_numpy())
        return _filled(cells.to_pylist(), places), len(places)
    found = [i for i, c in enumerate(cells) if type(c) is str and c.strip() in _WORDS]
    return (_filled(list(cells), np.array(found)), len(found)) if found else (cells, 0)


def _filled(cells: list[object], places: np.ndarray) -> list[object]:
    for place in places.tolist():
        cells[place] = cells[place - 1] if place else None
    return cells
