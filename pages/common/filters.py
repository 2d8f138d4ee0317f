"""The filter bar that every page shares; its state is the address, so a view is a link."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import streamlit as st

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics import COMPARISONS, PERIODS, Slice
from analytics.metrics.comparison import Basis, basis, said
from analytics.wording import days
from pages.address import inputs, parameters
from pages.common import asking
from pages.common.listing import DEFAULT_PERIOD, EARLIEST, FILTERS, LATEST, last_day, period_of, where_of

#: Dimensions whose values the ledger itself offers.
OFFERED = ("department", "channel", "street")
#: The first day that can be looked back to.
FIRST_AS_OF = dt.date(2004, 1, 2)
DEFAULT_COMPARISON = next(iter(COMPARISONS))


@dataclass(frozen=True)
class View:
    """What the filter bar says: the ledger, the slice, and the slice to compare with."""

    ledger: Ledger
    slice: Slice
    before: Slice | None
    comparison: str

    @property
    def before_name(self) -> str:
        return COMPARISONS[self.comparison]

    @property
    def basis(self) -> Basis:
        """What the period is compared with, and how (see analytics.metrics.comparison)."""
        return basis(self.ledger, self.slice, self.comparison)


def filter_bar() -> View:
    """Draw the bar and return the view it describes; raises StoreError for an empty store."""
    newest = asking.ledger()
    today = last_day(newest)
    as_of = inputs.day_named("as_of", today, min(FIRST_AS_OF, today), today)
    view = newest
    if as_of < today:
        with st.spinner(f"正在还原 {as_of:%Y-%m-%d} 收工时的台账……"):
            view = asking.ledger(as_of)
            _ = view.reader
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        name = inputs.choose("统计期", "period", tuple(PERIODS), default=DEFAULT_PERIOD, words=PERIODS.get, width=110)
        if name == "own":
            _own_days(last_day(view))
        comparison = inputs.choose("对比", "compare", tuple(COMPARISONS), words=COMPARISONS.get, width=120)
        for dimension in FILTERS:
            _choose(newest, dimension)
        _choose_as_of(today)
    query = parameters.query()
    slice = Slice(*period_of(query, view)).narrowed(**where_of(query, view, FILTERS))
    return View(view, slice, basis(view, slice, comparison).flows, comparison)


def _own_days(today: dt.date) -> None:
    first = inputs.day("从", "from", default=today.replace(day=1), least=EARLIEST, most=LATEST, width=140)
    last = inputs.day("到", "to", default=today, least=EARLIEST, most=LATEST, width=140)
    if last < first:
        parameters.not_understood("to", f"{last}")


def _choose(ledger: Ledger, name: str) -> None:
    """Offer the values of a dimension that the ledger has."""
    label = model.DIMENSIONS[name]
    if ledger.lacks((name,)):
        return
    options = list(model.MODULES) if name == "module" else asking.values_of(ledger, name)
    inputs.choose_some(
        label,
        name,
        [*options, model.UNKNOWN],
        words=lambda v: model.label_of(name, v),
        placeholder="全部",
        width=166,
    )


def _choose_as_of(today: dt.date) -> None:
    with st.popover("截至日", icon=":material/event:"):
        inputs.day("统计截至哪一天", "as_of", default=today, least=min(FIRST_AS_OF, today), most=today)
        st.caption(
            f"默认为台账中最新一条记录所在的日子（{today:%Y-%m-%d}）。选更早的一天，看到的就是那天收工时的样子。"
        )


def described(view: View) -> str:
    """Say the period, the comparison and the filters in words."""
    last = view.basis.now.end
    words = [f"统计期 {days(view.slice.start, view.slice.end, last)}", *filter(None, [said(view.basis)])]
    words += [
        f"{model.DIMENSIONS.get(n, n)}：{'、'.join(model.label_of(n, v) for v in values)}"
        for n, values in view.slice.where
    ]
    return "；".join(words)
