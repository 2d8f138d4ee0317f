"""闭环流程: how far cases got, how they really went, which rules were broken, who has the next step."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import figures, model
from analytics.exporting import notes_of
from analytics.loop.paths import MOST, in_words
from analytics.loop.rules import MAIN_LINE, RULES, SIDE_STEPS
from analytics.metrics import CATALOGUE, unmet
from analytics.wording import SMALL, number
from pages.address import choices
from pages.common import lacking
from pages.common.asking import ask, settings
from pages.common.consulted import consultations
from pages.common.drawing import (
    CONFIG,
    big_number,
    caption,
    chart,
    custom,
    empty,
    offer_workbook,
    rows,
    section,
    to_cases,
)
from pages.common.filters import View
from pages.common.mechanisms import ask_dragging, ask_moves, ask_passed_on, ask_variants

#: Departments of the heat map of waits.
BUSIEST = 15
LOOPS = ("multi_transfer_rate", "return_rate", "reopen_rate")


def how_far(view: View) -> None:
    with section(
        "受理的工单走到了哪一步", view, "demand", help="分母都是期内受理的工单。浅色的是并非每件都要走的环节。"
    ):
        line = [(code, name, False) for code, name in MAIN_LINE] + [(code, name, True) for code, name in SIDE_STEPS]
        codes = tuple(code for code, _, _ in line if not unmet(code, view.ledger))
        frame = ask(codes, view.ledger, view.slice).set_index("metric")
        total = float(frame.loc["demand", "value"])
        if not total:
            st.info("这段时间、这些筛选下没有受理的工单。", icon=":material/inbox:")
            return
        shown = pd.DataFrame(
            [
                {
                    "name": name,
                    "metric": code,
                    "value": float(frame.loc[code, "numerator"]),
                    "side": side,
                    "small": total < settings().minimum_cases,
                }
                for code, name, side in line
                if code in frame.index
            ]
        )
        shown["share"] = shown["value"] / total
        chart(figures.reached(shown), "reached", lambda p: {"metric": custom(p), "part": "numerator"})
        for code, name, _ in line:
            lacking.noted(view.ledger, f"走到{name}的件数", code)
        st.caption("件，占期内受理的比例；越近受理的越来不及走完。")


def as_it_went(view: View) -> None:
    with section(
        "环节之间怎么走", view, "moves", "steps", help="期内每一次从一个环节走到下一个环节。橙色是往回走：回退、重办。"
    ) as ready:
        if not ready:
            return
        moves = ask_moves(view.ledger, view.slice)
        if moves.empty:
            st.info("这段时间没有环节记录。", icon=":material/inbox:")
            return
        st.plotly_chart(figures.went(moves), key="went", theme=None, config=CONFIG)
        caption(view, "moves")


def variants(view: View) -> None:
    with section("最常见的办理路径", view, "closures") as ready:
        if not ready:
            return
        found = ask_variants(view.ledger, view.slice)
        if found.empty:
            st.info("这段时间没有办结的工单。", icon=":material/inbox:")
            return
        shown = found.head(MOST)
        table = pd.DataFrame(
            {
                "办理路径": [in_words(p) for p in shown["path"]],
                "办结（件）": shown["closures"].astype(int),
                "占比": shown["share"] if found["closures"].sum() >= settings().minimum_cases else None,
                "办理中位数（工作日）": shown["handling_median"].mask(shown["handling_median__small"].eq(True)),
                "按期办结率": shown["on_time_rate"].mask(shown["on_time_rate__small"].eq(True)),
                "满意率": shown["satisfaction"].mask(shown["satisfaction__small"].eq(True)),
            }
        )
        percent = st.column_config.NumberColumn(format="percent")
        st.dataframe(
            table,
            hide_index=True,
            placeholder="—",
            column_config={
                "占比": percent,
                "按期办结率": percent,
                "满意率": percent,
                "办理中位数（工作日）": st.column_config.NumberColumn(format="%.1f"),
            },
        )
        st.caption(
            f"共 {len(found):,} 种路径，列出最多的 {len(shown)} 种；接收与暂停计时不计入路径；样本不足的比率留空（—）。"
            "时长与按期按走这条路径、期内受理或到期的工单算，满意率按期内评价算。"
        )


def loops(view: View) -> None:
    known = tuple(c for c in LOOPS if not lacking.noted(view.ledger, CATALOGUE[c].name, c))
    if not known:
        return
    with section("走了回头路的", view):
        frame = ask(known, view.ledger, view.slice).set_index("metric")
        for place, code in zip(st.columns(len(known)), known, strict=True):
            row, metric = frame.loc[code], CATALOGUE[code]
            with place:
                big_number(metric.name, SMALL if row["small"] else number(row["value"], "%"))
                st.caption(f"{row['numerator']:,.0f}/{row['denominator']:,.0f} {metric.times}，{metric.denominator}")
                to_cases("看这些工单", metric=code, part="numerator")
        if "multi_transfer_rate" not in known:
            return
        passed = ask_passed_on(view.ledger, view.slice)
        if len(passed):
            st.markdown("**转办两次以上的（可能推诿，先看路径）**")
            rows(
                pd.DataFrame(
                    {
                        "工单编号": passed["case_no"],
                        "诉求主题": passed["title"],
                        "转办次数": passed["transfers"],
                        "回退次数": passed["returns"],
                        "经过的部门": passed["route"],
                        "办结时间": passed["closed_at"],
                    }
                ),
                "passed_on",
            )


def first_receiver(view: View) -> None:
    with section("首接负责：首接的队自己办结了多少", view, "first_closure_rate") as ready:
        if ready:
            frame = ask(("first_closure_rate",), view.ledger, view.slice, by=("module",))
            if not empty(frame):
                chart(
                    figures.ranked(frame, "module", "%", "首接闭环率"),
                    "first_closure",
                    lambda p: {"module": custom(p), "metric": "first_closure_rate", "part": "rest"},
                )
                caption(view, "first_closure_rate", extra="点一条，看没有由首接部门办结的")


def waits(view: View) -> None:
    with section("在哪个部门、哪个环节等得久", view, "stage_stay", "department") as ready:
        if not ready:
            return
        busy = ask(("demand",), view.ledger, view.slice, by=("department",)).dropna(subset=["department"])
        top = tuple(busy.nlargest(BUSIEST, "value")["department"])
        if not top:
            empty(busy, "这段时间没有受理的工单。")
            return
        frame = ask(("stage_stay",), view.ledger, view.slice.narrowed(department=top), by=("department", "stage"))
        frame = frame[frame["value"].notna()]
        if empty(frame, "这段时间没有足够的环节记录。"):
            return
        after = {code: f"{name}之后" for code, name in model.STAGES.items()}
        chart(
            figures.heat(frame, "department", "stage", "个工作日", after),
            "waits",
            lambda p: dict(zip(("department", "stage"), custom(p).split("|"), strict=False)) | {"metric": "stage_stay"},
        )
        caption(view, "stage_stay", extra=f"中位数；列出受理最多的 {BUSIEST} 个部门")


def rules(view: View) -> None:
    known = [r for r in RULES if not lacking.noted(view.ledger, f"“{r.asks}”守没守住", r.metric)]
    if not known:
        return
    with section("规矩守得怎么样", view, help="每条规矩出自实施方案；点开看没有守住的工单。"):
        frame = ask(tuple(r.metric for r in known), view.ledger, view.slice).set_index("metric")
        table = []
        for rule in known:
            row = frame.loc[rule.metric]
            table.append(
                {
                    "规矩": rule.asks,
                    "守住的": None if row["small"] else row["value"],
                    "没有守住": f"{row['denominator'] - row['numerator']:,.0f}/{row['denominator']:,.0f} {CATALOGUE[rule.metric].times}",
                    "问题": rule.broken,
                    "依据": rule.clause,
                    "口径": CATALOGUE[rule.metric].described(settings()),
                }
            )
        if table:
            made = pd.DataFrame(table)
            chosen = choices.row(
                made,
                "rules",
                [r.metric for r in known],
                placeholder="样本不足",
                column_config={"守住的": st.column_config.NumberColumn(format="percent")},
            )
            if chosen is not None:
                rule = next(r for r in known if r.metric == chosen)
                to_cases(f"看「{rule.broken}」的工单", metric=rule.metric, part="rest")
            offer_workbook("导出 Excel", "闭环规则.xlsx", lambda: {"闭环规则": made}, notes_of(view.ledger, view.slice))


def dragging(view: View) -> None:
    with section(
        "久拖未办", view, "overdue_open", help="已超期仍未办结的，超期最久的在前；下一步按实施方案的规矩给出。"
    ) as ready:
        if not ready:
            return
        found = ask_dragging(view.ledger, view.slice)
        if found.empty:
            st.success("没有超期未办的工单。", icon=":material/check_circle:")
            return
        shown = pd.DataFrame(
            {
                "工单编号": found["case_no"],
                "诉求主题": found["title"],
                "承办部门": found["department"],
                "超期（工作日）": found["overdue_days"],
                "未办结（天）": found["open_days"],
                "督办（次）": found["chases"],
                "涉及部门（个）": found["departments"],
                "会商（次）": found["consultations"],
                "下一步": found["step"],
                "谁来办": found["whose"],
            }
        )
        rows(shown, "dragging", height=380)
        offer_workbook(
            "导出 Excel",
            "久拖未办.xlsx",
            lambda: {"久拖未办": shown},
            notes_of(view.ledger, view.slice),
            key="export_dragging",
        )
        to_cases("全部列出", metric="overdue_open", sort="overdue_days")


view: View = st.session_state["view"]
lacking.beside(view, (how_far, []), (as_it_went, ["moves", "steps"]))
rules(view)
variants(view)
loops(view)
lacking.beside(view, (first_receiver, ["first_closure_rate"]), (waits, ["stage_stay", "department"]))
consultations(view)
dragging(view)
