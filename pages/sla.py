"""时限合规: are promises kept, by whom not, what is late, what will be, and where it waits."""

from __future__ import annotations

import streamlit as st

from analytics import figures, model
from analytics.caselist import ListRequest
from analytics.exporting import case_table
from analytics.metrics.query import BANDS
from analytics.suggested import suggested_modules
from analytics.wording import clock, number
from pages.address import inputs
from pages.common import lacking
from pages.common.asking import ask, ask_cases, ask_curve, ask_funnel, settings
from pages.common.drawing import caption, chart, custom, empty, rows, section, to_cases
from pages.common.filters import View
from pages.common.periods import late_part, months_back


def over_time(view: View) -> None:
    with section("按期办结率的走势", view, "on_time_rate") as ready:
        if ready:
            frame = ask(("on_time_rate",), view.ledger, months_back(view), grain="month")
            if not empty(frame):
                made = figures.rate_over_time(
                    frame, {"on_time_rate": "按期办结率"}, settings().targets.get("on_time_rate")
                )
                chart(made, "on_time", lambda p: late_part(view, p))
                caption(view, "on_time_rate", extra="阴影为 95% 区间，样本不足的月不画，点一个月看超期的工单")


def who(view: View) -> None:
    groups_of = [d for d in ("department", "module") if not view.ledger.lacks((d,))]
    with section(
        "谁明显好、谁明显差",
        view,
        "on_time_rate",
        *([] if groups_of else ["department"]),
        help="漏斗图：工单越少，界限越宽。落在界限内的差别可能只是偶然，不排名。",
    ) as ready:
        if not ready:
            return
        with st.container(horizontal=True):
            by = inputs.choose("按", "who", groups_of, words=model.DIMENSIONS.get, draw=st.segmented_control)
            mixed = inputs.switch(
                "按事项难度校正",
                "mix",
                disabled=bool(view.ledger.lacks(("item",))),
                help="间接标准化：按各事项全区的按期率算出应有的按期件数，再与实际相比。",
            )
        groups, limits, centre = ask_funnel("on_time_rate", view.ledger, view.slice, by, "item_no" if mixed else None)
        if groups["small"].all():
            st.info("各组到期都少于 10 件，样本不足，不作比较。", icon=":material/inbox:")
            return
        made = figures.funnel(groups, limits, by, centre, "按期办结率")
        chart(
            made,
            f"funnel_{by}_{mixed}",
            lambda p: {by: custom(p), "metric": "on_time_rate", "part": "rest"} if p.get("customdata") else None,
        )
        caption(
            view,
            "on_time_rate",
            extra="橙色超出 95% 界限，红色超出 99.8% 界限" + ("；已按事项难度校正" if mixed else ""),
        )


def overdue(view: View) -> None:
    with section("超期未办有多久了", view, "overdue_open") as ready:
        if ready:
            by = "department" if not view.ledger.lacks(("department",)) else "module"
            frame = ask(("overdue_open",), view.ledger, view.slice, by=(by, "overdue_band"))
            if not empty(frame, "没有超期未办的工单。"):
                made = figures.bands(frame, by, BANDS)
                chart(
                    made,
                    "bands",
                    lambda p: {
                        by: custom(p),
                        "overdue_band": custom(p, 1),
                        "metric": "overdue_open",
                        "sort": "overdue_days",
                    },
                )
                caption(view, "overdue_open", extra=f"按已超期的工作日分段，截至 {clock(view.basis.at)}")


def due_soon(view: View) -> None:
    days = settings().at_risk_days
    with section(f"未来 {days} 个工作日到期", view, "at_risk") as ready:
        if ready:
            total = ask(("at_risk",), view.ledger, view.slice)["value"].iloc[0]
            frame = ask_cases(
                view.ledger, view.slice, ListRequest("at_risk", sort="due_at", descending=False, limit=200)
            )
            shown = case_table(
                frame[["due_at", "case_no", "title", "department", "module", "accepted_at"]],
                suggested_modules(view.ledger),
            )
            rows(shown, "due_soon")
            told = "全部列出" if len(frame) >= total else f"列出前 {len(frame)} 件"
            st.caption(f"截至 {clock(view.basis.at)} 共 {number(total)}，按期限先后{told}。")
            to_cases("全部列出并导出", metric="at_risk", sort="due_at")


def waiting(view: View) -> None:
    with section("时间花在哪个环节", view, "stage_stay") as ready:
        if ready:
            frame = ask(("stage_stay", "stage_stay_p90"), view.ledger, view.slice, by=("stage",))
            if not empty(frame):
                wide = frame.pivot_table(index="stage", columns="metric", values="value", aggfunc="first")
                counts = frame.drop_duplicates("stage").set_index("stage")[["n", "small"]]
                order = [s for s in model.STAGES if s in wide.index]
                table = (
                    wide.rename(columns={"stage_stay": "median", "stage_stay_p90": "p90"})
                    .reindex(columns=["median", "p90"])  # a measure that no stage has is no column of the pivot
                    .join(counts)
                    .loc[order]
                    .reset_index()
                )
                chart(figures.stays(table), "stays", lambda p: {"metric": "stage_stay", "stage": custom(p, 1)})
                caption(view, "stage_stay", extra="从该环节开始到下一环节开始")


def how_long(view: View) -> None:
    with section(
        "多久能办结",
        view,
        "handling_median",
        help="Kaplan–Meier 曲线：未办结的工单也算在内，不会因为只看已办结的而显得快。",
    ) as ready:
        if ready:
            curves = {"本期受理": ask_curve(view.ledger, view.slice)}
            if view.before:
                curves[f"{view.before_name}受理"] = ask_curve(view.ledger, view.before)
            curves = {k: v for k, v in curves.items() if len(v)}
            if not curves:
                st.info("这段时间没有受理的工单。", icon=":material/inbox:")
                return
            known = ask(("handling_median", "handling_p90", "handling_natural"), view.ledger, view.slice)
            frame, small = known.set_index("metric")["value"], bool(known["small"].any())
            came = {"本期受理": ask(("demand",), view.ledger, view.slice)["value"].iloc[0]}
            if view.before:
                came[f"{view.before_name}受理"] = ask(("demand",), view.ledger, view.before)["value"].iloc[0]
            chart(
                figures.survival(
                    curves,
                    came,
                    settings().minimum_cases,
                    limit=max(
                        5.0, 3 * float(frame["handling_p90"]) if frame["handling_p90"] == frame["handling_p90"] else 60
                    ),
                ),
                "survival",
            )
            st.caption(
                "样本不足，不写中位数；阴影为 95% 区间，对比期按同等时龄。"
                if small
                else f"中位数 {number(frame['handling_median'], '个工作日')}（{number(frame['handling_natural'], '自然日')}），"
                f"第 90 百分位 {number(frame['handling_p90'], '个工作日')}；阴影为 95% 区间，对比期按同等时龄。"
            )
            to_cases("看曲线背后的工单", metric="handling_median")


view: View = st.session_state["view"]
over_time(view)
who(view)
lacking.beside(view, (overdue, ["overdue_open"]), (due_soon, ["at_risk"]))
lacking.beside(view, (waiting, ["stage_stay"]), (how_long, ["handling_median"]))
