"""Text of cells, headings and captions, the same for every writer."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from analytics.briefing.facts import Briefing, Cell, Column, Section, Table
from analytics.wording import EMPTY, short

NUMERALS = "一二三四五六七八九十"
#: Units that are counted in whole numbers, as 件 is.
COUNTS = ("工作日", "次", "个")
#: Half-width characters that a line of a table holds, those a cell's edges take, the most a column asks for, a Latin letter.
LINE, PADDING, MOST, LATIN = 84, 2.5, 40, 1.3
UNBROKEN = re.compile(r"[!-~]+")


def heading(place: int, title: str) -> str:
    """Return the heading of a section by its place, 0 for the first.

    >>> heading(0, "总体情况")
    '一、总体情况'
    """
    return f"{NUMERALS[place]}、{title}"


def lines(section: Section) -> list[str]:
    """Return the paragraphs of a part: numbered where each sentence stands for itself, else one."""
    if section.key in ("needs", "advice") and len(section.sentences) > 1:
        return [f"{number}. {s.text}" for number, s in enumerate(section.sentences, start=1)]
    return ["".join(s.text for s in section.sentences)]


def shown(cell: Cell, column: Column) -> str:
    """Write a cell as people read it, without its unit, which stands in the head."""
    if cell is None:
        return EMPTY
    if isinstance(cell, str):
        return cell
    return short(float(cell), "件" if column.unit in COUNTS else column.unit)


def head(column: Column) -> str:
    """Return a column's head; the percent sign stands with each number."""
    return column.name if column.unit in ("", "%") else column.head


def mixed(table: Table) -> Table:
    """Return the table of main figures with its cells as words, since each of its rows has a unit of its own."""
    if table.id != "main":
        return table
    rows: list[tuple[Cell, ...]] = []
    for row in table.rows:
        unit = str(row[0]).rsplit("（", 1)[1].removesuffix("）")
        rows.append((row[0], *(short(c, unit) if isinstance(c, float | int) else c for c in row[1:])))
    return Table(table.id, table.title, table.columns, tuple(rows), table.note)


def is_number(table: Table, place: int) -> bool:
    """Tell whether a column holds numbers, so that they stand right, one below the other."""
    return bool(table.columns[place].unit) or (table.id == "main" and place > 0)


def widths(table: Table) -> list[float]:
    """Return each column's share of the line: no number or Latin word is broken where that fits, then by the longest."""
    columns = [(head(c), [shown(row[n], c) for row in table.rows]) for n, c in enumerate(table.columns)]
    least = [_least(name, cells) + PADDING for name, cells in columns]
    ideal = [max(low, _ideal(name, cells) + PADDING) for low, (name, cells) in zip(least, columns, strict=True)]
    spare, wish = max(0, LINE - sum(least)), sum(ideal) - sum(least)
    kept = [
        low + (most - low) * min(1.0, spare / wish if wish else 1.0) for low, most in zip(least, ideal, strict=True)
    ]
    return [k / sum(kept) for k in kept]


def across(text: str) -> float:
    """Return the room a text takes in half-width characters: a Chinese one two, a Latin one what the widest fall-back font gives it."""
    return sum(2 if east_asian_width(c) in "WFA" else LATIN for c in text)


def _least(name: str, cells: list[str]) -> float:
    """Return the least width of a column: no word broken, a head of at most three lines, no Chinese one character a line."""
    unbroken = [across(word) for cell in (name, *cells) for word in UNBROKEN.findall(cell)]
    return max([-(-across(name) // 3), *unbroken, min(8, max(map(across, cells), default=0))])


def _ideal(name: str, cells: list[str]) -> float:
    return min(MOST, max([-(-across(name) // 2), *map(across, cells)]))


def captions(briefing: Briefing) -> dict[str, str]:
    """Return id → 表 1 / 图 1 …, numbered through the text and the tables at the end."""
    found: dict[str, str] = {}
    figures = [f for s in briefing.sections for f in s.figures]
    found |= {f"figure.{f.id}": f"图 {n}" for n, f in enumerate(figures, start=1)}
    found |= {f"table.{t.id}": f"表 {n}" for n, t in enumerate(briefing.tables(), start=1)}
    return found
