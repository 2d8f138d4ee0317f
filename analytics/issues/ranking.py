"""Types by impact: what each brings, how it grows, what is overdue, badly graded, spread over departments."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, Slice, compute_many, unmet
from analytics.metrics.comparison import Basis
from analytics.metrics.moment import Moment
from analytics.metrics.query import anchored, reaches, within

#: Part of impact → (how a person calls it, its usual weight).
PARTS = {
    "demand": ("受理量", 35),
    "growth": ("比上期增加（按工作日折算）", 20),
    "overdue_open": ("超期未办", 20),
    "bad_ratings": ("差评", 15),
    "departments": ("涉及部门", 10),
}
#: What is told beside a value.
BESIDE = ("small", "numerator", "denominator")
SHOWN = ("demand", "overdue_open", "bad_ratings", "handling_median", "on_time_rate", "satisfaction")


def measured(ledger: Ledger, basis: Basis, level: str = "issue_type") -> pd.DataFrame:
    """Return one row a group with cases in the period or the one it is compared with, by id.

    That one is left out where types do not reach it. Columns: the metrics SHOWN (NaN, as the other
    columns, where the ledger lacks what one needs), ``small``, ``numerator`` and ``denominator`` of each
    (on_time_rate__small, on_time_rate__denominator …), before (demand of the period compared with), growth (cases more than as
    many working days of that period brought), departments, enterprises.
    """
    slice, before = basis.now, basis.flows
    known = [m for m in SHOWN if not unmet(m, ledger)]
    rows = compute_many(known, ledger, slice, by=(level,))
    rows = rows[rows[level].notna()]
    table = rows.pivot(index=level, columns="metric", values="value").reindex(columns=list(SHOWN))
    wide = {c: rows.pivot(index=level, columns="metric", values=c).reindex(columns=list(SHOWN)) for c in BESIDE}
    table = table.join(wide["small"].eq(True).add_suffix("__small")).join(_touched(ledger, slice, level))
    for column in ("numerator", "denominator"):
        table = table.join(wide[column].add_suffix(f"__{column}"))
    earlier = pd.Series(dtype=float)
    if before is not None and not reaches(ledger, before):
        before = None
    if before is not None:
        earlier = (
            compute_many(("demand",), ledger, before, by=(level,)).dropna(subset=[level]).set_index(level)["value"]
        )
        table = table.reindex(table.index.union(earlier.index))
    touched = [c for c in ("departments", "enterprises") if table[c].notna().any()]
    for count in (*(c for c in ("demand", "overdue_open", "bad_ratings") if c in known), *touched):
        table[count] = table[count].fillna(0)  # what the ledger lacks stays unknown, never 0
    table["before"] = earlier.reindex(table.index).fillna(0) if before is not None else float("nan")
    table["growth"] = table["demand"] - table["before"] * basis.pace(CATALOGUE["demand"])
    return table.rename_axis("id")


def _touched(ledger: Ledger, slice: Slice, level: str) -> pd.DataFrame:
    """Return how many departments and enterprises each group's cases of the period concern."""
    moment = Moment.of(ledger, slice, ledger.settings)
    facts = anchored(within(ledger.table("case_facts"), ledger, slice, moment, (level,)), "accepted_at", moment)
    cases = anchored(ledger.table("cases"), "accepted_at", moment)  # of those days only: the rest need not be read
    firms = cases.select("case_no", firm=lambda t: t.credit_code.fill_null(t.enterprise))
    both = facts.select("case_no", "department", level).left_join(firms, "case_no")
    counted = both.group_by(level).aggregate(departments=both.department.nunique(), enterprises=both.firm.nunique())
    found = ledger.run(counted).set_index(level)
    for column, lacking in (("departments", ledger.lacks(("department",))), ("enterprises", not _knows_firms(ledger))):
        if lacking:
            found[column] = float("nan")
    return found


def _knows_firms(ledger: Ledger) -> bool:
    cases = ledger.table("cases")
    named = ledger.run(cases.aggregate(n=cases.credit_code.count() + cases.enterprise.count()))
    return bool(named["n"].iloc[0])


def impact(table: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """Return the impact of each row, 0 to 100: the weighted mean of its share of the largest, part by part.

    A part that the ledger cannot give counts for nobody; its weight goes to the others.
    """
    parts = {p: table[p].clip(lower=0) for p in weights if p in table and table[p].notna().any()}
    total = sum(weights[p] for p in parts) or 1.0
    score = pd.Series(0.0, index=table.index)
    for part, values in parts.items():
        largest = values.max()
        if largest > 0:
            score += weights[part] / total * values.fillna(0) / largest
    return 100 * score
