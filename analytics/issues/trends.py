"""How many cases of each type or problem came each week, and which of them are in alarm."""

from __future__ import annotations

from functools import lru_cache

import ibis
import pandas as pd

from analytics.issues.alarms import FALSE_A_LEVEL, Watched, watch
from analytics.issues.voices import heard_first, most_of_one, with_sender
from analytics.ledger import Ledger
from analytics.metrics.query import NotMeasurable

LEVELS = ("issue_type", "issue_problem")


def weekly_counts(ledger: Ledger, level: str) -> pd.DataFrame:
    """Return weeks (Mondays, none missing) × groups of ``level`` (issue_type, issue_problem), as far back as types reach.

    Repeated cases are left out; the column None holds cases of no group. Raises
    NotMeasurable before the first run.
    """
    return _wide(_of_both_levels(ledger), level, "cases")


def weekly_voices(ledger: Ledger, level: str) -> pd.DataFrame:
    """Return the same of senders: who is heard of a group again and again is counted once (see voices)."""
    return _wide(_of_both_levels(ledger), level, f"voices_{level}")


def _wide(rows: pd.DataFrame, level: str, counted: str) -> pd.DataFrame:
    rows = rows.groupby(["week", level], dropna=False, as_index=False)[counted].sum()
    if rows.empty:
        return pd.DataFrame()
    rows = rows.assign(week=pd.to_datetime(rows["week"]), group=rows[level].where(rows[level].notna(), ""))
    wide = rows.pivot(index="week", columns="group", values=counted)
    weeks = pd.date_range(wide.index.min(), wide.index.max(), freq="W-MON")
    return wide.reindex(weeks).fillna(0).astype(int).rename(columns={"": None})


@lru_cache(maxsize=8)
def _of_both_levels(ledger: Ledger) -> pd.DataFrame:
    """Return week, issue_type, issue_problem, cases, voices_issue_type, voices_issue_problem: asked once for both levels."""
    if not ledger.issues:
        raise NotMeasurable("还没有归类过")
    found = ledger.table(ledger.issues).select("case_no", "repeat_of", *LEVELS)
    facts = ledger.table("case_facts").select("case_no", "accepted_at")
    if ledger.attached_since:
        facts = facts.filter(facts.accepted_at >= ibis.timestamp(f"{ledger.attached_since}"))
    facts = facts.left_join(found, "case_no").filter(lambda t: t.repeat_of.isnull()).drop("case_no_right", "repeat_of")
    rows = with_sender(facts, ledger.table("cases"), most_of_one(ledger.counts["cases"]))
    heard = {f"voices_{level}": heard_first(rows, level) for level in LEVELS}
    rows = rows.mutate(week=rows.accepted_at.truncate("W").cast("date"), **heard)
    totals = {name: rows[name].sum() for name in heard}
    return ledger.run(rows.group_by(*LEVELS, "week").aggregate(cases=rows.count(), **totals))


def watched(ledger: Ledger, level: str) -> Watched:
    """Judge every week of every group of a level (see analytics.issues.alarms)."""
    return watch(weekly_counts(ledger, level), FALSE_A_LEVEL, weekly_voices(ledger, level))
