"""The first numbers of the first page, and what they ask: so that it can be asked before somebody waits for it."""

from __future__ import annotations

import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics import Slice, period
from analytics.metrics.comparison import basis
from pages.common import asking
from pages.common.filters import DEFAULT_COMPARISON, OFFERED, View
from pages.common.listing import DEFAULT_PERIOD
from pages.common.periods import whole_weeks_back

FIVE = ("demand", "on_time_rate", "overdue_open", "handling_median", "satisfaction")
SPARK_WEEKS = 12


def first_view(ledger: Ledger) -> View:
    """Return the view of somebody who has chosen nothing in the filter bar."""
    slice = Slice(*period(DEFAULT_PERIOD, ledger.as_of))
    return View(ledger, slice, basis(ledger, slice, DEFAULT_COMPARISON).flows, DEFAULT_COMPARISON)


def five_numbers(view: View) -> pd.DataFrame:
    """Return the five metrics of the period beside what they are compared with (see comparison.compared)."""
    return asking.ask_compared(FIVE, view.ledger, view.basis)


def five_weekly(view: View) -> pd.DataFrame:
    """Return the five metrics of the last whole weeks."""
    return asking.ask(FIVE, view.ledger, whole_weeks_back(view, SPARK_WEEKS), grain="week")


def ask_first(ledger: Ledger) -> None:
    """Ask what the filter bar and the first numbers will ask."""
    for name in OFFERED:
        asking.values_of(ledger, name)
    view = first_view(ledger)
    five_numbers(view)
    five_weekly(view)
