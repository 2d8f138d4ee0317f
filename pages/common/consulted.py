"""联席会商 on the page: what was brought, what came after beside like cases, what still waits for one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import figures
from analytics.exporting import notes_of
from analytics.loop.consulting import MOST, NEAR_DAYS, REASONS, Comparison, Side
from analytics.wording import number
from pages.common import lacking, mechanisms
from pages.common.asking import ask, settings
from pages.common.drawing import caption, chart, custom, empty, offer_workbook, section, to_cases
from pages.common.filters import View


def consultations(view: View) -> None:
    """Draw the three questions about consultations, side by side where there is room."""
    lacking.beside(view, (_brought, ["consult_wait"]), (_after, ["consult_wait"]))


def _brought(view: View) -> None:
    with section("联席会商：上了哪些、等了多久", view, "consult_wait") as ready:
        if ready:
            _reasons(view)


def _after(view: View) -> None:
    with section("会商之后怎样", view, "consult_wait") as ready:
        if ready:
            _compared(view)


def _reasons(view: View) -> None:
    found = mechanisms.ask_brought(view.ledger, view.slice)
    if found.empty:
        st.info("这段时间没有首次会商的工单。", icon=":material/inbox:")
        return
    table = pd.DataFrame(
        {
            "为什么上会": [REASONS[r] for r in found["reason"]],
            "工单（件）": found["cases"],
            "占比": found["share"].mask(found["cases"] / found["share"] < settings().minimum_cases),
            "等了（工作日，中位数）": found["wait"].mask(found["cases"] < settings().minimum_cases),
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        placeholder="—",
        column_config={
            "占比": st.column_config.NumberColumn(format="percent"),
            "等了（工作日，中位数）": st.column_config.NumberColumn(format="%.1f"),
        },
    )
    st.caption(
        f"按首次会商时的情形；一件可有几个原因，占比相加可超过 100%；样本不足的等待时长留空（—）。跨部门：涉及 {settings().consult_departments} 个以上部门（含后来加入的）。"
    )
    frame = ask(("consult_wait",), view.ledger, view.slice, by=("module",))
    if not empty(frame):
        chart(
            figures.ranked(frame, "module", "个工作日", "会商等待"),
            "consult_wait",
            lambda p: {"module": custom(p), "metric": "consult_wait"},
        )
        caption(view, "consult_wait")
    to_cases("看该会商而未会商的", metric="hard_consulted_rate", part="rest")


def _compared(view: View) -> None:
    with st.spinner("正在比对相似的工单……"):
        found = mechanisms.ask_consult_effect(view.ledger, view.slice)
    least = settings().minimum_cases
    if found.brought.cases < least:
        st.info(f"期内会商过、又找得到相似工单的只有 {found.brought.cases} 件，样本不足。", icon=":material/inbox:")
        return
    table = pd.DataFrame(
        {
            "": ["会商过的", "相似而未会商的"],
            "工单（件）": [found.brought.cases, found.like.cases],
            "此后还需（工作日，中位数）": [_days(found.brought), _days(found.like)],
            "满意率": [_satisfied(found.brought), _satisfied(found.like)],
        }
    )
    st.dataframe(table, hide_index=True, placeholder="—")
    st.markdown(f"**{_in_words(found)}**")
    st.caption(
        f"相似：同一模块、受理相差不超过 {NEAR_DAYS} 天、在会商那时的时龄上同样未办结、同样转办过（或没有）、同样超期（或没有），取受理最近的一件；"
        f"找不到相似的 {found.unmatched} 件不计，期内超过 {MOST} 件的取最近 {MOST} 件。括号内为 95% 区间。"
        "**这不能证明是会商的作用**：上会的工单可能本来就更受重视，或更难。"
    )
    offer_workbook("导出 Excel", "会商前后.xlsx", lambda: {"会商前后": table}, notes_of(view.ledger, view.slice))


def _days(side: Side) -> str:
    if pd.isna(side.days):
        return "多数还未办结"
    return f"{number(side.days, '个工作日')}（{side.days_low:.1f}–{side.days_high:.1f}）"


def _satisfied(side: Side) -> str:
    if side.rated < settings().minimum_rated:
        return f"样本不足（{side.rated} 件评价）"
    return (
        f"{number(side.satisfied, '%')}（{number(side.satisfied_low, '%')}–{number(side.satisfied_high, '%')}，"
        f"{side.rated} 件评价）"
    )


def _in_words(found: Comparison) -> str:
    a, b = found.brought, found.like
    if a.days_high < b.days_low:
        return "会商之后办得比相似工单快，超出了偶然波动。"
    if a.days_low > b.days_high:
        return "会商之后办得比相似工单慢，超出了偶然波动。"
    return "会商之后与相似工单快慢相当，看不出差别。"
