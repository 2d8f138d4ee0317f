"""The instants of a query (period, horizon, as-of) and what conditions look up at them in the calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics import workdays
from analytics.ledger import Ledger
from analytics.metrics.slices import Slice
from analytics.settings import Settings


@dataclass(frozen=True)
class Moment:
    """The instants of one query.

    ``horizon``: events at or after it are unknown. ``at``: the instant at which a stock is counted. ``first_day`` and
    ``last_day``: the period's. Queries take every instant from here, so that a shape of query is compiled once (see
    analytics.metrics.templates).
    """

    first_day: dt.date
    last_day: dt.date
    horizon: dt.datetime
    at: dt.datetime
    settings: Settings

    @classmethod
    def of(cls, ledger: Ledger, slice: Slice, settings: Settings) -> Moment:
        return cls(slice.start, slice.end, slice.horizon(ledger.as_of), slice.instant(ledger.as_of), settings)

    @property
    def start(self) -> dt.datetime:
        """The period's first instant."""
        return dt.datetime.combine(self.first_day, dt.time())

    @property
    def horizon_day(self) -> dt.date:
        return self.horizon.date()

    @cached_property
    def time(self) -> float:
        """Working time at the horizon, in working days since the calendar's start."""
        return float(workdays.working_time([self.horizon])[0])

    @cached_property
    def through(self) -> int:
        """Working days up to and with the day that the horizon lies in."""
        return self._through(self.horizon)

    @cached_property
    def through_at(self) -> int:
        return self._through(self.at)

    @cached_property
    def risk_until(self) -> dt.datetime:
        """The last instant at which a case that is due soon (临期) falls due."""
        days = self.settings.at_risk_days
        due: np.ndarray = workdays.due_at([self.at - dt.timedelta(microseconds=1)], days)
        return due.astype("datetime64[us]").astype(object)[0]

    @staticmethod
    def _through(instant: dt.datetime) -> int:
        day = (instant - dt.timedelta(microseconds=1)).date()
        return int(workdays.calendar()["through"].iloc[(day - workdays.FIRST).days])
