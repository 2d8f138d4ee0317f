"""模块负荷: where demand comes in, whether it is kept up with, and what is coming."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from analytics import figures, model
from analytics.exporting import notes_of
from analytics.reform.activities import EARLY
from analytics.wording import number
from pages.common import lacking
from pages.common.asking import ask, ask_forecast, settings
from pages.common.drawing import caption, chart, custom, empty, offer_workbook, section
from pages.common.filters import View
from pages.common.mechanisms import ask_activities, ask_before_and_after
from pages.common.periods import last_day, one_month, one_week, weeks_back

WEEKS = 26
FLOWS = ("demand", "closures", "backlog")


def module_by_week(view: View) -> None:
    with section("各模块每周受理量", view, "module", help="颜色越深受理越多；点一格看那一周的工单。") as ready:
        if not ready:
            return
        frame = ask(("demand",), view.ledger, weeks_back(view, WEEKS), by=("module",), grain="week")
        if not empty(frame):
            heads = {p: f"{p:%m-%d}" for p in frame["period"]}
            chart(
                figures.heat(frame, "module", "period", column_labels=heads),
                "heat_module",
                lambda p: module_week(view, p),
            )
            caption(view, "demand", extra=f"至统计期末的 {WEEKS} 周，横轴为周一日期，最后一周可能未满")


def module_week(view: View, point: dict) -> dict[str, str]:
    module, _, week = custom(point).partition("|")
    return {"module": module, **one_week(week, last_day(view))}


def keeping_up(view: View) -> None:
    with section("受理、办结与积压", view, "backlog", help="办结长期低于受理，积压就会增加。") as ready:
        if ready:
            frame = ask(FLOWS, view.ledger, weeks_back(view, WEEKS), grain="week")
            if not empty(frame):
                span = weeks_back(view, WEEKS)
                events = ask_activities(view.ledger, span.start, span.end)
                chart(figures.flows_and_backlog(frame, events), "flows", lambda p: flow_week(view, p))
                caption(view, "backlog", extra="积压 = 上周积压 + 受理 − 办结 + 重办；最后一周可能未满")


def flow_week(view: View, point: dict) -> dict[str, str]:
    """Return the query of what a mark counts: what came or was closed in its week, or was open at its end."""
    code = custom(point)
    if code in FLOWS:
        return {"metric": code, **one_week(custom(point, 1), last_day(view))}
    return one_week(str(point["x"]), last_day(view))  # the marks of activities are of no metric


def activities(view: View) -> None:
    with section(
        "政企活动前后，诉求有没有变化",
        view,
        "activities",
        help="座谈会、走访、政策发布、宣讲培训前后各 20 个工作日的受理量，只看活动所属模块（没有模块的看全部）。",
    ) as ready:
        if not ready:
            return
        end = last_day(view)
        found = ask_before_and_after(view.ledger, view.slice.over(end - dt.timedelta(weeks=WEEKS), end))
        if found.empty:
            st.info("近半年没有政企活动。", icon=":material/inbox:")
            return
        shown = pd.DataFrame(
            {
                "日期": found["held_on"].dt.strftime("%Y-%m-%d"),
                "类别": found["activity_kind"],
                "主题": found["topic"],
                "模块": [model.MODULES.get(m, "全部") for m in found["module"]],
                "触达企业": found["reached"],
                "前 20 个工作日": found["before"],
                "后 20 个工作日": found["after"],
                "后/前": [_ratio(row) for row in found.to_dict("records")],
                "其中走访座谈带来": found["visits"],
                "变化": found["verdict"],
            }
        ).iloc[::-1]
        st.dataframe(shown, hide_index=True, placeholder="—", height=min(38 * (len(shown) + 1), 420))
        st.caption(
            "件；“后/前”为受理量之比与 95% 区间，区间跨过 1 为基本持平；后 20 个工作日未满的不下结论。"
            "同一时期还有别的事情发生，前后之差不等于活动的作用。"
        )
        offer_workbook("导出 Excel", "政企活动.xlsx", lambda: {"政企活动": shown}, notes_of(view.ledger, view.slice))


def _ratio(row: dict) -> str:
    if pd.isna(row["low"]) or row["verdict"] == EARLY:
        return "—"
    return f"{row['ratio']:.2f}（{row['low']:.2f}–{row['high']:.2f}）"


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
                    chart(
                        figures.ranked(rows, "module", unit, name),
                        code,
                        lambda p, code=code: (
                            {"module": custom(p)} | ({"metric": "backlog"} if code == "load_open" else {})
                        ),
                    )
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
    with section("从哪个渠道来", view, "channel") as ready:
        if not ready:
            return
        year = view.slice.over(weeks_back(view, 52).start.replace(day=1), last_day(view))
        frame = ask(("demand",), view.ledger, year, by=("channel",), grain="month")
        if not empty(frame):
            chart(
                figures.shares(frame, "channel", settings().minimum_cases), "channels", lambda p: channel_month(view, p)
            )
            caption(view, "demand", extra="近 12 个月，最后一月可能未满")


def channel_month(view: View, point: dict) -> dict[str, str]:
    return {"channel": custom(point, 1), **one_month(str(point["x"]), last_day(view))}


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
            total, bounds = found.ahead["value"].sum(), found.ahead[["low", "high"]].sum()
            st.caption(
                f"未来四周合计约 {number(total)}（各周 80% 区间相加为 {bounds['low']:,.0f}–{bounds['high']:,.0f}）。同样的方法在过去 {found.tested} 次试算中平均偏差 {number(found.error, '%')}"
                f"（照搬上一周为 {number(found.naive, '%')}"
                + ("" if pd.isna(found.seasonal) else f"，照搬去年同周为 {number(found.seasonal, '%')}")
                + f"），80% 区间实际覆盖 {number(found.covered, '%')}。试算不比照搬准的台账不显示预测。"
            )


view: View = st.session_state["view"]
module_by_week(view)
keeping_up(view)
activities(view)
officers(view)
lacking.beside(view, (rhythm, []), (channels, ["channel"]))
ahead(view)
