"""How many cases lie in each type or problem: every case counts, repeats (重复诉求) too, as in the list behind the number."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from analytics.ledger import Ledger


@lru_cache(maxsize=8)
def weekly(ledger: Ledger, level: str) -> pd.DataFrame:
    """Return id, week (Monday, datetime64), cases, repeats of every group of ``level`` (issue_type, issue_problem).

    As far back as types reach and up to the ledger's as-of; empty before the first run. Weeks without cases have no row.
    """
    if not ledger.issues:
        return pd.DataFrame({"id": [], "week": pd.to_datetime([]), "cases": [], "repeats": []})
    found = ledger.table(ledger.issues).select("case_no", "repeat_of", id=level)
    facts = ledger.table("case_facts").select("case_no", "accepted_at")
    both = facts.inner_join(found.filter(found.id.notnull()), "case_no")
    week = both.accepted_at.truncate("W").cast("date")
    counted = both.group_by("id", week=week).aggregate(cases=both.count(), repeats=both.repeat_of.count())
    rows = ledger.whole.run(counted.order_by("id", "week"))
    return rows.assign(week=pd.to_datetime(rows["week"]))


def totals(ledger: Ledger, level: str) -> pd.DataFrame:
    """Return cases and repeats by id, of the whole ledger up to its as-of."""
    return weekly(ledger, level).groupby("id")[["cases", "repeats"]].sum()


@lru_cache(maxsize=8)
def account(ledger: Ledger) -> tuple[int, int, int]:
    """Return how many cases types were looked for in, how many of them are repeats, and how many belong to no type."""
    found = ledger.table(ledger.issues).select("case_no", "repeat_of", "issue_type")
    both = ledger.table("case_facts").select("case_no").inner_join(found, "case_no")
    counted = both.aggregate(cases=both.count(), repeats=both.repeat_of.count(), typed=both.issue_type.count())
    row = ledger.whole.run(counted).iloc[0]
    return int(row["cases"]), int(row["repeats"]), int(row["cases"] - row["typed"])


def by_week(ledger: Ledger, level: str, id: str, weeks: pd.Index) -> pd.DataFrame:
    """Return cases and repeats of one group by week (``weeks``: Mondays), 0 where none came."""
    rows = weekly(ledger, level)
    return rows[rows["id"] == id].set_index("week")[["cases", "repeats"]].reindex(weeks).fillna(0).astype(int)


def between(ledger: Ledger, level: str, episodes: pd.DataFrame) -> pd.DataFrame:
    """Add to alarms (id, start, last: Mondays) ``cases`` and ``repeats`` of those weeks, both in."""
    rows = weekly(ledger, level)
    told = []
    for one in episodes.itertuples():
        mine = rows[(rows["id"] == one.id) & rows["week"].between(one.start, one.last)]
        told.append((int(mine["cases"].sum()), int(mine["repeats"].sum())))
    added = pd.DataFrame(told, columns=["cases", "repeats"], index=episodes.index)
    return episodes.assign(cases=added["cases"], repeats=added["repeats"])
