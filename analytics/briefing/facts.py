"""The tree of facts of a briefing, as plain dataclasses that writers, the page and tests read."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field

Cell = str | float | int | None


@dataclass(frozen=True)
class Fact:
    """One number as it is printed (``text``) and where it comes from.

    ``how`` is metric (then metric, part, start, end, lag_days and where say how to ask the
    catalogue for ``value`` again), derived (then ``op`` of the facts ``of``), quoted (a number
    in a sentence that another package wrote, ``op`` its name), or given (a limit or target that an
    office has set, a count of days).
    """

    id: str
    text: str
    value: float | None
    unit: str
    how: str
    metric: str = ""
    part: str = "value"
    start: str = ""
    end: str = ""
    lag_days: int = 0
    where: tuple[tuple[str, str], ...] = ()
    op: str = ""
    of: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Sentence:
    """One sentence; ``original`` and ``edited_by`` stand where a person has changed it."""

    id: str
    text: str
    facts: tuple[str, ...] = ()
    original: str | None = None
    edited_by: str | None = None


@dataclass(frozen=True)
class Column:
    """One column of a table; ``unit`` 件, %, … or '' for words; a metric's code where it is one."""

    name: str
    unit: str = ""
    metric: str = ""

    @property
    def head(self) -> str:
        return f"{self.name}（{self.unit}）" if self.unit else self.name


@dataclass(frozen=True)
class Table:
    """A table: numbers are unrounded (rates fractions of 1), None is unknown, words stand as they are."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Series:
    """One line or set of bars: ``marks`` is bar or line."""

    name: str
    values: tuple[float | None, ...]
    marks: str = "bar"


@dataclass(frozen=True)
class Figure:
    """A figure from the frames of the pages: labels along the axis, series above them.

    ``kind``: columns (over time) or bars (one a group, largest on top). ``alt`` says in words
    what it shows.
    """

    id: str
    title: str
    alt: str
    kind: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Section:
    """One numbered part (一、…): sentences, then figures and tables."""

    key: str
    title: str
    sentences: tuple[Sentence, ...]
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Head:
    """What stands above and below the text."""

    title: str
    subtitle: str
    recipient: str
    secrecy: str
    number: str
    signer: str
    issuer: str
    date: str


@dataclass(frozen=True)
class Briefing:
    """Everything a writer needs; the same snapshot, period and settings give the same bytes of JSON."""

    kind: str
    period: str
    start: dt.date
    end: dt.date
    snapshot: str
    as_of: dt.datetime
    synthetic: bool
    head: Head
    notices: tuple[str, ...]
    sections: tuple[Section, ...]
    appendix: tuple[Table, ...]
    definitions: tuple[str, ...]
    footer: str
    facts: tuple[Fact, ...] = field(repr=False)

    def to_json(self) -> str:
        """Return the whole tree as JSON, keys in the order of the fields."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=lambda v: v.isoformat())

    def tables(self) -> list[Table]:
        """Return every table, those of the text first."""
        return [t for s in self.sections for t in s.tables] + list(self.appendix)
