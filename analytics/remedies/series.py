"""Counts of a type in seven-day bins around the day of effect, with the counts they are compared with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from analytics.metrics.slices import DAY, Where

BIN_DAYS = 7
#: Longer ago says less of today than it costs in strange events; longer after, a type's own
#: trend can no longer be told from the remedy.
MOST_BEFORE, MOST_AFTER = 104, 26


@dataclass(frozen=True)
class Series:
    """Counts by bin, oldest first.

    ``start``: first day of each bin (datetime64[D]); ``inside``: cases of the type where the
    remedy applies; ``others``: all other cases there; ``after``: is the bin after the effect.
    ``outside`` and ``others_outside``: the same where the remedy does not apply, None where it
    applies everywhere.
    """

    start: np.ndarray
    inside: np.ndarray
    others: np.ndarray
    after: np.ndarray
    outside: np.ndarray | None = None
    others_outside: np.ndarray | None = None

    @property
    def before_bins(self) -> int:
        return int((~self.after).sum())

    @property
    def after_bins(self) -> int:
        return int(self.after.sum())

    def cut(self, chosen: np.ndarray, after: np.ndarray) -> Series:
        """Return some of the bins, with another day of effect."""

        def of(counts: np.ndarray | None) -> np.ndarray | None:
            return None if counts is None else counts[chosen]

        return replace(
            self,
            start=self.start[chosen],
            inside=self.inside[chosen],
            others=self.others[chosen],
            after=after[chosen],
            outside=of(self.outside),
            others_outside=of(self.others_outside),
        )


@dataclass(frozen=True, eq=False)
class Daily:
    """Daily counts of every type: ``counts`` is days (from ``first``, none missing) × types.

    The last column, '', holds the cases of no type. Instances compare by identity, so that a model fitted to one may be
    cached.
    """

    first: dt.date
    counts: pd.DataFrame

    @property
    def last(self) -> dt.date:
        return self.first + dt.timedelta(days=len(self.counts) - 1)


@lru_cache(maxsize=12)
def daily(ledger: Ledger, where: Where = ()) -> Daily:
    """Return the daily demand by type (metric ``demand``) of every complete day that types reach.

    Raises NotMeasurable before the first run of discovery.
    """
    last = ledger.as_of.date() - DAY
    first = min(max(ledger.first_day or last, ledger.attached_since or dt.date.min), last)
    rows = compute("demand", ledger, Slice(first, last, where), by=("issue_type",), grain="day")
    rows = rows.assign(issue_type=rows["issue_type"].where(rows["issue_type"].notna(), ""))
    wide = rows.pivot_table(index="period", columns="issue_type", values="value", aggfunc="sum")
    days = pd.date_range(first, last)
    return Daily(first, wide.reindex(days).fillna(0).astype(int))


def binned(
    types: Collection[str],
    day: dt.date,
    everywhere: Daily,
    scoped: Daily | None = None,
    treated: Collection[str] = (),
    most_after: int = MOST_AFTER,
) -> Series:
    """Return the series of one or several types around the day of effect, with at most ``most_after`` bins after it.

    ``scoped``: the same counts where the remedy applies, None for everywhere. ``treated``: types with remedies of their
    own, which are left out of the comparison.
    """
    here = scoped or everywhere
    before = max(0, (day - here.first).days) // BIN_DAYS
    after = max(0, (here.last - day).days + 1) // BIN_DAYS
    before, after = min(before, MOST_BEFORE), min(after, most_after)
    unseen = max(0, -((day - here.first).days // BIN_DAYS))  # bins after the effect that began before the counts do
    bins = np.arange(unseen or -before, max(after, unseen))
    begin = (day - here.first).days + BIN_DAYS * (unseen or -before)
    rows = slice(begin, begin + BIN_DAYS * len(bins))

    def count(frame: pd.DataFrame, mine: bool) -> np.ndarray:
        kept = [(c in types) == mine and (mine or c not in treated) for c in frame.columns]
        counted: np.ndarray = frame.to_numpy()[rows][:, kept].sum(axis=1).reshape(-1, BIN_DAYS).sum(axis=1)
        return counted

    inside, others = count(here.counts, True), count(here.counts, False)
    series = Series(np.datetime64(day) + BIN_DAYS * bins, inside, others, bins >= 0)
    if scoped is None:
        return series
    return replace(
        series,
        outside=count(everywhere.counts, True) - inside,
        others_outside=count(everywhere.counts, False) - others,
    )
