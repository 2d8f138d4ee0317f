"""One type opened: trend, whom it hits, its problems, its cases, how it was solved, what is done about it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import figures, model
from analytics.issues import Findings, counts
from analytics.issues.description import ANSWERED
from analytics.issues.findings import AUTOMATIC
from analytics.metrics import CATALOGUE
from analytics.remedies.stages import STAGES
from analytics.wording import SMALL, cases, clock, number, short
from pages.address import choices, inputs, links
from pages.common import asking, correcting, discovered, proposed_names, remedied, rooting, type_outline
from pages.common.drawing import big_number, chart, custom, section, to_cases
from pages.common.filters import View
from pages.common.foreign import escaped
from pages.common.listing import FILTERS
from pages.common.periods import one_week

TYPE, PROBLEM = "issue_type", "issue_problem"
WHOM = ("department", "street", "industry", "size", "channel")


def open_link(label: str, id: str | None, icon: str = links.ONWARD) -> None:
    """Draw a link that opens a type (None: all of them), period and filters kept."""
    links.to(links.ISSUES, label, icon=icon, type=id)


def opened(view: View, found: Findings, id: str) -> None:
    """Show one type: trend, whom it hits, its problems, its cases, how it was solved, what is done."""
    kept = found.types.loc[id]
    open_link("回到全部类型", None, links.BACK)
    st.subheader(escaped(str(kept["name"])), anchor=False)
    marks = [
        mark
        for mark, on in (
            (AUTOMATIC, not kept["confirmed"]),
            ("固定", kept["pinned"]),
            ("已标为不是问题", kept["dismissed"]),
        )
        if on
    ]
    st.caption(escaped("　".join((id, f"关键词：{'、'.join(kept['keywords'])}", *marks))))
    if found.classes:
        st.caption(f"分类：{found.classes[id]}")
    if kept["note"]:
        st.text(f"备注：{kept['note']}")
    said = discovered.ask_description(view.ledger, found.token, id)
    type_outline.outline(view, found, id, said.get(ANSWERED, ""))
    with st.container(horizontal=True, gap="small"):
        on_the_board(view, found, id)
        to_cases("看统计期内的这些工单", issue_type=id)
    proposed_names.offer(view, found, id)
    numbers(view, id)
    about(kept["description"], said)
    trend(view, id)
    whom(view, id)
    rooting.roots(view, id, view.slice)
    problems(view, found, id)
    left, right = st.columns(2)
    with left:
        typical(view, found, id)
    with right:
        solved(view, id)
    rooting.spread(view, found, id)
    correcting.desk_for(view, found, id)


def on_the_board(view: View, found: Findings, id: str) -> None:
    """Lead to the type's card, or offer to take it up."""
    shown = remedied.ask_board(view.ledger, found)
    mine = [c for c in shown.cards if shown.types[c.id] == id]
    if mine:
        card = mine[-1]
        label, query = f"治理台账 {card.id}（{STAGES[card.stage]}）", {"card": card.id}
    else:
        label, query = "列入治理台账", {"take": id}
    links.to(links.BOARD, label, icon=":material/view_kanban:", **query)


def numbers(view: View, id: str) -> None:
    if not discovered.reached(view.ledger, view.slice):
        return
    table = discovered.ask_measured(view.ledger, view.basis, TYPE)
    if id not in table.index:
        st.info("所选统计期内没有这一类的诉求。", icon=":material/inbox:")
        return
    row = table.loc[id]
    shown = (
        ("受理量（件）", short(row["demand"]), ""),
        ("涉及企业（家）", short(row["enterprises"]), ""),
        ("超期未办（件）", short(row["overdue_open"]), ""),
        ("办理中位数（工作日）", short(row["handling_median"], "个工作日"), "handling_median"),
        ("按期办结率", number(row["on_time_rate"], "%"), "on_time_rate"),
        ("满意率", number(row["satisfaction"], "%"), "satisfaction"),
    )
    for place, (name, value, code) in zip(st.columns(len(shown)), shown, strict=True):
        small = bool(code) and bool(row[f"{code}__small"])
        with place:
            big_number(name, SMALL if small else value)
            if share := fraction(row, code):
                st.caption(f"{share} {CATALOGUE[code].times}")
    st.caption(f"统计期内受理的；超期未办截至 {clock(view.basis.at)}。")


def about(taken_over: str, said: dict[str, str]) -> None:
    """Say in sentences what the type's cases ask, what the answers do and what they have in common."""
    if taken_over:
        st.text(f"说明（语言模型起草，经人采用）：{taken_over}")
    for sentence in said.values():
        st.caption(escaped(sentence))


def fraction(row: pd.Series, code: str) -> str:
    """Say numerator and denominator of a rate; nothing for what is none, or is out of nothing."""
    if not code or not CATALOGUE[code].is_rate or not row[f"{code}__denominator"] > 0:
        return ""
    return f"{row[f'{code}__numerator']:,.0f}/{row[f'{code}__denominator']:,.0f}"


def trend(view: View, id: str) -> None:
    with section("每周受理与预期", view):
        seen = discovered.ask_watched(view.ledger, TYPE)
        if id not in seen.counts:
            st.caption("还没有可用的周数据。")
            return
        last = slice(-104, None)
        told = counts.by_week(view.ledger, TYPE, id, seen.counts.index[last])
        chart(
            figures.trend_with_alarms(
                told["cases"], seen.expected[id].iloc[last], seen.alarm[id].iloc[last], told["repeats"]
            ),
            "trend",
            # The bars are the whole district's: no filter of the bar may narrow their list.
            lambda p: {"issue_type": id, **dict.fromkeys(FILTERS, ""), **one_week(str(p["x"]))},
        )
        past = seen.episodes()
        mine = counts.between(view.ledger, TYPE, past[past["id"] == id].tail(5))
        words = "；".join(
            f"{e.start:%Y-%m-%d} 当周起 {cases(e.cases, e.repeats)}，预期 {e.expected:,.1f}" for e in mine.itertuples()
        )
        st.caption(
            f"件/周，全区，不随筛选变化；重复提出的照计；预期与预警按不含重复的算；最后一周可能未满。{'历次预警：' + words if words else '没有出现过预警'}。"
        )


def whom(view: View, id: str) -> None:
    with section("在哪里，是谁", view):
        known = [d for d in WHOM if view.ledger.share_filled(d)]
        if not known:
            st.caption("台账里没有部门、街道、行业等列。")
            return
        by = inputs.choose(
            "按", "whom", known, words=model.DIMENSIONS.get, draw=st.segmented_control, label_visibility="collapsed"
        )
        rows = asking.ask(("demand",), view.ledger, view.slice.narrowed(issue_type=id), by=(by,))
        if rows.empty:
            st.caption("所选统计期内没有这一类的诉求。")
            return
        top = rows.nlargest(12, "value")
        chart(figures.ranked(top, by, "件", "受理量"), f"whom_{by}", lambda p: {"issue_type": id, by: custom(p)})
        if len(rows) > len(top):
            st.caption(f"显示最多的 {len(top)} 个，共 {len(rows)} 个。")


def problems(view: View, found: Findings, id: str) -> None:
    with section("其中的具体问题", view):
        mine = found.problems[found.problems["type_id"] == id]
        if mine.empty:
            st.caption("这一类里没有两件以上说的是同一件事的。")
            return
        whole = counts.totals(view.ledger, PROBLEM).reindex(mine.index).fillna(0).astype(int)
        now = discovered.ask_measured(view.ledger, view.basis, PROBLEM).reindex(mine.index)
        table = pd.DataFrame(
            {
                "编号": mine.index,
                "具体问题": mine["name"].to_numpy(),
                "全部（件）": whole["cases"].to_numpy(),
                "其中重复（件）": whole["repeats"].to_numpy(),
                "统计期内（件）": now["demand"].fillna(0).astype(int).to_numpy(),
                f"比{view.before_name}（件{'，按工作日折算' if view.basis.uneven else ''}）": now["growth"]
                .round()
                .to_numpy(),
                "涉及企业（家）": now["enterprises"].to_numpy(),
                "超期未办（件）": now["overdue_open"].to_numpy(),
            }
        ).sort_values(["统计期内（件）", "全部（件）"], ascending=False, ignore_index=True)
        chosen = choices.row(
            table, "problems", table["编号"].tolist(), placeholder="—", height=min(320, 60 + 36 * len(table))
        )
        if chosen is not None:
            name = table.set_index("编号").loc[chosen, "具体问题"]
            to_cases(f"看「{name}」的工单", issue_problem=chosen)


def typical(view: View, found: Findings, id: str) -> None:
    with section("最有代表性的几件", view):
        texts = discovered.ask_texts(view.ledger, tuple(found.types.loc[id, "typical"]))
        for row in texts.itertuples():
            st.text(f"{row.title or '（无主题）'}\n{(row.content or '').strip()[:160]}")
            to_cases(f"工单 {row.case_no}", case=row.case_no)


def solved(view: View, id: str) -> None:
    with section("办得好的是怎么办的", view, help="评价 5 分、期限内办结的工单中，办得最快的几件。"):
        rows = discovered.ask_solved(view.ledger, id)
        if rows.empty:
            st.caption("这一类还没有既评为“非常满意”又按期办结的工单，或台账里没有评价和期限。")
            return
        for row in rows.itertuples():
            st.text(f"{row.title or '（无主题）'}：{row.department or '部门未填'}，{row.days:.1f} 个工作日办结")
            if row.reply:
                st.text(str(row.reply).strip()[:160])
            to_cases(f"工单 {row.case_no}", case=row.case_no)
