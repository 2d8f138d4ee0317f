"""The filter bar that every page shares; its state lives in the URL, so a view is a link."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import streamlit as st

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics import COMPARISONS, PERIODS, Slice, period
from analytics.metrics.comparison import Basis, basis, said
from analytics.wording import days
from pages.common import asking

#: Dimensions whose values the ledger itself offers.
OFFERED = ("department", "channel", "street")
FILTERS = ("module", *OFFERED)
KEYS = ("period", "from", "to", "compare", *FILTERS, "as_of")
DEFAULT_PERIOD, DEFAULT_COMPARISON = "this_month", next(iter(COMPARISONS))


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
    today = (newest.as_of - dt.timedelta(microseconds=1)).date()
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox(
            "统计期",
            tuple(PERIODS),
            index=tuple(PERIODS).index(DEFAULT_PERIOD),
            format_func=PERIODS.get,
            key="period",
            bind="query-params",
            width=110,
        )
        start, end = _own_days(today) if name == "own" else (None, None)
        comparison = st.selectbox(
            "对比", tuple(COMPARISONS), format_func=COMPARISONS.get, key="compare", bind="query-params", width=120
        )
        chosen = {f: _choose(newest, f) for f in FILTERS}
        as_of = _as_of(newest, today)
    view = newest
    if as_of < today:
        with st.spinner(f"正在还原 {as_of:%Y-%m-%d} 收工时的台账……"):
            view = asking.ledger(as_of)
            _ = view.reader
    if name != "own":
        start, end = period(name, view.as_of)
    slice = Slice(start, max(start, end)).narrowed(**{f: tuple(v) for f, v in chosen.items() if v})
    return View(view, slice, basis(view, slice, comparison).flows, comparison)


def _own_days(today: dt.date) -> tuple[dt.date, dt.date]:
    start = st.date_input(
        "从",
        value=today.replace(day=1),
        min_value=dt.date(2004, 1, 1),
        max_value=dt.date(2035, 12, 31),
        format="YYYY-MM-DD",
        key="from",
        bind="query-params",
        width=140,
    )
    end = st.date_input(
        "到",
        value=today,
        min_value=dt.date(2004, 1, 1),
        max_value=dt.date(2035, 12, 31),
        format="YYYY-MM-DD",
        key="to",
        bind="query-params",
        width=140,
    )
    return start or today.replace(day=1), end or today


def _choose(ledger: Ledger, name: str) -> list[str]:
    """Offer the values of a dimension; where the ledger has none, say so and choose nothing."""
    label = model.DIMENSIONS[name]
    if ledger.lacks((name,)):
        st.selectbox(label, ("台账中没有",), key=f"no_{name}", disabled=True, width=166)
        return []
    options = list(model.MODULES) if name == "module" else asking.values_of(ledger, name)
    return st.multiselect(
        label,
        [*options, model.UNKNOWN],
        format_func=lambda v: model.label_of(name, v),
        key=name,
        bind="query-params",
        placeholder="全部",
        width=166,
    )


def _as_of(ledger: Ledger, today: dt.date) -> dt.date:
    with st.popover("截至日", icon=":material/event:"):
        chosen = st.date_input(
            "统计截至哪一天",
            value=today,
            min_value=dt.date(2004, 1, 2),
            max_value=today,
            format="YYYY-MM-DD",
            key="as_of",
            bind="query-params",
        )
        st.caption(
            f"默认为台账中最新一条记录所在的日子（{today:%Y-%m-%d}）。选更早的一天，看到的就是那天收工时的样子。"
        )
    return chosen or today


def described(view: View) -> str:
    """Say the period, the comparison and the filters in words."""
    last = view.basis.now.end
    words = [f"统计期 {days(view.slice.start, view.slice.end, last)}", *filter(None, [said(view.basis)])]
    words += [
        f"{model.DIMENSIONS.get(n, n)}：{'、'.join(model.label_of(n, v) for v in values)}"
        for n, values in view.slice.where
    ]
    return "；".join(words)
