"""The small tables that an office may edit (CSV, UTF-8): read with their lines, every error names file, line and remedy."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from analytics.settings import SettingsError, shown_path, text_of

_MOST_SHOWN = 60


class Line:
    """One line of a table: the value of every column, and how to say what is wrong with one."""

    def __init__(self, path: Path, number: int, values: dict[str, str]):
        self.path, self.number, self.values = path, number, values

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def refuse(self, column: str, why: str) -> SettingsError:
        """Return the error of a value: file, line, column, value, and ``why`` with the remedy."""
        shown = f"{self.values[column]:.{_MOST_SHOWN}}"
        return SettingsError(f"{shown_path(self.path)}：第 {self.number} 行「{column}」是“{shown}”，{why}")


def lines(path: Path, columns: tuple[str, ...]) -> Iterator[Line]:
    """Yield the lines below the heads; raises SettingsError for a file that is none or has other columns.

    Empty lines are passed over; a cell that is not there is empty.
    """
    rows = _rows(path)
    heads = next(rows, (1, []))[1]
    if missing := [c for c in columns if c not in heads]:
        raise SettingsError(
            f"{shown_path(path)}：第 1 行缺列「{'」「'.join(missing)}」，第 1 行应是 {','.join(columns)}"
        )
    for number, row in rows:
        if any(cell.strip() for cell in row):
            padded = [*row, *[""] * len(heads)]
            yield Line(path, number, {c: padded[heads.index(c)].strip() for c in columns})


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text_of(path), newline=""), strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error:
        raise SettingsError(
            f"{shown_path(path)}：第 {reader.line_num} 行的引号没有成对或单元格过长，请改正后再试"
        ) from None
