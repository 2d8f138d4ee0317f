"""What pages ask: kept by snapshot, viewer, as-of and slice, never by time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from analytics import attention, caselist, model
from analytics.clock import shanghai_now
from analytics.issues import Findings, IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import Slice, compute_many, unmet
from analytics.metrics.comparison import Basis, compared
from analytics.metrics.durations import handling_curve
from analytics.metrics.forecast import Forecast, forecast_demand
from analytics.metrics.funnel import funnel
from analytics.remedies import levers
from analytics.remedies.cards import CardBook
from analytics.settings import Settings, default_store, load_settings
from analytics.store import Store
from pages.common.answers import FEW, kept
from pages.entrance.who import viewer

_PINNED, _OWN = "_snapshot", "_own_snapshot"


def cached(function: Callable[..., Any]) -> Callable[..., Any]:
    """Answer each question once a snapshot and a viewer's scope."""
    return kept(function)


def cached_few(function: Callable[..., Any]) -> Callable[..., Any]:
    """Cache few answers: for what is large."""
    return kept(function, FEW)


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Cache what counts cases and shows none: it is the same for every department, so it is asked once for all."""
    return kept(function, whole=True)


def counted_few(function: Callable[..., Any]) -> Callable[..., Any]:
    """Cache as ``counted`` does, but few: for what is large."""
    return kept(function, FEW, whole=True)


def store() -> Store:
    """Return the store this dashboard shows."""
    return Store(default_store())


def pin(to: Callable[[str, str], str] = lambda current, folder: current) -> None:
    """Let this run of a page show one snapshot throughout, whatever is published meanwhile.

    ``to``: which snapshot to show for the current one (see warming.shown_id); what this session has
    published itself is shown at once.
    """
    current = store().current()
    shown = current.id if current else None
    if shown and st.session_state.get(_OWN) != shown:
        before = to(shown, str(store().folder))
        shown = before if store().whole(before) else shown  # it may have been deleted meanwhile
    st.session_state[_PINNED] = shown


def pin_own() -> None:
    """Show at once what this session has just published or gone back to."""
    current = store().current()
    st.session_state[_OWN] = st.session_state[_PINNED] = current.id if current else None


def ledger(as_of: dt.date | None = None, *, sees_personal: bool = False) -> Ledger:
    """Open this run's snapshot for who is at the page, as it stood at the end of a day if one is given."""
    instant = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time()) if as_of else None
    asker = viewer().revealing() if sees_personal else viewer()
    return desk().attach(open_ledger(store(), asker, instant, st.session_state.get(_PINNED)))


def desk() -> IssueDesk:
    """Return the desk of types and problems of the store that is shown."""
    return IssueDesk(store(), viewer=viewer())


def findings(ledger: Ledger) -> Findings | None:
    """Return what is found of a ledger, None before the first run."""
    return desk().findings(ledger)


def label(ledger: Ledger, dimension: str, value: str) -> str:
    """Return the Chinese label of a dimension's value, types and problems by their name."""
    if dimension in ("issue_type", "issue_problem"):
        found = findings(ledger)
        return found.name_of(value) if found else value
    if dimension == "item_no":
        return ask_item_names(ledger).get(value, value)
    return model.label_of(dimension, value)


@counted
def ask_item_names(ledger: Ledger) -> dict[str, str]:
    """Return the newest name of every service item by its number."""
    return levers.item_names(ledger)


@counted
def ask(
    metrics: tuple[str, ...], ledger: Ledger, slice: Slice, by: tuple[str, ...] = (), grain: str | None = None
) -> pd.DataFrame:
    """Return metrics as ``compute_many`` does, leaving out what the ledger cannot give."""
    known = [m for m in metrics if not unmet(m, ledger)]
    if not known:
        return pd.DataFrame(
            columns=["metric", *by, "period", "value", "numerator", "denominator", "low", "high", "n", "small"]
        )
    return compute_many(known, ledger, slice, by, grain)


@counted
def ask_compared(metrics: tuple[str, ...], ledger: Ledger, basis: Basis, by: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return metrics beside what they are compared with, leaving out what the ledger cannot give."""
    return compared([m for m in metrics if not unmet(m, ledger)], ledger, basis, by)


@counted
def ask_funnel(
    metric: str, ledger: Ledger, slice: Slice, by: str, mix: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    return funnel(metric, ledger, slice, by, mix)


@counted
def ask_forecast(ledger: Ledger, slice: Slice) -> Forecast:
    return forecast_demand(ledger, slice)


@counted
def _ask_findings(ledger: Ledger, slice: Slice, last: int) -> list[attention.Finding]:
    return attention.findings(ledger, slice)


def ask_findings(ledger: Ledger, slice: Slice) -> list[attention.Finding]:
    """Return what needs a decision; asked anew when something was decided on the board of remedies."""
    return _ask_findings(ledger, slice, CardBook(store()).last)


@cached
def ask_cases(ledger: Ledger, slice: Slice, request: caselist.ListRequest) -> pd.DataFrame:
    return caselist.list_cases(ledger, slice, request)


@cached
def ask_count(ledger: Ledger, slice: Slice, request: caselist.ListRequest) -> int:
    return caselist.count_cases(ledger, slice, request)


@counted
def ask_counted(ledger: Ledger, slice: Slice, request: caselist.ListRequest) -> float:
    return caselist.counted_behind(ledger, slice, request)


@counted
def ask_curve(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return handling_curve(ledger, slice)


@counted
def values_of(ledger: Ledger, column: str) -> list[str]:
    """Return the values of a dimension that occur, most frequent first."""
    return ledger.values(column)


def now() -> dt.datetime:
    """Return the wall clock in Shanghai, naive, as everything in the ledger is."""
    return shanghai_now()


def settings() -> Settings:
    return load_settings()
