"""How a text file divides its rows: told from its heads and from how evenly rows split, never from the text inside."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from analytics.ingest.heads import count_known

DELIMITERS = (",", "\t", ";", "|", "，", "；", "^", "\x01")
#: Characters and rows that a text file's shape is told by, and rows in which its heads are looked for.
SAMPLE, ROWS, HEADER_ROWS = 65536, 300, 30
_RUNS = (("[0-9]+", "9"), ("[A-Za-z]+", "A"), ("[\u4e00-\u9fff]+", "字"))


@dataclass(frozen=True)
class Dialect:
    """A delimiter and the number of cells that most rows have."""

    delimiter: str
    width: int


def dialect_of(text: str) -> Dialect:
    """Return the dialect of a text: the one with most heads that we know, then with the evenest rows."""
    sample = text[:SAMPLE]
    if len(text) > SAMPLE and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    _, found = max(
        ((_fitness(rows := _split(sample, d)), Dialect(d, _row_width(rows))) for d in DELIMITERS),
        key=lambda pair: pair[0],
    )
    return found


def _split(sample: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            rows += [row] if any(row) else []
            if len(rows) == ROWS:
                break
    except csv.Error:
        pass  # what was read until then tells as much
    return rows


def _width(rows: list[list[str]]) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 1


def _row_width(rows: list[list[str]]) -> int:
    """Return the width of most rows, or where no width is that of most (texts are broken into lines) that of the heads."""
    width = _width(rows)
    if rows and 2 * sum(len(row) == width for row in rows) <= len(rows):
        heads = max(rows[:HEADER_ROWS], key=count_known)
        return len(heads) if count_known(heads) > 1 else width
    return width


def _fitness(rows: list[list[str]]) -> tuple[int, float, int]:
    """Return the number of known heads in one row, the share of rows as wide as most, and that width."""
    width = _width(rows)
    counts = [count_known(row) for row in rows[:HEADER_ROWS] if len(row) > 1]
    among_many = sum(n > 1 for n in counts) > max(1, len(rows) / 5)  # words of the texts: heads stand once
    known = 0 if among_many or max(counts, default=0) < 2 else max(counts)
    even = sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0.0
    return known, even, width


def shape(cell: str) -> str:
    """Return the form of a cell: “GD001” is “A9”, “2026-03-01 09:00” is “9-9-9 9:9”, words are “字”."""
    cell = cell.strip()[:60]
    for pattern, letter in _RUNS:
        cell = re.sub(pattern, letter, cell)
    return cell[:16]
