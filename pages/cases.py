"""工单明细: the cases behind any number; search, sort, export; one case with its timeline."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from analytics import model
from analytics.caselist import SORTS, ListRequest, case_story
from analytics.exporting import LABELS, case_table, csv_for, deadline, notes_of, workbook_for
from analytics.issues import looking
from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, NotMeasurable, Slice
from analytics.metrics.evidence import PARTS
from analytics.suggested import MARK, suggested_modules
from analytics.viewer import EXPORT, REVEAL
from analytics.wording import minute, number
from pages.address import inputs, links, parameters
from pages.common import acting, asking, discovered
from pages.common.drawing import CLOCK, to_cases
from pages.common.filters import View
from pages.common.foreign import escaped
from pages.common.listing import FILTERS, LISTED, NARROWING, PAGE_ROWS, known_metrics, last_day, request_of, where_of
from pages.common.periods import own

MOST_EXPORTED = 100_000


def request_bar(view: View) -> None:
    """Draw what is listed, to be changed."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        known = known_metrics(view.ledger)
        metric = inputs.choose("列出哪个指标背后的工单", "metric", known, words=LISTED.get, closes=("part",), width=230)
        inputs.choose("其中", "part", tuple(PARTS), words=PARTS.get, width=170, disabled=not CATALOGUE[metric].is_rate)
        inputs.choose("排序", "sort", tuple(SORTS), words=SORTS.get, width=140)
        inputs.switch("从小到大", "ascending")
        inputs.words("搜索", "q", placeholder="编号、主题、内容或企业，空格隔开", width=280)


def narrowed(view: View) -> tuple[Slice, str]:
    """Return the slice narrowed by what the address adds to the filter bar, and that in words."""
    given = where_of(parameters.query(), view.ledger, NARROWING)
    words = "、".join(label_or_word(view.ledger, n, v) for n, values in given.items() for v in values)
    if alarm := parameters.value("alarm"):
        words = "、".join(w for w in (f"预警「{discovered.ask_alarm_name(view.ledger, alarm)}」", words) if w)
    return view.slice.narrowed(**given), words


def label_or_word(ledger: Ledger, name: str, value: str) -> str:
    """Return a value's label; what is no value of the dimension stands as it came."""
    try:
        label = asking.label(ledger, name, value)
    except (ValueError, IndexError, KeyError):
        label = value
    return f"超期 {label} 个工作日" if name == "overdue_band" else label


def listing(view: View, ledger: Ledger, request: ListRequest) -> None:
    slice, more = narrowed(view)
    if more:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(escaped(f"只列：{more}"))
            links.here(links.CASES, "不限", icon=":material/close:", **dict.fromkeys((*NARROWING, "alarm")))
    total = asking.ask_count(ledger, slice, request)
    if total == 0:
        scope = f"（只查{ledger.viewer.department}承办或首接的）" if ledger.viewer.department else ""
        st.info(f"没有符合条件的工单{escaped(scope)}。可放宽统计期、筛选或搜索词。", icon=":material/inbox:")
        return
    frame = asking.ask_cases(ledger, slice, request)
    narrowed_down = request.words or request.among is not None or ledger.viewer.department
    counted = 0.0 if narrowed_down else asking.ask_counted(ledger, slice, request)
    times = f"（{counted:,.0f} {CATALOGUE[request.metric].times}，一件可有几次）" if counted > total else ""
    what = LISTED[request.metric] + (f"·{PARTS[request.part]}" if request.part != "denominator" else "")
    st.markdown(
        f"**{what}：{number(total)}**{times}" + (f"（显示前 {PAGE_ROWS} 件，导出含全部）" if total > PAGE_ROWS else "")
    )
    if ledger.viewer.department:
        st.caption(f"只列{escaped(str(ledger.viewer.department))}承办或首接的；其他部门的工单只计入各页的汇总数。")
    st.caption("点一行看那件工单。")
    st.dataframe(
        case_table(frame, suggested_modules(ledger)),
        hide_index=True,
        placeholder="—",
        key="list",
        column_config=CLOCK,
        on_select=partial(open_row, frame["case_no"].tolist()),
        selection_mode="single-row",
        height=460,
    )
    export(ledger, slice, request, total)


def open_row(numbers: list[str]) -> None:
    """Open the case of the row that was chosen: a step of its own, so Back leads to the list."""
    if rows := st.session_state["list"]["selection"]["rows"]:
        parameters.write(case=numbers[rows[0]])


def opened(view: View, ledger: Ledger, case_no: str, request: ListRequest) -> None:
    """Show one case with ways to its neighbours in the list it was opened from."""
    listed: list[str] = []
    with suppress(NotMeasurable):
        listed = asking.ask_cases(ledger, narrowed(view)[0], request)["case_no"].tolist()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        links.here(links.CASES, "回到清单", icon=links.BACK, case=None)
        if case_no in listed:
            at = listed.index(case_no)
            st.caption(f"清单里的第 {at + 1} 件，共 {asking.ask_count(ledger, narrowed(view)[0], request):,} 件")
            if at:
                links.here(links.CASES, "上一件", icon=":material/chevron_left:", case=listed[at - 1])
            if at + 1 < len(listed):
                links.here(links.CASES, "下一件", icon=":material/chevron_right:", case=listed[at + 1])
    story(ledger, case_no)


def export(ledger: Ledger, slice: Slice, request: ListRequest, total: int) -> None:
    """Offer the whole list as a file, made only when asked for."""
    if total > MOST_EXPORTED:
        st.caption(f"超过 {MOST_EXPORTED:,} 件，请缩小范围后导出，或用命令行 cases 导出。")
        return
    whole = replace(request, limit=total)
    notes = notes_of(ledger, slice)
    rows = lambda: case_table(asking.ask_cases(ledger, slice, whole), suggested_modules(ledger))  # noqa: E731
    if not ledger.viewer.may(EXPORT):
        return
    here, folder = ledger.viewer, ledger.folder
    with st.container(horizontal=True):
        st.download_button(
            "导出 Excel",
            lambda: workbook_for(here, folder, "工单明细.xlsx", {"工单": rows()}, notes),
            "工单明细.xlsx",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "导出 CSV",
            lambda: csv_for(here, folder, "工单明细.csv", rows(), notes),
            "工单明细.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def story(ledger: Ledger, case_no: str) -> None:
    """Show one case: its text, its facts, its timeline, its rating."""
    found = case_story(ledger, case_no)
    if found is None:
        where = "台账里没有" if ledger.may_see(case_no) else f"{ledger.viewer.department}没有承办或首接过"
        st.info(f"{where}工单 {escaped(case_no)}。", icon=":material/search_off:")
        return
    case = found.case
    with st.container(border=True):
        st.subheader(f"工单 {escaped(case_no)}", anchor=False)
        left, right = st.columns([3, 2])
        with left:
            st.text(case["title"] or "（无主题）")
            for name, text in (("诉求内容", case["content"]), ("答复意见", case["reply"])):
                if text:
                    st.caption(name)
                    st.text(text)
        with right:
            shown = facts(case, suggested=case_no in suggested_modules(ledger))
            st.dataframe(shown, hide_index=True, placeholder="—", height=320)
        belonging(ledger, case_no)
        st.dataframe(timeline(found.events), hide_index=True, placeholder="—", column_config=CLOCK)
        for _, rating in found.ratings.iterrows():
            st.text(
                f"评价：{model.GRADES[int(rating['grade'])]}（{minute(rating['rated_at'])}）{rating['comment'] or ''}"
            )


def belonging(ledger: Ledger, case_no: str) -> None:
    """Say which type and problem the case belongs to, and by which words."""
    known = asking.findings(ledger)
    placed = looking.belonging(ledger, known, case_no) if known else None
    if known is None or placed is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if placed.type_id:
            name = known.name_of(placed.type_id)
            links.to(links.ISSUES, f"一类问题：{name}", icon=":material/hub:", type=placed.type_id)
            st.text(f"把握 {number(placed.confidence, '%')}，依据：{'、'.join(placed.words) or '人工归入'}")
        else:
            st.text("未归类")
        if told := looking.class_of(ledger, case_no):
            st.text(f"诉求分类：{told}")
        if placed.problem_id:
            since = own(ledger.first_day or last_day(ledger), last_day(ledger))
            whole = since | dict.fromkeys(FILTERS)
            to_cases(f"具体问题：{known.name_of(placed.problem_id)}", issue_problem=placed.problem_id, **whole)
        if placed.repeat_of:
            to_cases(f"重复提出，首次为 {placed.repeat_of}", case=placed.repeat_of)


def facts(case: pd.Series, *, suggested: bool = False) -> pd.DataFrame:
    names = (
        "accepted_at",
        "due_at",
        "closed_at",
        "module",
        "department",
        "first_department",
        "channel",
        "street",
        "enterprise",
        "industry",
        "size",
        "item_no",
        "promised_days",
        "credit_code",
        "contact_name",
        "contact_phone",
    )
    told = {n: fact(n, case[n]) for n in names if n in case and pd.notna(case[n])}
    if suggested and "module" in told:
        told["module"] += MARK
    shown = [(LABELS.get(n, n), value) for n, value in told.items()]
    return pd.DataFrame(shown, columns=["项目", "内容"])


def fact(name: str, value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return str(deadline(value)) if name == "due_at" else minute(value)
    return model.label_of(name, value)


def timeline(events: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "时间": events["happened_at"],
            "环节": [model.label_of("stage", s) for s in events["stage"]],
            "经办部门": events["actor"],
            "转往": events.get("to_department"),
            "结果": [model.FOLLOW_RESULTS.get(str(r), "") for r in events["result"]] if "result" in events else "",
        }
    )


view: View = st.session_state["view"]
single = parameters.value("case")
if not single:
    request_bar(view)
reveal = acting.may(REVEAL) and st.toggle(
    "显示联系人、电话与信用代码",
    key="reveal",
    help="默认遮盖，打开会记入审计。导出文件同样按此处理，请只在需要时打开。",
)
ledger = (
    asking.ledger(view.ledger.as_of.date() if view.ledger.as_of < asking.ledger().as_of else None, sees_personal=reveal)
    if reveal
    else view.ledger
)
if single:
    opened(view, ledger, single, request_of(parameters.query(), view.ledger))
else:
    try:
        listing(view, ledger, request_of(parameters.query(), view.ledger))
    except NotMeasurable as error:
        st.info(escaped(f"{error}。"), icon=":material/info:")
