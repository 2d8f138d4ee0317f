"""The first lines of a type's page: how many, since when, who, where, whose, what was answered, what to do."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import model
from analytics.issues import Findings, counts
from analytics.issues.alarm_list import FALLEN
from analytics.remedies.stages import STAGES
from analytics.wording import SAME, cases, number
from pages.common import asking, discovered, remedied
from pages.common.filters import View
from pages.common.foreign import escaped

TYPE, PROBLEM = "issue_type", "issue_problem"
#: So many values of a dimension are named.
NAMED = 2


def outline(view: View, found: Findings, id: str, answered: str) -> None:
    """Show seven lines; each number of the period says of how many cases it is. ``answered``: what the answers do, where there are any."""
    reached = discovered.reached(view.ledger, view.slice)
    row = _measured(view, id) if reached else None
    lines = {
        "多少": _how_many(view, id, row),
        "从何时": _since(view, found, id),
        "是谁": _who(view, id, row),
        "在哪里": _where(view, found, id, row),
        "归谁办": _whose(view, found, id, row),
        "怎么答的": answered or "台账里没有答复意见，或少于三件",
        "该做什么": _to_do(view, found, id, row),
    }
    st.markdown("  \n".join(f"**{name}**　{escaped(text)}" for name, text in lines.items() if text))


def _measured(view: View, id: str) -> pd.Series | None:
    table = discovered.ask_measured(view.ledger, view.basis, TYPE)
    return table.loc[id] if id in table.index else None


def _how_many(view: View, id: str, row: pd.Series | None) -> str:
    whole = counts.totals(view.ledger, TYPE).reindex([id]).fillna(0).iloc[0]
    now = f"统计期内 {number(row['demand'] if row is not None else 0)}"
    return f"{now}{against(view, row)}；全部 {cases(whole['cases'], whole['repeats'])}"


def against(view: View, row: pd.Series | None) -> str:
    """Say what a type brought in the period compared with; of unequal working days the growth is by working day."""
    if row is None or pd.isna(row["growth"]):
        return ""
    grown = round(row["growth"])
    told = f"{grown:+,} 件" if grown else SAME
    fair = "按工作日折算 " if view.basis.uneven else ""
    return f"（{view.before_name} {row['before']:,.0f} 件，{fair}{told}）"


def _since(view: View, found: Findings, id: str) -> str:
    """Say since when there are cases, how often they come, and whether more than usual come now."""
    weeks = counts.weekly(view.ledger, TYPE)
    mine = weeks[weeks["id"] == id]
    if mine.empty:
        return ""
    span = (mine["week"].max() - mine["week"].min()).days // 7 + 1
    told = f"{mine['week'].min():%Y-%m-%d} 当周起，{span} 周里有 {len(mine)} 周来件，平均每周 {mine['cases'].sum() / span:.1f} 件"
    alarms = discovered.ask_alarms(view.ledger, found.token)
    now = alarms[(alarms["type_id"] == id) & (alarms["state"] != FALLEN)]
    if now.empty:
        return told + "；近期没有超出预期"
    return (
        told
        + "；"
        + "、".join(f"「{a.name}」自 {a.since:%Y-%m-%d} 当周起{a.state}" for a in now.head(NAMED).itertuples())
    )


def _who(view: View, id: str, row: pd.Series | None) -> str:
    if row is None:
        return ""
    told, senders = discovered.ask_senders(view.ledger, view.slice.narrowed(issue_type=id))
    parts = [f"写明是谁提的 {told:,}/{row['demand']:,.0f} 件，来自 {senders:,} 家（人）"] if told else []
    parts += [p for p in (_most(view, id, d) for d in ("industry", "size")) if p]
    return "；".join(parts) or "台账里没有企业、行业、联系人等列"


def _where(view: View, found: Findings, id: str, row: pd.Series | None) -> str:
    """Name the streets, and the concrete problems, whose names tell the place."""
    if row is None:
        return ""
    parts = [_most(view, id, "street")]
    now = discovered.ask_measured(view.ledger, view.basis, PROBLEM)["demand"]
    mine = now.reindex(found.problems.index[found.problems["type_id"] == id]).dropna()
    largest = mine[mine > 1].nlargest(NAMED)
    if len(largest):
        named = "、".join(f"「{found.name_of(p)}」{n:,.0f}/{row['demand']:,.0f} 件" for p, n in largest.items())
        parts.append(f"最大的具体问题{named}")
    return "；".join(p for p in parts if p) or "台账里没有街道，也没有两件以上说的是同一件事的"


def _whose(view: View, found: Findings, id: str, row: pd.Series | None) -> str:
    owner = str(found.types.loc[id, "owner"] or "")
    if not view.ledger.share_filled("department"):
        handled = "台账里没有承办部门"
    else:
        handled = _most(view, id, "department") if row is not None else ""
    return "；".join(p for p in (handled, f"牵头部门 {owner}" if owner else "没有指定牵头部门") if p)


def _most(view: View, id: str, dimension: str) -> str:
    """Name the commonest values of a dimension among the type's cases of the period, each of how many cases that tell it."""
    if not view.ledger.share_filled(dimension):
        return ""
    rows = asking.ask(("demand",), view.ledger, view.slice.narrowed(issue_type=id), by=(dimension,))
    rows = rows[rows[dimension].notna()]
    if rows.empty:
        return ""
    told = rows["value"].sum()
    named = "、".join(
        f"{asking.label(view.ledger, dimension, v)} {n:,.0f}/{told:,.0f}"
        for v, n in rows.nlargest(NAMED, "value")[[dimension, "value"]].itertuples(index=False)
    )
    return f"{model.DIMENSIONS[dimension]}最多的 {named} 件"


def _to_do(view: View, found: Findings, id: str, row: pd.Series | None) -> str:
    shown = remedied.ask_board(view.ledger, found)
    mine = [c for c in shown.cards if shown.types[c.id] == id]
    parts = []
    if row is not None and row["overdue_open"] > 0:
        parts.append(f"先办超期未办的 {number(row['overdue_open'])}")
    parts.append(f"治理台账 {mine[-1].id} 在“{STAGES[mine[-1].stage]}”" if mine else "还没有列入治理台账")
    return "；".join(parts)
