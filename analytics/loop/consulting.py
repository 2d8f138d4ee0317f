"""联席会商: what was brought, how long until it met, and what came after beside like cases that had none."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from analytics.metrics.moment import Moment
from analytics.metrics.query import anchored, within
from analytics.metrics.survival import quantiles_of
from analytics.metrics.templates import ask
from analytics.metrics.wilson import wilson
from analytics.settings import Settings

#: A like case was accepted within so many days of the one that was brought.
NEAR_DAYS = 45
#: Looked for so near first: in a large ledger a like case is seldom far, and all that are within 45 days are many.
RUNGS = (0.1, 1, 7, NEAR_DAYS)
#: Of a long period the newest so many are compared: enough for a median, and asked in a moment.
MOST = 400
#: Why a case was brought, by what was so when it was → how people call it.
REASONS = {"cross": "跨部门", "passed": "转办两次以上", "stale": "已超期限", "none": "以上都不是"}


@dataclass(frozen=True)
class Side:
    """One of the two groups: working days still needed (median, Kaplan–Meier) and the share satisfied."""

    cases: int
    days: float
    days_low: float
    days_high: float
    rated: int
    satisfied: float
    satisfied_low: float
    satisfied_high: float


@dataclass(frozen=True)
class Comparison:
    """Cases brought in the period (the newest MOST) and, one for each, a like case not brought by the same age."""

    brought: Side
    like: Side
    unmatched: int


def brought(ledger: Ledger, slice: Slice, settings: Settings | None = None) -> pd.DataFrame:
    """Return why cases were brought to their first consultation in the period, one row a reason.

    Columns: reason (see REASONS), cases, share (of all brought; reasons overlap), wait (median
    working days from acceptance).
    """
    moment = Moment.of(ledger, slice, settings or ledger.settings)
    rows = ask(
        ledger,
        ("brought", slice.where),
        moment,
        lambda m: _with_state(ledger, slice, m).select("wait", "cross", "passed", "stale"),
    )
    rows["none"] = ~(rows["cross"] | rows["passed"] | rows["stale"])
    table = [
        (reason, int(rows[reason].sum()), float(rows[reason].mean()), float(rows.loc[rows[reason], "wait"].median()))
        for reason in REASONS
    ]
    return pd.DataFrame(table if len(rows) else [], columns=["reason", "cases", "share", "wait"])


def compare(ledger: Ledger, slice: Slice, settings: Settings | None = None) -> Comparison:
    """Compare what came after a consultation with like cases that had had none at the same age.

    Like: same module, accepted within NEAR_DAYS, still open at the age (in working days) at which
    the other was brought, equally passed on (twice or more, or not) and equally past its limit by
    then; the one accepted nearest. Time counts from that age; a like case that was brought later
    is censored there. Not proof of cause: why a case was brought may itself matter.
    """
    settings = settings or ledger.settings
    moment = Moment.of(ledger, slice, settings)
    pairs = _pairs(ledger.whole, slice, moment)
    total = min(MOST, int(compute("consult_wait", ledger, slice, settings=settings)["n"].iloc[0]))
    return Comparison(_side(pairs, "", moment), _side(pairs, "like_", moment), total - len(pairs))


_OUTCOME = ("accepted_time", "closed_time", "grade")
#: What is looked at of a case; filters look at more.
_COLUMNS = (
    *("case_no", "module", "accepted_at", "first_consulted_at", "departments_involved"),
    *("due_day", "second_transfer_time", "consulted_time", *_OUTCOME),
)


def _pairs(ledger: Ledger, slice: Slice, moment: Moment) -> pd.DataFrame:
    """Return the newest MOST cases brought in the period that have a like case, beside the nearest one (columns like_…)."""
    columns = ("case_no", "module", "accepted_at", "wait", "passed", "stale", *_OUTCOME)

    def newest(at: Moment) -> ir.Table:
        return _newest(_with_state(ledger, slice, at)).select(*columns)

    rows = ask(ledger, ("brought newest", slice.where), moment, newest)
    first, last = rows["accepted_at"].min(), rows["accepted_at"].max()
    alone = tuple(sorted(rows["case_no"]))
    found: list[pd.DataFrame] = []
    for days in RUNGS:
        treated, others, gap = _with_state(ledger, slice, moment), _candidates(ledger), pd.Timedelta(days=days)
        if alone:  # what lies further away is not even read
            treated = treated.filter(treated.accepted_at.between(first, last))
            others = others.filter(others.accepted_at.between(first - gap, last + gap))
        # The first time all of them, which needs no list of numbers.
        treated = treated.filter(treated.case_no.isin(alone)) if found else _newest(treated)
        treated = treated.select(*columns)
        found.append(ledger.run(_nearest(treated, others, moment, days)))
        alone = tuple(sorted(set(alone) - set(found[-1]["case_no"])))
        if not alone:
            break
    return pd.concat([f for f in found if len(f)] or found[:1], ignore_index=True)


def _with_state(ledger: Ledger, slice: Slice, moment: Moment) -> ir.Table:
    """Return the cases first consulted in the period with ``wait`` and what was so by then."""
    filtered = tuple(name for name, _ in slice.where)
    table = anchored(within(_candidates(ledger, filtered), ledger, slice, moment), "first_consulted_at", moment)
    table = table.mutate(wait=table.consulted_time - table.accepted_time)
    return table.mutate(
        cross=table.departments_involved >= moment.settings.consult_departments,
        passed=_by(table.second_transfer, table.wait),
        stale=_by(table.due_age, table.wait),
    )


def _newest(brought: ir.Table) -> ir.Table:
    return brought.order_by(brought.first_consulted_at.desc(), "case_no").limit(MOST)


def _candidates(ledger: Ledger, filtered: tuple[str, ...] = ()) -> ir.Table:
    """Return every case, with what is filtered by, and the ages, in working days, of its second transfer and of its limit."""
    facts, days = ledger.table("case_facts"), ledger.table("calendar")
    facts = facts.select(*dict.fromkeys(c for c in (*_COLUMNS, *filtered) if c in facts.columns))
    table = facts.left_join(days.select(due_day="day", due_through="through"), "due_day")
    return table.mutate(
        second_transfer=table.second_transfer_time - table.accepted_time,
        due_age=table.due_through - table.accepted_time,
    )


def _by(age: ir.NumericValue, until: ir.NumericValue) -> ir.BooleanValue:
    return (age <= until).fill_null(False)


def _nearest(treated: ir.Table, others: ir.Table, moment: Moment, days: float) -> ir.Table:
    """Return each treated case with the like case accepted nearest to it, within so many days (columns like_…)."""
    like = others.select(
        like_span=_span(others.accepted_at, days),
        like_case="case_no",
        like_module="module",
        like_accepted_at="accepted_at",
        like_second="second_transfer",
        like_due="due_age",
        like_consulted_time="consulted_time",
        **{f"like_{c}": c for c in _OUTCOME},
    )
    span = _span(treated.accepted_at, days)  # whoever is near lies in the same span of days or a neighbouring one
    treated = treated.mutate(span=ibis.array([span - 1, span, span + 1]).unnest())
    pairs = treated.inner_join(
        like,
        [treated.module == like.like_module, treated.span == like.like_span, treated.case_no != like.like_case],
    )
    gap = (pairs.accepted_at.epoch_seconds() - pairs.like_accepted_at.epoch_seconds()).abs()
    at = pairs.like_accepted_time + pairs.wait
    fit = pairs.filter(
        gap <= days * 86400,
        at < moment.time,
        pairs.like_closed_time.isnull() | (pairs.like_closed_time > at),
        pairs.like_consulted_time.isnull() | (pairs.like_consulted_time > at),
        _by(pairs.like_second, pairs.wait) == pairs.passed,
        _by(pairs.like_due, pairs.wait) == pairs.stale,
    ).mutate(gap=gap)
    ranked = fit.mutate(place=ibis.row_number().over(group_by="case_no", order_by=["gap", "like_case"]))
    return ranked.filter(ranked.place == 0).order_by("case_no")


def _span(at: ir.TimestampValue, days: float) -> ir.IntegerValue:
    return (at.epoch_seconds() / (days * 86400)).floor().cast("int64")


def _side(pairs: pd.DataFrame, prefix: str, moment: Moment) -> Side:
    start = pairs[f"{prefix}accepted_time"] + pairs["wait"]
    end, closed = pairs[f"{prefix}closed_time"], pairs[f"{prefix}closed_time"].notna()
    stop = pd.Series(moment.time, index=pairs.index, dtype=float)
    if prefix:
        stop = stop.where(pairs["like_consulted_time"].isna(), pairs["like_consulted_time"])
    happened = closed & (end <= stop)
    elapsed = (end.where(happened, stop) - start).clip(lower=0)
    days = quantiles_of(elapsed.to_numpy(float), happened.to_numpy(bool), ~happened.to_numpy(bool), (0.5,))[0]
    grades = pairs.loc[happened, f"{prefix}grade"].dropna()
    low, high = wilson(np.array([(grades >= 3).sum()]), np.array([len(grades)]))
    share = float((grades >= 3).mean()) if len(grades) else float("nan")
    return Side(len(pairs), *days, len(grades), share, float(low[0]), float(high[0]))
