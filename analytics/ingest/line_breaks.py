"""Texts of several lines that a program wrote without quotes: what rejoins without doubt is rejoined, the rest is said.

A row begins where cells look as the first columns do. Between two such lines a short row and what follows it are one
row when together they give exactly the head's cells, and a full row goes on in lines of one cell when its last column is
a text. Where the first column is a text, lines of one cell belong to the full row below them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from analytics.ingest.damage import SENTENCES
from analytics.ingest.dialect import Dialect, shape
from analytics.ingest.footers import is_footer
from analytics.ingest.heads import count_known, fold, synonyms, without_brackets
from analytics.ingest.records import Forms
from analytics.model import ROW_COLUMNS, TABLES, WIDE_COLUMNS

HEADER_ROWS = 30
#: Lines that one text may span.
MOST_LINES = 200
REJOINED = "文字里的换行没有加引号，断开的行已接回"


@dataclass
class Rejoined:
    """Rows in their places (what went into another is left empty), places of those rejoined, the doubtful ones and why."""

    rows: list[list[str]]
    places: list[int] = field(default_factory=list)
    doubtful: dict[int, str] = field(default_factory=dict)
    #: Place in the file of the first row.
    offset: int = 0


@dataclass(frozen=True)
class _Head:
    """Where the heads stand, and which columns are texts that people write, or of a kind that has no lines."""

    at: int
    width: int
    texts: frozenset[int]
    lineless: frozenset[int]
    #: The last column that a case cannot do without; -1 where none is known.
    needed: int


def rejoined(rows: list[list[str]], dialect: Dialect) -> Rejoined:
    """Rejoin rows of a text file, none of which has fewer cells than its heads where nothing is broken.

    Heads that come again begin a table of their own: exports put one behind the other.
    """
    starts = [0, *_heads_again(rows), len(rows)]
    whole = Rejoined([])
    for start, end in pairwise(starts):
        found = _rejoined(rows[start:end], dialect, start)
        whole.rows += found.rows
        whole.places += [start + place for place in found.places]
        whole.doubtful |= {start + place: why for place, why in found.doubtful.items()}
    return whole


def _heads_again(rows: list[list[str]]) -> list[int]:
    """Return the places of rows below the first heads that are heads for the most part."""
    heads = [place for place, row in enumerate(rows) if len(row) > 1 and _is_heads(row)]
    return heads[1:]


def _is_heads(row: list[str]) -> bool:
    if any(c[:1].isdigit() for c in row):  # most rows hold a day, no head begins so
        return False
    known = count_known(row)
    return known > 1 and 2 * known > sum(map(bool, row))


def _rejoined(rows: list[list[str]], dialect: Dialect, offset: int) -> Rejoined:
    found = Rejoined(rows, offset=offset)
    head = _head(rows, dialect)
    if head is None or not _uneven(rows, head):
        return found
    forms = _forms(rows, head, dialect)
    ends = Counter(row[-1].strip() for row in rows[head.at + 1 :] if len(row) == head.width)
    for start, end in _groups(rows, head, forms):
        _settle(found, head, forms, ends, start, end)
    return found


def _head(rows: list[list[str]], dialect: Dialect) -> _Head | None:
    known = [count_known(row) for row in rows[:HEADER_ROWS]]
    at = known.index(max(known)) if max(known, default=0) > 1 else _first_full(rows, dialect.width)
    if at is None or len(rows[at]) < 2:
        return None
    kinds = {c.name: c.kind for t in TABLES.values() for c in t.columns}
    kinds |= {c.name: c.kind for c in (*WIDE_COLUMNS, *ROW_COLUMNS)}
    columns = [_column(cell) for cell in rows[at]]
    texts = {i for i, name in enumerate(columns) if name in SENTENCES}
    lineless = {i for i, name in enumerate(columns) if name == "case_no" or kinds.get(name, "text") != "text"}
    needed = max((i for i, name in enumerate(columns) if name in ("case_no", "accepted_at")), default=-1)
    return _Head(at, len(rows[at]), frozenset(texts), frozenset(lineless), needed)


def _first_full(rows: list[list[str]], width: int) -> int | None:
    return next((i for i, row in enumerate(rows[:HEADER_ROWS]) if len(row) == width), None)


def _column(head: str) -> str:
    """Return the ledger's column that a head is known by, '' for none."""
    folded = fold(head)
    words = {folded, without_brackets(folded)} - {""}
    return next((column for column, heads in synonyms().items() if words & set(heads)), "")


def _uneven(rows: list[list[str]], head: _Head) -> bool:
    return any(row and len(row) < head.width for row in rows[head.at + 1 :])


def _forms(rows: list[list[str]], head: _Head, dialect: Dialect) -> Forms:
    """Return what the columns look like in full rows; the row below the heads begins one in any case, the others together."""
    forms = Forms([], Dialect(dialect.delimiter, head.width))
    body = [row for row in rows[head.at + 1 :] if any(row)]
    for row in (body[:1] * 2) + [row for row in body[:400] if len(row) == head.width]:
        for seen, cell in zip(forms.seen, row[:-1] if len(row) < head.width else row, strict=False):
            seen[shape(cell)] += 1
    return forms


def _groups(rows: list[list[str]], head: _Head, forms: Forms) -> Iterator[tuple[int, int]]:
    """Cut the rows below the heads where one begins: a full or long one, or a short one that looks so."""
    last = _last(rows)
    start = head.at + 1
    while start < last:
        end, cells = start + 1, len(rows[start])
        while end < last and end - start < MOST_LINES:
            row = rows[end]
            goes_on = cells < head.width or len(row) < head.width
            if not goes_on or forms.begins_a_row_of(row) or (cells >= head.width and _has_number(row, forms)):
                break
            cells += max(len(row), 1) - 1
            end += 1
        yield start, end
        start = end


def _has_number(row: list[str], forms: Forms) -> bool:
    """Tell whether a row of several cells begins as the numbers of the others do."""
    return len(row) > 1 and shape(row[0]) in forms.of_numbers


def _last(rows: list[list[str]]) -> int:
    """Return the place behind the last row that is part of the table: behind it stand totals and signatures."""
    end = len(rows)
    for place in range(len(rows) - 1, max(len(rows) - 8, 0), -1):
        filled = [c for c in rows[place] if c.strip()]
        if filled and not is_footer(filled[0]):
            break
        end = place
    return end


def _settle(found: Rejoined, head: _Head, forms: Forms, ends: Counter[str], start: int, after: int) -> None:
    """Rejoin the lines of one group, or call them doubtful; empty lines at its end belong to nothing."""
    rows, end = found.rows, after
    while end > start + 1 and not any(rows[end - 1]):
        end -= 1
    lines = rows[start:end]
    if not any(lines[0]):
        return
    ended = any(len(line) >= head.width for line in lines[1:])
    before_next = 0 in head.texts and not ended and after < len(rows) and len(rows[after]) >= head.width
    if len(lines) > 1 and _certain(lines, head, forms) and not (before_next and _ends_in_single(lines)):
        _join(found, start, end, start)
        return
    whole = len(lines[0]) >= head.width and (len(lines) == 1 or _whole(lines[0], head, forms, ends))
    first = start + whole  # the first line of which it is not clear where it belongs
    if first < end and not ended and _begins_the_next(rows, head, first, after):
        _call_doubtful(found, first, after + 1)
    elif before_next and first < end:
        if all(len(line) <= 1 for line in rows[first:end]) and len(rows[after]) == head.width:
            _join(found, first, after + 1, after)
        else:
            _call_doubtful(found, first, after + 1)
    elif len(lines) > 1 and not whole:
        _call_doubtful(found, start, end)


def _begins_the_next(rows: list[list[str]], head: _Head, first: int, after: int) -> bool:
    """Tell whether a line of several cells, too short to be a case, stands before a full row: its text may end there."""
    line = rows[first]
    short = 2 <= len(line) <= head.needed and len(line) < head.width and not is_footer(line[0])
    return short and after < len(rows) and len(rows[after]) >= head.width


def _ends_in_single(lines: list[list[str]]) -> bool:
    """Tell whether the last line might as well begin the next row, whose first column is a text."""
    return len(lines[-1]) == 1


def _join(found: Rejoined, start: int, end: int, place: int) -> None:
    """Put lines together as one row that stands in the place of one of them."""
    row = _joined(found.rows[start:end])
    found.rows[start:end] = [row if at == place else [] for at in range(start, end)]
    found.places.append(place)


def _call_doubtful(found: Rejoined, start: int, end: int) -> None:
    why = _doubt(found.offset + start, found.offset + end)
    found.doubtful |= {place: why for place in range(start, end) if any(found.rows[place])}


def _certain(lines: list[list[str]], head: _Head, forms: Forms) -> bool:
    """Tell whether lines are one row beyond doubt: they give the head's cells, and are broken in columns that hold texts."""
    cells, places = len(lines[0]), set()
    for line in lines[1:]:
        places.add(cells - 1)
        cells += max(len(line), 1) - 1
    if cells != head.width or places & head.lineless:
        return False
    if head.texts and not places <= head.texts:
        return False
    if any(len(line) == 1 and shape(line[0]) in forms.of_numbers for line in lines[1:]):
        return False
    return forms.begins_a_row_of(_joined(lines))


def _joined(lines: list[list[str]]) -> list[str]:
    row = list(lines[0])
    for line in lines[1:]:
        first, *rest = line or [""]
        row[-1] += "\n" + first
        row += rest
    return row


def _whole(row: list[str], head: _Head, forms: Forms, ends: Counter[str]) -> bool:
    """Tell whether the last cell of a full row is certainly not cut: others' value, or as those of a kind without lines."""
    place = head.width - 1
    value = row[place].strip()
    return bool(value) and (ends[value] > 1 or (place in head.lineless and forms.seen[place][shape(value)] > 1))


def _doubt(start: int, end: int) -> str:
    return (
        f"第 {start + 1}～{end} 行多半是一件工单的文字换了行又没有加引号，接不准，所以都没有导入；"
        "请从原系统导出 .xlsx，或给文字加引号后再导入"
    )
