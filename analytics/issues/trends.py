"""How many cases of each type or problem came each week, and which of them are in alarm."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import ibis
import pandas as pd

from analytics.issues.alarms import Watched, watch
from analytics.issues.counts import since_then
from analytics.ledger import Ledger
from analytics.metrics.query import NotMeasurable

#: An alarm is news for so long after its last week.
NEWS_WEEKS = 2


def weekly_counts(ledger: Ledger, level: str) -> pd.DataFrame:
    """Return weeks (Mondays, none missing) × groups of ``level`` (issue_type, issue_problem), as far back as types reach.

    Repeated cases are left out; the column None holds cases of no group. Raises
    NotMeasurable before the first run.
    """
    rows = _of_both_levels(ledger).groupby(["week", level], dropna=False, as_index=False)["n"].sum()
    rows = rows.rename(columns={level: "group"})
    if rows.empty:
        return pd.DataFrame()
    rows["week"] = pd.to_datetime(rows["week"])
    wide = rows.assign(group=rows["group"].where(rows["group"].notna(), "")).pivot(
        index="week", columns="group", values="n"
    )
    weeks = pd.date_range(wide.index.min(), wide.index.max(), freq="W-MON")
    counts = wide.reindex(weeks).fillna(0).astype(int)
    return counts.rename(columns={"": None})


@lru_cache(maxsize=8)
def _of_both_levels(ledger: Ledger) -> pd.DataFrame:
    """Return week, issue_type, issue_problem, n: asked once for both levels."""
    if not ledger.issues:
        raise NotMeasurable("还没有归类过")
    found = ledger.table(ledger.issues).select("case_no", "repeat_of", "issue_type", "issue_problem")
    facts = ledger.table("case_facts").select("case_no", "accepted_at")
    if ledger.attached_since:
        facts = facts.filter(facts.accepted_at >= ibis.timestamp(f"{ledger.attached_since}"))
    facts = facts.left_join(found, "case_no")
    facts = facts.filter(facts.repeat_of.isnull())
    week = facts.accepted_at.truncate("W").cast("date")
    return ledger.run(facts.group_by("issue_type", "issue_problem", week=week).aggregate(n=facts.count()))


def watched(ledger: Ledger, level: str) -> Watched:
    """Judge every week of every group of a level (see analytics.issues.alarms)."""
    return watch(weekly_counts(ledger, level))


def alarms_now(found: Watched, as_of: dt.datetime, weeks: int = NEWS_WEEKS) -> pd.DataFrame:
    """Return the episodes whose last week is one of the newest, strongest first (see Watched.episodes)."""
    all_of = found.episodes()
    since = pd.Timestamp(as_of) - pd.Timedelta(weeks=weeks + 1)
    return all_of[all_of["last"] >= since].sort_values(["chance", "ratio"], ascending=[True, False], ignore_index=True)


@lru_cache(maxsize=8)
def rising(ledger: Ledger, weeks: int = 6) -> pd.DataFrame:
    """Return the problems in alarm that began in the newest weeks, with ``name`` and all their cases since (counts.since_then).

    Empty before the first run.
    """
    if not ledger.issues:
        return pd.DataFrame()
    found = watched(ledger, "issue_problem")
    news = alarms_now(found, ledger.as_of)
    news = news[news["start"] >= pd.Timestamp(ledger.as_of) - pd.Timedelta(weeks=weeks)]
    table = ledger.table(ledger.issues)
    named = ledger.run(
        table.filter(table.issue_problem.notnull()).select("issue_problem", "issue_problem_name").distinct()
    )
    news = since_then(ledger, "issue_problem", news, found)
    return news.assign(name=news["id"].map(named.set_index("issue_problem")["issue_problem_name"]))
