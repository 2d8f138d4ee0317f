"""模块负荷: where demand comes in, whether it is kept up with, and what is coming."""

from __future__ import annotations

import streamlit as st

from analytics import figures
from analytics.wording import number
from pages.common.asking import ask, ask_forecast
from pages.common.drawing import caption, chart, custom, empty, section
from pages.common.filters import View
from pages.common.periods import last_day, one_month, one_week, weeks_back

WEEKS = 26


def module_by_week(view: View) -> None:
    with section("各模块每周受理量", view, "demand", help="颜色越深受理越多；点一格看那一周的工单。") as ready:
        if not ready:
            return
        if view.ledger.lacks(("module",)):
            st.info("台账里没有「服务模块」列，补上后可看各模块每周受理量。", icon=":material/add_notes:")
            return
        frame = ask(("demand",), view.ledger, weeks_back(view, WEEKS), by=("module",), grain="week")
        if not empty(frame):
            heads = {p: f"{p:%m-%d}" for p in frame["period"]}
            chart(figures.heat(frame, "module", "period", column_labels=heads), "heat_module", module_week)
            caption(view, "demand", extra=f"至统计期末的 {WEEKS} 周，横轴为周一日期，最后一周可能未满")


def module_week(point: dict) -> dict[str, str]:
    module, _, week = custom(point).partition("|")
    return {"module": module, **one_week(week)}


def keeping_up(view: View) -> None:
    with section("受理、办结与积压", view, "backlog", help="办结长期低于受理，积压就会增加。") as ready:
        if ready:
            frame = ask(("demand", "closures", "backlog"), view.ledger, weeks_back(view, WEEKS), grain="week")
            if not empty(frame):
                chart(figures.flows_and_backlog(frame), "flows", lambda p: one_week(str(p["x"])))
                caption(view, "backlog", extra="积压 = 上周积压 + 受理 − 办结 + 重办；最后一周可能未满")


def officers(view: View) -> None:
    with section("各队人均负荷", view, "load_accepted", "load_open") as ready:
        if ready:
            frame = ask(("load_accepted", "load_open"), view.ledger, view.slice, by=("module",))
            left, right = st.columns(2)
            for place, code, name, unit in (
                (left, "load_accepted", "人均受理", "件/人日"),
                (right, "load_open", "人均在办", "件/人"),
            ):
                rows = frame[frame["metric"] == code]
                with place:
                    chart(figures.ranked(rows, "module", unit, name), code, lambda p: {"module": custom(p)})
            caption(view, "load_accepted", "load_open")


def rhythm(view: View) -> None:
    with section("一周里什么时候来", view, "demand", help="受理时刻按星期与小时统计，可对照轮值安排。"):
        frame = ask(("demand",), view.ledger, view.slice, by=("weekday", "hour"))
        if not empty(frame):
            hours = {h: f"{h}时" for h in range(24)}
            chart(figures.heat(frame, "weekday", "hour", column_labels=hours), "rhythm", weekday_and_hour)
            caption(view, "demand")


def weekday_and_hour(point: dict) -> dict[str, str]:
    weekday, _, hour = custom(point).partition("|")
    return {"weekday": weekday, "hour": hour}


def channels(view: View) -> None:
    with section("从哪个渠道来", view, "demand"):
        if view.ledger.lacks(("channel",)):
            st.info("台账里没有「来源渠道」列，补上后可看渠道构成的变化。", icon=":material/add_notes:")
            return
        year = view.slice.over(weeks_back(view, 52).start.replace(day=1), last_day(view))
        frame = ask(("demand",), view.ledger, year, by=("channel",), grain="month")
        if not empty(frame):
            chart(figures.shares(frame, "channel"), "channels", channel_month)
            caption(view, "demand", extra="近 12 个月，最后一月可能未满")


def channel_month(point: dict) -> dict[str, str]:
    return {"channel": custom(point, 1), **one_month(str(point["x"]))}


def ahead(view: View) -> None:
    with section(
        "未来四周预计受理",
        view,
        "demand",
        help="每工作日受理量的局部水平模型，乘以来周的工作日数，所以放假与调休已计入。",
    ) as ready:
        if ready:
            with st.spinner("正在预测……"):
                found = ask_forecast(view.ledger, view.slice)
            chart(figures.forecast(found.history.tail(WEEKS), found.ahead), "forecast", lambda p: one_week(str(p["x"])))
            total = found.ahead["value"].sum()
            st.caption(
                f"未来四周合计约 {number(total)}。同样的方法在过去 {found.tested} 次预测中平均误差 {number(found.error, '%')}"
                f"（照搬上一周的误差为 {number(found.naive, '%')}），80% 区间实际覆盖 {number(found.covered, '%')}。"
            )


view: View = st.session_state["view"]
module_by_week(view)
keeping_up(view)
officers(view)
left, right = st.columns(2)
with left:
    rhythm(view)
with right:
    channels(view)
ahead(view)
