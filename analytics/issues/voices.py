"""Who says something: a sender who says the same again and again is one voice, whatever number of cases that makes."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from analytics.issues.alarms import SPANS

#: What tells the sender of a case, the surest first.
SENDER = ("credit_code", "contact_phone", "enterprise", "contact_name")
#: Heard again within so many days of the last time, it is the same voice: longer than what is looked at as one rise.
AGAIN_DAYS = 14 * max(SPANS)
#: A "sender" of more cases than these is a placeholder (匿名): its cases are one voice each.
MOST_CASES, MOST_SHARE = 50, 0.05


def most_of_one(cases: int) -> float:
    """Return how many of a ledger's cases may be of one sender."""
    return max(MOST_CASES, MOST_SHARE * cases)


def is_voice(group: pd.Series, sender: pd.Series, at: pd.Series, most: float) -> np.ndarray:
    """Tell for each case (a group's id, who sent it, when) whether it is a voice not heard in its group of late."""
    who = sender.where(sender.ne("") & (sender.map(sender.value_counts()) <= most))
    order = np.argsort(at.to_numpy(), kind="stable")
    rows = pd.DataFrame({"group": group.to_numpy(), "who": who.to_numpy(), "at": at.to_numpy()}).iloc[order]
    before = rows.groupby(["group", "who"])["at"].shift()
    voice = (before.isna() | (rows["at"] - before > pd.Timedelta(days=AGAIN_DAYS))).to_numpy()
    found = np.empty(len(rows), dtype=bool)
    found[order] = voice
    return found


def with_sender(facts: ir.Table, cases: ir.Table, most: float) -> ir.Table:
    """Return facts (with case_no) with who sent each case: ``who``, the case's own number where nobody knows."""
    told = cases.select("case_no", sender=ibis.coalesce(*(cases[c].nullif("") for c in SENDER)))
    both = facts.left_join(told, "case_no").drop("case_no_right")
    sent = both.sender.count().over(ibis.window(group_by=both.sender))
    return both.mutate(who=(both.sender.isnull() | (sent > most)).ifelse(both.case_no, both.sender)).drop("sender")


def heard_first(rows: ir.Table, group: str) -> ir.BooleanColumn:
    """Return whether a row (who, case_no, accepted_at) is a voice not heard in its group of late (see ``is_voice``)."""
    past = ibis.window(group_by=[group, "who"], order_by=["accepted_at", "case_no"])
    before = rows.accepted_at.lag().over(past)
    return before.isnull() | (rows.accepted_at > before + ibis.interval(days=AGAIN_DAYS))
