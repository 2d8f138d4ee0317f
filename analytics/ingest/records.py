"""Lines become rows where quotes are open, doubled or missing: no line may disappear inside another."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from analytics.ingest.dialect import Dialect, shape

#: Lines that one quoted cell may span; a quote that closes later was never meant to.
MOST_LINES = 1000
#: Lines by which the form of each column is told.
FORMS_FROM = 400
OPEN_QUOTE = "引号没有闭合，已按行分开"
STRAY_QUOTE = "文字里的引号没有写成两个，已按原文保留"
DOUBTFUL = "引号没有闭合，分不清这一行各列从哪里到哪里；请给文字的两端补全引号，或另存为 .xlsx 后再导入"


@dataclass
class Records:
    """Rows of a text; ``repairs``: kind → count; ``doubtful``: position of a row → why its cells cannot be told apart."""

    rows: list[list[str]] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    doubtful: dict[int, str] = field(default_factory=dict)


class Forms:
    """What the cells of each column look like in lines that stand alone."""

    def __init__(self, lines: Iterable[str], dialect: Dialect) -> None:
        self.dialect = dialect
        self.seen: list[Counter[str]] = [Counter() for _ in range(dialect.width)]
        for line in lines:
            if len(cells := self.cells(line)) == dialect.width:
                weight = (
                    1 if '"' in line else 2
                )  # one that has quotes may be part of a text, and must not vouch for itself
                for seen, cell in zip(self.seen, cells, strict=True):
                    seen[shape(cell.strip('"'))] += weight

    @cached_property
    def of_numbers(self) -> frozenset[str]:
        """What the numbers in the first column look like; asked once all lines have been seen."""
        return frozenset(form for form, seen in self.seen[0].items() if seen > 1 and re.search("[0-9]", form))

    def cells(self, line: str) -> list[str]:
        return line.rstrip("\n").split(self.dialect.delimiter)

    def like_a_row(self, line: str) -> bool:
        """Tell whether a line is a row by itself: as many cells, most of them as their columns look."""
        if line.count(self.dialect.delimiter) != self.dialect.width - 1 or self.dialect.width < 2:
            return False
        return self.begins_a_row(line)

    def begins_a_row(self, line: str) -> bool:
        """Tell whether most cells of a line, two at least, look as the first columns do."""
        return self.begins_a_row_of(self.cells(line))

    def begins_a_row_of(self, cells: list[str]) -> bool:
        """Tell the same of cells."""
        filled = [(seen, shape(c.strip('"'))) for seen, c in zip(self.seen, cells, strict=False) if c.strip()]
        alike = sum(seen[form] > 1 for seen, form in filled)
        return alike >= 2 and 2 * alike >= len(filled)


def records_of(text: str, dialect: Dialect) -> Records:
    """Return the rows of a text whose lines end in \\n."""
    found = Records()
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    forms = Forms(lines[:FORMS_FROM], dialect)
    at = 0
    while at < len(lines):
        line = lines[at]
        if '"' not in line:
            found.rows.append(line.split(dialect.delimiter) if line else [])
            at += 1
            continue
        end = _closing(lines, at)
        row = _row(lines[at:end], dialect, forms, found.repairs) if end else None
        if row is None:
            end = at + 1
            row = _alone(line, len(found.rows), dialect, found)
        found.rows.append(row)
        at = end
    return found


def _closing(lines: list[str], at: int) -> int:
    """Return the line behind the one that closes every quote opened from ``at`` on; 0 if none does."""
    quotes = 0
    for place in range(at, min(at + MOST_LINES, len(lines))):
        quotes += lines[place].count('"')
        if quotes % 2 == 0:
            return place + 1
    return 0


def _row(lines: list[str], dialect: Dialect, forms: Forms, repairs: Counter[str]) -> list[str] | None:
    """Read lines as one row; None where they are rows of their own."""
    if len(lines) > 1 and _are_rows(lines, forms):
        return None
    text = "\n".join(lines)
    try:
        (row,) = csv.reader(
            [text + "\n"] if len(lines) == 1 else [x + "\n" for x in lines], delimiter=dialect.delimiter, strict=True
        )
    except (csv.Error, ValueError):
        row = _by_delimiters(text, dialect.delimiter)
        if len(row) != dialect.width:
            return None
        repairs[STRAY_QUOTE] += 1
    if len(lines) > 1 and len(row) != dialect.width and any(map(forms.like_a_row, lines[1:])):
        return None
    return row


def _are_rows(lines: list[str], forms: Forms) -> bool:
    """Tell whether each line has the cells of a row: two quotes that were left open, and rows between them."""
    return all(len(forms.cells(x)) == forms.dialect.width for x in lines) and any(map(forms.like_a_row, lines[1:]))


def _by_delimiters(text: str, delimiter: str) -> list[str]:
    """Cut a row whose texts hold single quotes: one ends a cell only before a delimiter."""
    closing = [(m.start(), m.end()) for m in re.finditer(rf'"\s*(?={re.escape(delimiter)}|$)', text)]
    row, at, following = [], 0, 0
    while at <= len(text):
        if text[at : at + 1] == '"':
            while following < len(closing) and closing[following][0] <= at:
                following += 1
            if following < len(closing):
                quote, end = closing[following]
                row.append(text[at + 1 : quote].replace('""', '"'))
                at = end + 1
                continue
        end = text.find(delimiter, at)
        end = len(text) if end < 0 else end
        row.append(text[at:end])
        at = end + 1
    return row


def _alone(line: str, position: int, dialect: Dialect, found: Records) -> list[str]:
    """Read a line whose quote never closes by its delimiters; doubtful where they give another number of cells."""
    cells = line.split(dialect.delimiter)
    if len(cells) == dialect.width:
        found.repairs[OPEN_QUOTE] += 1
        return [c.strip().strip('"').replace('""', '"') if '"' in c else c for c in cells]
    found.doubtful[position] = DOUBTFUL
    return list(cells)
