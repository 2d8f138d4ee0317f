"""What pages ask: cached by snapshot, viewer, as-of and slice, never by time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from analytics import attention, caselist, model
from analytics.issues import Findings, IssueDesk, crossing, looking, ranking, trends
from analytics.issues.alarms import Watched
from analytics.issues.crossing import OTHERS
from analytics.items import usage, versions
from analytics.ledger import Ledger, Viewer, open_ledger
from analytics.loop import passing, paths
from analytics.metrics import Slice, compute_many, unmet
from analytics.metrics.comparison import funnel
from analytics.metrics.durations import handling_curve
from analytics.metrics.forecast import Forecast, forecast_demand
from analytics.reform import milestones
from analytics.settings import Settings, default_store, load_settings
from analytics.store import Store, StoreError
from analytics.teams import queueing, roster, rota

_KEYS = {Ledger: repr, Slice: repr, caselist.ListRequest: repr, Settings: repr}
cached: Callable[..., Any] = st.cache_resource(show_spinner=False, max_entries=3000, hash_funcs=_KEYS)


#: For what is large, and asked anew after every decision.
cached_few: Callable[..., Any] = st.cache_resource(show_spinner=False, max_entries=12, hash_funcs=_KEYS)


def store() -> Store:
    """Return the store this dashboard shows."""
    return Store(default_store())


def ledger(as_of: dt.date | None = None, *, sees_personal: bool = False) -> Ledger:
    """Open the current snapshot, as it stood at the end of a day if one is given."""
    instant = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time()) if as_of else None
    return desk().attach(open_ledger(store(), Viewer(sees_personal=sees_personal), instant))


def desk() -> IssueDesk:
    """Return the desk of types and problems of the store that is shown."""
    return IssueDesk(store())


def findings(ledger: Ledger) -> Findings | None:
    """Return what is found of a ledger, None before the first run."""
    return desk().findings(ledger)


def label(ledger: Ledger, dimension: str, value: str) -> str:
    """Return the Chinese label of a dimension's value, types and problems by their name."""
    if dimension in ("issue_type", "issue_problem"):
        found = findings(ledger)
        return found.name_of(value) if found else value
    return model.label_of(dimension, value)


@cached_few
def ask_watched(ledger: Ledger, level: str) -> Watched:
    return trends.watched(ledger, level)


@cached
def ask_measured(ledger: Ledger, slice: Slice, before: Slice | None, level: str) -> pd.DataFrame:
    return ranking.measured(ledger, slice, before, level)


@cached
def ask_variants(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return paths.variants(ledger, slice)


@cached
def ask_moves(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return paths.moves(ledger, slice)


@cached
def ask_passed_on(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return passing.passed_on(ledger, slice)


@cached
def ask_dragging(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return passing.dragging(ledger, slice)


@cached
def ask_teams(ledger: Ledger) -> list[roster.Team]:
    return roster.teams(ledger)


@cached
def ask_duty(ledger: Ledger, start: dt.date, end: dt.date) -> pd.DataFrame:
    return rota.on_duty(ledger, start, end)


@cached
def ask_doubles(ledger: Ledger, start: dt.date, end: dt.date) -> pd.DataFrame:
    return rota.double_bookings(ledger, start, end)


@cached
def ask_waits(ledger: Ledger, slice: Slice) -> list[queueing.Wait]:
    return queueing.waits(ledger, slice)


@cached
def ask_milestones(ledger: Ledger) -> list[milestones.Milestone]:
    return milestones.milestones(ledger)


@cached
def ask_items(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return usage.used(ledger, slice)


@cached
def ask_versions(ledger: Ledger) -> list[str]:
    return versions.versions(ledger)


@cached
def ask_changes(ledger: Ledger, old: str, new: str) -> pd.DataFrame:
    return versions.changes(ledger, old, new)


@cached
def ask_uncovered(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    found = findings(ledger)
    return usage.uncovered(ledger, slice, found.types["name"].to_dict() if found else {})


@cached_few
def ask_points(ledger: Ledger, token: str, most: int) -> pd.DataFrame:
    return looking.map_points(ledger, _found(ledger), most)


@cached_few
def ask_tree(ledger: Ledger, token: str) -> pd.DataFrame:
    return looking.tree_nodes(ledger, _found(ledger))


@cached
def ask_texts(ledger: Ledger, case_nos: tuple[str, ...]) -> pd.DataFrame:
    return looking.texts_of(ledger, case_nos)


@cached
def ask_solved(ledger: Ledger, type_id: str) -> pd.DataFrame:
    return looking.solved_well(ledger, type_id)


@cached
def ask_proposal(token: str, type_id: str) -> looking.Proposal:
    return looking.proposed_split(_found(desk().attach(open_ledger(store()))), type_id)


def _found(ledger: Ledger) -> Findings:
    found = findings(ledger)
    if found is None:
        raise StoreError("还没有归类过，请先在「一类问题」页归类")
    return found


@cached_few
def ask_search(ledger: Ledger, query: str, scope: Slice | None) -> tuple[str, ...]:
    """Return the numbers of the cases that a query finds, best first."""
    from analytics.issues import searching

    return searching.search(ledger, _found(ledger), query, scope)


@cached_few
def ask_alike(ledger: Ledger, case_no: str, scope: Slice | None) -> tuple[str, ...]:
    from analytics.issues import searching

    return searching.alike(ledger, _found(ledger), case_no, scope)


@cached
def ask_rows(ledger: Ledger, case_nos: tuple[str, ...]) -> pd.DataFrame:
    return looking.rows_of(ledger, case_nos)


def ask_table(ledger: Ledger, case_nos: tuple[str, ...]) -> pd.DataFrame:
    """Return found cases as an export shows them."""
    found = findings(ledger)
    rows = looking.rows_of(ledger, case_nos)
    return pd.DataFrame(
        {
            "工单编号": rows["case_no"],
            "受理时间": rows["accepted_at"],
            "诉求主题": rows["title"],
            "诉求内容": rows["content"],
            "服务模块": [model.label_of("module", m) for m in rows["module"]],
            "承办部门": rows["department"],
            "一类问题": [found.name_of(i) if found else "" for i in rows["issue_type"]],
        }
    )


@cached
def first_day(ledger: Ledger) -> dt.date:
    """Return the day of the first case."""
    facts = ledger.table("case_facts")
    return ledger.run(facts.aggregate(day=facts.accepted_at.min()))["day"].iloc[0].date()


def word(ledger: Ledger, dimension: str, code: str) -> str:
    """Return the label of a code as crossings write it: 其余 and （未填） stand for themselves."""
    return code if code in (OTHERS, model.UNKNOWN) else label(ledger, dimension, code)


@cached_few
def ask_triage(ledger: Ledger) -> tuple[Any, pd.DataFrame]:
    from analytics.issues.triage import module_triage

    return module_triage(ledger)


@cached_few
def ask_left_over(ledger: Ledger, token: str) -> pd.DataFrame:
    return looking.left_over(ledger, _found(ledger))


@cached
def count_without_module(ledger: Ledger) -> int:
    facts = ledger.table("case_facts")
    return int(ledger.run(facts.aggregate(n=facts.count(where=facts.module.isnull())))["n"].iloc[0])


def accept_modules(ledger: Ledger, accepted: dict[str, str]) -> str:
    """Write accepted modules into the ledger as an import of its own; returns its account."""
    from analytics.issues.accepting import accept_values

    return accept_values(store(), ledger, "module", accepted, settings(), now()).sentence()


@cached
def ask_crossed(ledger: Ledger, slice: Slice, rows: str, columns: str) -> pd.DataFrame:
    return crossing.crossed(ledger, slice, rows, columns)


@cached
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


@cached
def ask_funnel(
    metric: str, ledger: Ledger, slice: Slice, by: str, mix: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    return funnel(metric, ledger, slice, by, mix)


@cached
def ask_forecast(ledger: Ledger, slice: Slice) -> Forecast:
    return forecast_demand(ledger, slice)


@cached
def ask_findings(ledger: Ledger, slice: Slice) -> list[attention.Finding]:
    return attention.findings(ledger, slice)


@cached
def ask_cases(ledger: Ledger, slice: Slice, request: caselist.ListRequest) -> pd.DataFrame:
    return caselist.list_cases(ledger, slice, request)


@cached
def ask_count(ledger: Ledger, slice: Slice, request: caselist.ListRequest) -> int:
    return caselist.count_cases(ledger, slice, request)


@cached
def ask_curve(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return handling_curve(ledger, slice)


@cached
def values_of(ledger: Ledger, column: str) -> list[str]:
    """Return the values of a dimension that occur, most frequent first."""
    table = ledger.table("case_facts")
    counted = table.filter(table[column].notnull()).group_by(column).aggregate(n=lambda t: t.count())
    return ledger.run(counted.order_by(counted.n.desc(), column))[column].astype(str).tolist()


def now() -> dt.datetime:
    """Return the wall clock in Shanghai, naive, as everything in the ledger is."""
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).replace(tzinfo=None)


def settings() -> Settings:
    return load_settings()
