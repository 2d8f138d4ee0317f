"""满意度: how enterprises rate the service, who does not say, what goes with low grades."""

from __future__ import annotations

import streamlit as st

from analytics import figures, model
from analytics.metrics import CATALOGUE
from analytics.ratings import bad_ratings, circumstances, comments
from analytics.wording import SMALL, number, short
from pages.address import inputs
from pages.common import lacking
from pages.common.asking import ask, ask_funnel, cached, counted, settings
from pages.common.drawing import big_number, caption, chart, custom, empty, rows, section, to_cases
from pages.common.filters import View
from pages.common.periods import late_part, months_back

HEADLINES = ("satisfaction", "strict_satisfaction", "rating_coverage", "called_back_rate", "rectified_rate")

ask_circumstances, ask_bad, ask_comments = counted(circumstances), cached(bad_ratings), cached(comments)


def headlines(view: View) -> None:
    known = [code for code in HEADLINES if not lacking.noted(view.ledger, CATALOGUE[code].name, code)]
    if not known:
        return
    frame = ask(tuple(known), view.ledger, view.slice).set_index("metric")
    for column, code in zip(st.columns(len(known), gap="small"), known, strict=True):
        metric = CATALOGUE[code]
        with column, st.container(border=True, height="stretch"):
            row = frame.loc[code]
            small = bool(row["small"]) and row["denominator"] > 0
            told = SMALL if small else short(row["value"], "%")
            big_number(metric.name, told, help=metric.described(settings()) + "。")
            known = row["denominator"] and not small
            interval = f"；95% 区间 {row['low'] * 100:.1f}–{row['high'] * 100:.1f}%" if known else ""
            st.caption(f"{row['numerator']:,.0f}/{row['denominator']:,.0f} 件{interval}")


def over_time(view: View) -> None:
    with section(
        "两种口径的满意率", view, "satisfaction", help="官方口径把“基本满意”算作满意；严格口径只算“满意”和“非常满意”。"
    ) as ready:
        if ready:
            names = {"satisfaction": "满意率（3–5 级）", "strict_satisfaction": "严格满意率（4–5 级）"}
            frame = ask(tuple(names), view.ledger, months_back(view), grain="month")
            if not empty(frame):
                chart(
                    figures.rate_over_time(frame, names, settings().targets.get("satisfaction")),
                    "satisfied",
                    lambda p: late_part(view, p),
                )
                caption(view, "satisfaction", extra="阴影为 95% 区间，样本不足的月不画，点一个月看差评")


def who_answers(view: View) -> None:
    with section("谁没有评价", view, "rating_coverage", help="参评率低的渠道或模块，满意率代表不了大家。") as ready:
        if ready:
            choices = [
                d for d in ("channel", "module", "department", "size") if d == "size" or not view.ledger.lacks((d,))
            ]
            by = inputs.choose("按", "answers", choices, words=model.DIMENSIONS.get, draw=st.segmented_control)
            frame = ask(("rating_coverage",), view.ledger, view.slice, by=(by,))
            if not empty(frame):
                chart(
                    figures.ranked(frame, by, "%", "参评率"),
                    f"coverage_{by}",
                    lambda p: {by: custom(p), "metric": "rating_coverage", "part": "rest"},
                )
                caption(view, "rating_coverage", extra="点一条看没有评价的工单")


def five_grades(view: View) -> None:
    with section("五级评价的构成", view, "ratings") as ready:
        if ready:
            by = "module" if not view.ledger.lacks(("module",)) else "channel"
            frame = ask(("ratings",), view.ledger, view.slice, by=(by, "grade"))
            if not empty(frame):
                chart(
                    figures.grades(frame, by, settings().minimum_rated),
                    "grades",
                    lambda p: {by: custom(p, 1), "metric": "ratings", "grade": custom(p, 2)},
                )
                caption(view, "ratings", extra="括号内为评价件数")


def who(view: View) -> None:
    with section(
        "哪个部门明显高或低", view, "satisfaction", "department", help="漏斗图：评价越少，界限越宽；样本不足的不画。"
    ) as ready:
        if ready:
            strict = inputs.switch("严格口径（只算 4–5 级）", "strict")
            code = "strict_satisfaction" if strict else "satisfaction"
            groups, limits, centre = ask_funnel(code, view.ledger, view.slice, "department", None)
            if groups["small"].all():
                st.info("各部门评价都少于 30 件，样本不足，不作比较。可把统计期选长一些。", icon=":material/inbox:")
                return
            made = figures.funnel(groups, limits, "department", centre, "严格满意率" if strict else "满意率")
            chart(
                made,
                f"satisfied_who_{code}",
                lambda p: {"department": custom(p), "metric": code, "part": "rest"} if p.get("customdata") else None,
            )
            caption(view, code)


def goes_with(view: View) -> None:
    with section("差评常伴随什么", view, "ratings", help="有某种情形与没有时的差评率；相伴不等于因果。") as ready:
        if ready:
            frame = ask_circumstances(view.ledger, view.slice)
            if not empty(frame):
                chart(figures.odds(frame), "odds")
                caption(view, "bad_ratings", extra="分母为相应情形下的评价；线段为 95% 区间")
                to_cases("看这些差评的工单", metric="bad_ratings")


def put_right(view: View) -> None:
    with section("差评与整改", view, "bad_ratings") as ready:
        if ready:
            frame = ask_bad(view.ledger, view.slice)
            if frame.empty:
                st.success("这段时间没有差评。", icon=":material/check_circle:")
                return
            rows(frame, "bad")
            st.caption(
                f"共 {number(len(frame))}；回访限 {settings().call_back_days} 个工作日，整改限 {settings().rectify_days} 个工作日。"
            )
            to_cases("看这些工单", metric="bad_ratings")


def words(view: View) -> None:
    with section("评语", view, "ratings") as ready:
        if ready:
            frame = ask_comments(view.ledger, view.slice)
            if frame.empty:
                st.info("这段时间的评价没有写评语。", icon=":material/inbox:")
                return
            rows(frame, "comments")


view: View = st.session_state["view"]
headlines(view)
over_time(view)
lacking.beside(view, (who_answers, ["rating_coverage"]), (five_grades, ["ratings"]))
who(view)
goes_with(view)
lacking.beside(view, (put_right, ["bad_ratings"]), (words, ["ratings"]))
