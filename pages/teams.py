"""队伍与轮值: nine teams of 1+1+X, who is on duty, where the rota does not fit, what one more would change."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import streamlit as st

from analytics import figures, model
from analytics.exporting import notes_of
from analytics.metrics import unmet
from analytics.wording import number
from pages.common import lacking
from pages.common.asking import ask
from pages.common.drawing import caption, chart, custom, empty, offer_workbook, section, to_cases
from pages.common.filters import View
from pages.common.mechanisms import ask_doubles, ask_duty, ask_teams, ask_waits
from pages.common.periods import last_day

QUEUE_WEEKS = 26
MOST_DAYS = 62


def cards(view: View) -> None:
    with section("九支管家服务队（1+1+X）", view, "officers") as ready:
        if not ready:
            return
        known = tuple(c for c in ("demand", "backlog", "load_accepted", "load_open") if not unmet(c, view.ledger))
        loads = ask(known, view.ledger, view.slice, by=("module",))
        value = loads.set_index(["metric", "module"])["value"]
        found = ask_teams(view.ledger)
        for start in range(0, len(found), 3):
            for place, team in zip(st.columns(3), found[start : start + 3], strict=False):
                with place, st.container(border=True, height="stretch"):
                    st.markdown(f"**{model.MODULES[team.module]}**")
                    st.text(
                        f"分管领导 {'、'.join(team.leaders) or '—'}　首席服务专员 {'、'.join(team.chiefs) or '—'}　"
                        f"服务专员 {len(team.officers)} 名"
                    )
                    st.text("、".join(team.departments))
                    facts = [
                        f"{name} {number(value.get((code, team.module)), unit)}"
                        for code, name, unit in (
                            ("demand", "期内受理", "件"),
                            ("backlog", "积压", "件"),
                            ("load_accepted", "人均受理", "件/人日"),
                            ("load_open", "人均在办", "件/人"),
                        )
                        if code in known
                    ]
                    st.caption(" · ".join(facts))
                    for fault in team.faults:
                        st.warning(fault, icon=":material/group_off:")
                    to_cases("看积压的工单", metric="backlog" if "backlog" in known else "demand", module=team.module)
        caption(view, *(c for c in known if c.startswith("load")))


def days_of(view: View) -> tuple[dt.date, dt.date]:
    """Return the period's days up to the newest one that the rota may be asked of, two months at most."""
    end = view.slice.end
    return max(view.slice.start, end - dt.timedelta(days=MOST_DAYS - 1)), end


def calendar(view: View) -> None:
    with section(
        "轮值表", view, "rota", help="每格是当日当班的服务专员人数，只列工作日；空缺和重复排班列在下面。"
    ) as ready:
        if not ready:
            return
        start, end = days_of(view)
        duty = ask_duty(view.ledger, start, end)
        if duty.empty:
            st.info("这段时间没有工作日。", icon=":material/inbox:")
            return
        shown = duty.assign(period=duty["day"].dt.strftime("%m-%d"), value=duty["officers"])
        chart(figures.heat(shown, "module", "period", "人"), "rota")
        empty_days = duty[duty["officers"] == 0]
        doubles = ask_doubles(view.ledger, start, end)
        left, right = st.columns(2)
        with left:
            st.markdown(f"**空缺 {len(empty_days):,} 个班次**（工作日而无人当班）")
            if len(empty_days):
                by_team = empty_days.groupby("module")["day"].agg(lambda d: "、".join(d.dt.strftime("%m-%d")))
                made = pd.DataFrame({"服务队": [model.MODULES[m] for m in by_team.index], "日期": by_team.to_numpy()})
                st.dataframe(made, hide_index=True, placeholder="—")
        with right:
            st.markdown(f"**重复排班 {len(doubles):,} 次**（同一人同一天在两支服务队）")
            if len(doubles):
                st.dataframe(
                    pd.DataFrame(
                        {
                            "日期": pd.to_datetime(doubles["day"]).dt.strftime("%Y-%m-%d"),
                            "人员编号": doubles["officer_no"],
                            "服务队": ["、".join(model.MODULES[m] for m in ms) for ms in doubles["modules"]],
                        }
                    ),
                    hide_index=True,
                    placeholder="—",
                )
        table = duty.assign(day=duty["day"].dt.strftime("%Y-%m-%d"), module=duty["module"].map(model.MODULES))
        wide = table.pivot(index="day", columns="module", values="officers").reset_index(names="日期")
        offer_workbook("导出 Excel", "轮值.xlsx", lambda: {"当班人数": wide}, notes_of(view.ledger, view.slice))


def received(view: View) -> None:
    with section("是不是当班的人接的", view, "on_duty_rate") as ready:
        if ready:
            frame = ask(("on_duty_rate",), view.ledger, view.slice, by=("module",))
            if not empty(frame):
                chart(
                    figures.ranked(frame, "module", "%", "当班首接率"),
                    "on_duty",
                    lambda p: {"module": custom(p), "metric": "on_duty_rate", "part": "rest"},
                )
                caption(view, "on_duty_rate", extra="点一条，看不是当班专员接的")


def hours(view: View) -> None:
    told = "工作日各小时受理的件数，摊到每个工作日、每名当班专员。"
    with section("一天里什么时候来的多", view, "rota", "module", help=told) as ready:
        if not ready:
            return
        frame = ask(("demand",), view.ledger, view.slice, by=("module", "hour"))
        duty = ask_duty(view.ledger, view.slice.start, min(view.slice.end, last_day(view)))
        staff = duty.groupby("module")["officers"].sum()
        frame = frame[frame["module"].isin(staff[staff > 0].index)]
        if empty(frame):
            return
        shown = frame.assign(value=frame["value"] / frame["module"].map(staff))
        chart(
            figures.heat(shown, "module", "hour", "件/人日", {h: f"{h}时" for h in range(24)}),
            "hours",
            lambda p: dict(zip(("module", "hour"), custom(p).split("|"), strict=False)),
        )
        st.caption("件/人日：该小时受理的件数 ÷ 期内当班的人日。颜色越深，每名当班专员在这个小时接到的越多。")


def one_more(view: View) -> None:
    with section(
        "多派一名专员会怎样",
        view,
        "closures",
        "load_accepted",
        help="排队估算（M/M/c）。假设：各队专员能力相当，诉求随机到来，办理所需工时呈指数分布，一队一条线，谁有空谁接。只供比较，不作承诺。",
    ) as ready:
        if not ready:
            return
        end = last_day(view)
        found = ask_waits(view.ledger, view.slice.over(end - dt.timedelta(weeks=QUEUE_WEEKS), end))
        if not found:
            st.info("轮值或办结的记录不满六周，还估不出来。", icon=":material/add_notes:")
            return
        st.dataframe(
            pd.DataFrame(
                {
                    "服务队": [model.MODULES[w.module] for w in found],
                    "每工作日来件": [w.arrivals for w in found],
                    "当班人数": [w.officers for w in found],
                    "每人每日能办": [w.capacity for w in found],
                    "占用": [w.load for w in found],
                    "平均排队（工作日）": [waiting(w.wait_now) for w in found],
                    "多派一名后": [waiting(w.wait_with_one_more) for w in found],
                }
            ),
            hide_index=True,
            placeholder="—",
            column_config={
                "占用": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
                **{
                    c: st.column_config.NumberColumn(format="%.1f")
                    for c in ("每工作日来件", "当班人数", "每人每日能办")
                },
            },
        )
        st.caption(
            f"依据近 {QUEUE_WEEKS} 周：来件为每工作日受理；每人每日能办取各队各周每人日办结数的第 95 百分位（不忙的队来多少办多少，看不出能办多少）；当班人数为工作日平均，排队按四舍五入的整数算。"
            "“越积越多”指来件超过能办的。"
        )


def waiting(days: float) -> str:
    return "越积越多" if math.isinf(days) else f"{days:.2f}"


view: View = st.session_state["view"]
cards(view)
calendar(view)
lacking.beside(view, (received, ["on_duty_rate"]), (hours, ["rota", "module"]))
one_more(view)
