"""Ratings looked at more closely: what goes with low grades, whether they were put right, words."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd
from ibis.expr import types as ir

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics.moment import Moment
from analytics.metrics.query import anchored, within
from analytics.metrics.slices import Slice
from analytics.metrics.wilson import wilson
from analytics.settings import Settings
from analytics.workdays import due_at

Circumstance = Callable[[ir.Table], ir.BooleanValue]
SLOW_DAYS = 10

#: What may go with a low grade, and what the ledger must hold for it.
CIRCUMSTANCES: dict[str, tuple[Circumstance, tuple[str, ...]]] = {
    "超期办结": (lambda t: t.late, ("due", "closed")),
    "转办过": (lambda t: t.handed_over, ("transfers",)),
    "重办过": (lambda t: t.redone, ("reopenings",)),
    f"办理超过 {SLOW_DAYS} 个工作日": (lambda t: t.handled_days > SLOW_DAYS, ("closed",)),
    "经12345热线": (lambda t: t.channel == "12345热线", ("channel",)),
}


def _rated(ledger: Ledger, slice: Slice, settings: Settings) -> ir.Table:
    moment = Moment.of(ledger, slice, settings)
    return anchored(within(ledger.table("rating_facts"), ledger, slice, moment), "rated_at", moment)


def circumstances(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    """Return the low-grade (1–2) rate with and without each circumstance.

    Columns: circumstance, met (bool), value, numerator, denominator, low, high (Wilson 95%),
    small. Ratings for which the circumstance is unknown count in neither row.
    """
    settings = ledger.settings
    table = _rated(ledger, slice, settings)
    sums: dict[str, ir.Value] = {}
    known = [n for n, (_, needs) in CIRCUMSTANCES.items() if not ledger.lacks(needs)]
    for name in known:
        met = CIRCUMSTANCES[name][0](table)
        for flag, condition in (("1", met), ("0", ~met)):
            sums[f"{name}|{flag}|n"] = table.count(where=condition)
            sums[f"{name}|{flag}|k"] = table.count(where=condition & (table.grade <= 2))
    if not sums:
        return pd.DataFrame(
            columns=["circumstance", "met", "value", "numerator", "denominator", "low", "high", "small"]
        )
    row = ledger.run(table.aggregate(**sums)).iloc[0]
    cells = [(n, f == "1", row[f"{n}|{f}|k"], row[f"{n}|{f}|n"]) for n in known for f in ("1", "0")]
    frame = pd.DataFrame(cells, columns=["circumstance", "met", "numerator", "denominator"])
    k, n = frame["numerator"].to_numpy(float), frame["denominator"].to_numpy(float)
    low, high = wilson(k, n)
    value = (frame["numerator"] / frame["denominator"].where(n > 0)).astype(float)
    return frame.assign(value=value, low=low, high=high, small=n < settings.minimum_rated)


def bad_ratings(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    """Return the low grades of the period, newest first, with Chinese heads and what became of each."""
    settings = ledger.settings
    table = _rated(ledger, slice, settings)
    bad = table.filter(table.grade <= 2).select(
        "rated_at", "case_no", "grade", "department", "comment", "called_back_at", "rectified_at", "accepted_at"
    )
    # By the time of acceptance too: by that DuckDB finds the few row groups where such cases lie.
    cases = ledger.table("cases").select("case_no", "accepted_at", "title")
    rows = ledger.run(bad.left_join(cases, ["case_no", "accepted_at"]).order_by(ibis.desc("rated_at"), "case_no"))
    end = pd.Timestamp(ledger.as_of)
    call_back, rectify = (due_at(rows["rated_at"], d) for d in (settings.call_back_days, settings.rectify_days))
    return pd.DataFrame(
        {
            "评价时间": rows["rated_at"],
            "评价": [model.GRADES[int(g)] for g in rows["grade"]],
            "回访": _state(rows["called_back_at"], call_back, end),
            "整改": _state(rows["rectified_at"], rectify, end),
            "承办部门": rows["department"],
            "主题": rows["title"],
            "评语": rows["comment"],
            "工单编号": rows["case_no"],
        }
    )


def _state(done: pd.Series, due: object, end: pd.Timestamp) -> list[str]:
    limits = pd.Series(due, index=done.index)
    return [
        ("按时" if at <= limit else "超期完成") if pd.notna(at) else ("未做，已超期" if limit < end else "未到期限")
        for at, limit in zip(done, limits, strict=True)
    ]


def comments(ledger: Ledger, slice: Slice, most: int = 200) -> pd.DataFrame:
    """Return the newest written comments with Chinese heads, low grades first."""
    table = _rated(ledger, slice, ledger.settings)
    written = ledger.own(table.filter(table.comment.notnull()))
    rows = ledger.run(
        written.order_by(written.grade, ibis.desc("rated_at"))
        .limit(most)
        .select("grade", "comment", "rated_at", "module", "case_no")
    )
    return pd.DataFrame(
        {
            "评价": [model.GRADES[int(g)] for g in rows["grade"]],
            "评语": rows["comment"],
            "模块": [model.label_of("module", m) for m in rows["module"]],
            "时间": rows["rated_at"],
            "工单编号": rows["case_no"],
        }
    )
