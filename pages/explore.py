"""需求探索: find cases by words or by likeness, cross any two dimensions, keep a view for next time."""

from __future__ import annotations

import html

import pandas as pd
import streamlit as st

from analytics import figures, model
from analytics.exporting import notes_of
from analytics.issues.search import highlighted
from analytics.ledger import NEEDS
from analytics.metrics import Slice
from analytics.metrics.suppression import shared
from pages.address import drafts, inputs, links, parameters
from pages.common import asking, discovered
from pages.common.drawing import chart, custom, offer_workbook, section, to_cases
from pages.common.filters import View
from pages.common.foreign import escaped
from pages.common.periods import own

SHOWN = 20
MOST_EXPORTED = 5000
CROSSABLE = (
    "lifecycle", "chain", "module", "department", "first_department", "channel", "street", "industry", "size",
    "weekday", "hour", "issue_type", "issue_class",
)  # fmt: skip


def searching(view: View) -> None:
    with section("按文字找", view):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            query = inputs.words("找什么", "find", closes=("like",), placeholder="如：房租减免 物业", width=360)
            within = inputs.switch("只看统计期内", "find_within")
        like = parameters.value("like")
        if like:
            alike(view, like, within)
        elif query:
            results(view, query, within)
        else:
            st.caption(
                "可写一个或几个词：编号、主题、内容或企业里含全部词的，与「工单明细」搜出的一样多；也可粘一段话，找说得像的。每条结果都可以再找“像这一件”。"
            )


def scope(view: View, within: bool) -> Slice | None:
    """Return what the results are narrowed to: the filters, and the period if wanted; None for everything."""
    if within:
        return view.slice
    first = view.ledger.first_day
    return view.slice.over(first, view.ledger.as_of.date()) if view.slice.where and first else None


def results(view: View, query: str, within: bool) -> None:
    """Show the cases that hold every word, as 工单明细 lists them, and apart from them those that only speak like the query."""
    found = discovered.ask_search(view.ledger, query, scope(view, within))
    if not found.exact and not found.near:
        st.info("没有找到。可换个说法，或放宽筛选。", icon=":material/search_off:")
        return
    for case_nos, told, whole in ((found.exact, "找到含全部词的", MOST_EXPORTED), (found.near, "说得像的，另有", 0)):
        if case_nos or whole:
            st.markdown(
                f"**{told} {len(case_nos):,} 件**"
                + (f"，显示最相关的 {SHOWN} 件" if len(case_nos) > SHOWN else "")
                + ("" if whole else "（不全含这些词，按用词相近排列，最多列 200 件）")
            )
        if case_nos:
            listed(view, case_nos[:SHOWN], query)
        if case_nos and whole:
            first, last = view.ledger.first_day, view.ledger.as_of.date()
            to_cases("在工单明细里列出", q=query, **({} if within or not first else own(first, last)))
            export(view, case_nos[:whole], f"搜索词：{query}（含全部词的 {len(case_nos):,} 件）")


def alike(view: View, case_no: str, within: bool) -> None:
    found = discovered.ask_alike(view.ledger, case_no, scope(view, within))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**像工单 {escaped(case_no)} 的**")
        links.here(links.EXPLORE, "不找了", icon=":material/close:", like=None)
    if not len(found):
        st.info("没有找到像这一件的，或这件工单还没有归类。", icon=":material/search_off:")
        return
    listed(view, found[:SHOWN], "")
    export(view, found, f"像工单 {case_no} 的工单")


def listed(view: View, case_nos: tuple[str, ...], query: str) -> None:
    rows = discovered.ask_rows(view.ledger, case_nos)
    known = asking.findings(view.ledger)
    box = st.container(height=560 if len(rows) > 3 else "content", border=False)
    for row in rows.itertuples():
        with box, st.container(border=True):
            kind = f" · {known.name_of(row.issue_type)}" if known is not None else ""
            facts = f"{row.case_no} · {row.accepted_at:%Y-%m-%d} · {model.label_of('module', row.module)} · {row.department or '部门未填'}{kind}"
            st.html(
                f"<div><b>{highlighted(row.title, query, 60)}</b></div><div>{highlighted(row.content, query, 140)}</div>"
                f"<div style='color:#5b6770;font-size:0.85rem'>{html.escape(facts)}</div>"
            )
            with st.container(horizontal=True, gap="medium"):
                to_cases("看这一件", case=row.case_no)
                links.here(links.EXPLORE, "找像这一件的", icon=":material/join_inner:", like=row.case_no)


def export(view: View, case_nos: tuple[str, ...], what: str) -> None:
    notes = [what, *notes_of(view.ledger, view.slice)]
    offer_workbook(
        f"导出 Excel（{len(case_nos):,} 件）",
        "搜索结果.xlsx",
        lambda: {"搜索结果": discovered.ask_table(view.ledger, case_nos)},
        notes,
    )


def crossing(view: View) -> None:
    with section(
        "两个维度交叉",
        view,
        "demand",
        help="▲▼ 表示这一格比两个合计数推算的明显多或明显少（调整后标准化残差超过 2.58，约百分之一的机会偶然出现）。",
    ):
        known = [d for d in CROSSABLE if d not in model.ATTACHED or d in dict(view.ledger.attached)]
        # What the ledger holds comes first: a table of two columns that it lacks would be one cell of what is not known.
        known.sort(key=lambda d: d in NEEDS and bool(view.ledger.lacks((d,))))
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            rows = inputs.choose("行", "cross_rows", known, words=model.DIMENSIONS.get, width=180)
            others = [d for d in known if d != rows]
            columns = inputs.choose("列", "cross_columns", others, words=model.DIMENSIONS.get, width=180)
        cells = discovered.ask_crossed(view.ledger, view.slice, rows, columns)
        if cells.empty:
            st.info("这段时间、这些筛选下没有数据。", icon=":material/inbox:")
            return
        cells = cells.assign(
            row=[discovered.word(view.ledger, rows, c) for c in cells["row_code"]],
            column=[discovered.word(view.ledger, columns, c) for c in cells["column_code"]],
        )
        chart(
            figures.crossed(cells, model.DIMENSIONS[rows], model.DIMENSIONS[columns]),
            f"crossed_{rows}_{columns}",
            lambda p: two(custom(p), rows, columns),
        )
        st.caption("每格为统计期内受理的件数（件）。颜色：橙多、蓝少，只看比推算多或少多少，不看绝对数。")
        wide = cells.pivot(index="row", columns="column", values="value").reset_index(names=model.DIMENSIONS[rows])
        least = asking.settings().least_shared
        given = st.checkbox(
            "供对外共享", key="shared", help=f"小于 {least} 件的格子，以及能由合计推出它们的格子，一并隐去。"
        )
        notes = notes_of(view.ledger, view.slice)
        if given:
            notes.append(f"供对外共享：1 至 {least - 1} 件的格子及能由合计推出它们的格子已隐去")
        offer_workbook(
            "导出 Excel", "交叉表.xlsx", lambda: {"交叉表": table(wide, given, least)}, notes, key="export_cross"
        )


def table(wide: pd.DataFrame, for_sharing: bool, least: int) -> pd.DataFrame:
    """Return the crossing as it is exported, small cells hidden where it is to be shared."""
    if not for_sharing:
        return wide
    named = wide.set_index(wide.columns[0]).fillna(0)
    return shared(named, least).reset_index()


def two(codes: str, rows: str, columns: str) -> dict[str, str] | None:
    row, _, column = codes.partition("|")
    return None if discovered.OTHERS in (row, column) else {rows: row, columns: column}


def kept_views(view: View) -> None:
    with section("常用视图", view, help="记下现在的统计期、筛选、搜索词与交叉维度，下次一点就到。"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            name = drafts.write(st.text_input, "名称", "view_name", max_chars=40, width=260)
            if st.button("保存现在的视图", icon=":material/bookmark_add:", disabled=not name.strip()):
                drafts.drop("view_name")
                asking.desk().keep_view(name.strip(), parameters.query(), view.ledger.viewer.name)
                st.rerun()
        views = asking.desk().views()
        if not views:
            st.caption("还没有保存过视图。")
        for kept in reversed(views):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                links.lead(links.EXPLORE, kept.target, kept.detail["query"], icon=":material/bookmark:")
                if st.button("删除", key=f"drop_{kept.seq}", icon=":material/delete:"):
                    asking.desk().drop_view(kept.seq, view.ledger.viewer.name)
                    st.rerun()


view: View = st.session_state["view"]
if asking.findings(view.ledger) is None:
    st.info(
        "全文搜索与“像这一件”要先归一次类，请到「一类问题」页点“开始归类”。交叉分析现在就能用。", icon=":material/hub:"
    )
else:
    searching(view)
crossing(view)
kept_views(view)
