"""The five kinds of measure a metric may have, each a declaration of Ibis conditions.

``source`` identifies the table and the time column that a measure reads; metrics with the same source are counted in
one query.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ibis.expr import types as ir

from analytics.metrics.moment import Moment

Condition = Callable[[ir.Table, Moment], ir.BooleanValue]
Number = Callable[[ir.Table, Moment], ir.NumericValue]


@dataclass(frozen=True)
class Flow:
    """Rows whose ``anchor`` lies in the period: a count, or the share of ``among`` that ``hit``.

    With ``amount``, its sum over those rows instead of their number.
    """

    table: str
    anchor: str
    among: Condition | None = None
    hit: Condition | None = None
    amount: Number | None = None

    @property
    def source(self) -> tuple[str, ...]:
        return ("flow", self.table, self.anchor)


@dataclass(frozen=True)
class Stock:
    """Cases open at an instant; with ``overdue``, those past due; ``among`` narrows."""

    overdue: bool = False
    among: Condition | None = None

    @property
    def source(self) -> tuple[str, ...]:
        return ("stock", str(self.overdue))


@dataclass(frozen=True)
class Duration:
    """A quantile, by Kaplan–Meier, of the time from ``anchor`` until something happened.

    ``elapsed`` is the time so far or in all; ``happened`` whether it ended by the horizon.
    ``elapsed`` of rows of ``among`` only; units are the metric's.
    """

    table: str
    anchor: str
    elapsed: Number
    happened: Condition
    quantile: float = 0.5
    among: Condition | None = None

    @property
    def source(self) -> tuple[object, ...]:
        return ("duration", self.table, self.anchor, self.elapsed, self.happened, self.among)


@dataclass(frozen=True)
class PerOfficer:
    """Cases accepted per officer-day of the rota, or open cases per officer on the rota."""

    accepted: bool

    @property
    def source(self) -> tuple[object, ...]:
        return ("officer", self.accepted)


@dataclass(frozen=True)
class ListCoverage:
    """Items of the list in force during the period that had a case ÷ all of them."""

    @property
    def source(self) -> tuple[object, ...]:
        return ("coverage",)


Measure = Flow | Stock | Duration | PerOfficer | ListCoverage
