"""改革进度: the plan's milestones against the data, coverage of life cycle and chains, B-READY topics."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import figures, model
from analytics.exporting import notes_of
from analytics.metrics import CATALOGUE, unmet
from analytics.reform.b_ready import topics
from analytics.reform.milestones import LATE, OPEN, REACHED, UNDATED, UNKNOWN
from analytics.wording import number
from pages.common import mechanisms
from pages.common.asking import ask, settings
from pages.common.drawing import chart, custom, empty, offer_workbook, section
from pages.common.filters import View
from pages.common.periods import last_day, one_month, weeks_back

STATES = (REACHED, LATE, UNDATED, OPEN, UNKNOWN)


def plan(view: View) -> None:
    with section(
        "方案的节点，数据说到了哪一步", view, help="节点见 data/plan.csv，可按本地方案修改。不受统计期和筛选影响。"
    ):
        found = mechanisms.ask_milestones(view.ledger)
        counts = pd.Series([m.state for m in found]).value_counts()
        st.markdown("，".join(f"**{s} {counts[s]} 项**" for s in STATES if s in counts))
        made = pd.DataFrame(
            {
                "阶段": [m.phase for m in found],
                "节点": [m.name for m in found],
                "时限": [f"{m.due:%Y-%m-%d}" for m in found],
                "状态": [m.state for m in found],
                "依据": [m.evidence for m in found],
            }
        )
        st.dataframe(made, hide_index=True, placeholder="—")
        offer_workbook("导出 Excel", "改革进度.xlsx", lambda: {"改革节点": made}, notes_of(view.ledger, view.slice))


def cycle_and_chain(view: View) -> None:
    with section(
        "全生命周期 × 产业链：诉求覆盖到哪里",
        view,
        "lifecycle",
        "chain",
        help="每格为统计期内受理的件数；空格是还没有诉求触达的组合。",
    ) as ready:
        if not ready:
            return
        frame = ask(("demand",), view.ledger, view.slice, by=("lifecycle", "chain")).dropna(
            subset=["lifecycle", "chain"]
        )
        if not empty(frame):
            chart(
                figures.heat(frame, "lifecycle", "chain"),
                "cycle",
                lambda p: dict(zip(("lifecycle", "chain"), custom(p).split("|"), strict=False)),
            )
            held = len(frame[frame["value"] > 0])
            everything = frame["lifecycle"].nunique() * frame["chain"].nunique()
            st.caption(f"件，期内受理；{everything} 个组合中有诉求的 {held} 个（{number(held / everything, '%')}）。")


def channels(view: View) -> None:
    with section("各渠道的诉求从多少变成多少", view, "channel") as ready:
        if not ready:
            return
        year = view.slice.over(weeks_back(view, 104).start.replace(day=1), last_day(view))
        frame = ask(("demand",), view.ledger, year, by=("channel",), grain="month")
        if not empty(frame):
            chart(
                figures.shares(frame, "channel", settings().minimum_cases),
                "channels",
                lambda p: {"channel": custom(p, 1), **one_month(str(p["x"]), last_day(view))},
            )
            st.caption("占每月受理量的比例，%；近两年，最后一月可能未满。")


def b_ready(view: View) -> None:
    with section(
        "对标世界银行 B-READY",
        view,
        help="十个主题各由哪些模块服务，台账里哪些指标可以作为过程证据；不是世界银行的评分。",
    ):
        rows = []
        for topic in topics():
            known = tuple(m for m in topic.metrics if not unmet(m, view.ledger))
            told = ask(known, view.ledger, view.slice.narrowed(module=topic.modules)).set_index("metric")
            said = []
            for code in topic.metrics:
                metric = CATALOGUE[code]
                if code not in told.index:
                    said.append(f"{metric.name} —")
                elif told.loc[code, "small"]:
                    said.append(f"{metric.name} 样本不足")
                else:
                    said.append(f"{metric.name} {number(told.loc[code, 'value'], metric.unit)}")
            rows.append(
                {
                    "主题": topic.name,
                    "服务模块": "、".join(model.MODULES[m] for m in topic.modules),
                    "可作证据的": topic.indicators,
                    "统计期内": "；".join(said),
                }
            )
        st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="—")
        st.caption("对应关系见 data/b_ready.csv，可修改；同一模块可服务几个主题，数按模块全部工单算。")


view: View = st.session_state["view"]
plan(view)
b_ready(view)
cycle_and_chain(view)
channels(view)
