"""The time by which a case is due: as it is written (2026-07-12前), and under the head of a limit (办结时限)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from analytics.ingest.dates import times
from analytics.ingest.limits import LIMITS
from analytics.ingest.parsing import Cells, brief, plain

DUE = "due_at"
#: So many filled cells tell what a column holds; so many rows are looked at for them.
SAMPLE, MOST_ROWS = 50, 1000
_BEFORE = r"\s*(?:之前|以前|前)\s*$"


def without_before(cells: Cells) -> Cells:
    """Return the times of “by that time”."""
    if isinstance(cells, pa.ChunkedArray):
        return pc.replace_substring_regex(cells, _BEFORE, "")
    return [re.sub(_BEFORE, "", c) if type(c) is str and c.rstrip()[-1:] == "前" else c for c in cells]


def limit_that_is_due(mapping: dict[str, int], rows: Iterable[Sequence[object]]) -> str:
    """Return the column of limits (promised_days or promised_hours) that holds times by which cases are due, '' for none.

    ``rows``: those below the heads, of which the first that are filled tell it. None where a column of such times is mapped.
    """
    limits = [c for c in LIMITS if c in mapping and DUE not in mapping]
    cells: dict[str, list[object]] = {c: [] for c in limits}
    for row in islice(rows, MOST_ROWS) if limits else ():
        for column, found in cells.items():
            if mapping[column] < len(row) and plain(row[mapping[column]]):
                found.append(row[mapping[column]])
        if all(len(found) >= SAMPLE for found in cells.values()):
            break
    return next((c for c, found in cells.items() if _are_times(found[:SAMPLE])), "")


def _are_times(filled: list[object]) -> bool:
    """Tell whether most cells are times; a bare number is one of days."""
    value, _ = times(without_before(brief(filled)), "ymd")
    dated = [
        at and not (plain(c) or "").replace(".", "", 1).isdigit() for at, c in zip(value.notna(), filled, strict=True)
    ]
    return 2 * sum(dated) > len(filled)
