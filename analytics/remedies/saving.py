"""Estimated yearly saving of solving each type, under stated assumptions, and the types ranked by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from analytics.issues import Findings
from analytics.ledger import Ledger
from analytics.metrics import NotMeasurable, Slice, compute_many, unmet
from analytics.metrics.query import reaches
from analytics.metrics.slices import DAY, Where

MEASURES = ("demand", "days_late", "bad_ratings")
#: By what types may be ranked → how a person calls it, with the unit.
ORDERS = {
    "cases": "少发诉求（件/年）",
    "hours": "省下工时（小时/年）",
    "days_late": "少超期（工作日/年）",
    "bad_ratings": "少差评（件/年）",
}


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of a remedy: the share of the demand it takes away, an officer's hours a case."""

    share: float = 0.4
    hours_a_case: float = 1.5


def last_year(ledger: Ledger, where: Where = ()) -> Slice:
    """Return the 365 days that are over before the as-of."""
    last = ledger.as_of.date() - DAY
    return Slice(last - dt.timedelta(days=364), last, where)


def known_year(ledger: Ledger, where: Where = ()) -> Slice:
    """Return the last year as far back as types reach."""
    span = last_year(ledger, where)
    return span.over(max(span.start, ledger.attached_since or span.start), span.end)


def whole_year(ledger: Ledger, where: Where = ()) -> Slice:
    """Return the last year; raises NotMeasurable where types do not reach so far back."""
    span = last_year(ledger, where)
    if not reaches(ledger, span):
        raise NotMeasurable(f"台账大，一类问题只在 {ledger.attached_since} 起受理的工单里找，不足一年，估不出一年的数")
    return span


def demand_behind(ledger: Ledger, found: Findings, where: Where = ()) -> pd.DataFrame:
    """Return demand (件), days_late (working days) and bad_ratings (件) of the last year by type, float64, indexed by id.

    Types dismissed as no problem are left out; a column is NaN where the ledger lacks what it needs. Raises NotMeasurable
    where types do not reach a year back.
    """
    known = [m for m in MEASURES if not unmet(m, ledger)]
    rows = compute_many(known, ledger, whole_year(ledger, where), by=("issue_type",)).dropna(subset=["issue_type"])
    table = rows.pivot(index="issue_type", columns="metric", values="value").reindex(columns=list(MEASURES))
    table[known] = table[known].fillna(0.0)
    wanted = found.types.index[~found.types["dismissed"]]
    return table[table.index.isin(wanted)].rename_axis("id")


def savings(behind: pd.DataFrame, given: Assumptions) -> pd.DataFrame:
    """Return the yearly saving of solving each type: cases, hours, days_late and bad_ratings (float64), indexed as ``behind``.

    The last year's numbers × the assumed share; hours are cases × hours a case.

    >>> behind = pd.DataFrame({"demand": [120.0], "days_late": [40.0], "bad_ratings": [6.0]}, index=["T0001"])
    >>> savings(behind, Assumptions(share=0.5, hours_a_case=2.0)).loc["T0001"].tolist()
    [60.0, 120.0, 20.0, 3.0]
    """
    cases = behind["demand"] * given.share
    return pd.DataFrame(
        {
            "cases": cases,
            "hours": cases * given.hours_a_case,
            "days_late": behind["days_late"] * given.share,
            "bad_ratings": behind["bad_ratings"] * given.share,
        }
    )


def ranked(behind: pd.DataFrame, given: Assumptions, order: str, taken: Collection[str] = ()) -> pd.DataFrame:
    """Return savings with ``demand`` by type, most saved first, types already on the board left out."""
    saved = savings(behind, given).join(behind["demand"])
    saved = saved[~saved.index.isin(taken)]
    return saved.sort_values([order, "cases"], ascending=False)
