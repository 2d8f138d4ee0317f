"""How pages show things: figures that lead to their cases, plain words for what is missing."""

from __future__ import annotations

import datetime as dt
import html
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from analytics.exporting import workbook_for
from analytics.figures.style import is_blank
from analytics.metrics import CATALOGUE, NotMeasurable
from analytics.metrics.evidence import PARTS
from analytics.model import DIMENSIONS, UNKNOWN
from analytics.viewer import EXPORT
from analytics.wording import EMPTY, SMALL, days
from pages.address import choices, links, parameters
from pages.common import asking, lacking
from pages.common.filters import View
from pages.common.foreign import escaped
from pages.common.listing import FILTERS, NARROWING, count_of, last_day

Drill = Callable[[dict], dict[str, str] | None]
#: What a mark of a figure may narrow a list to.
DRILLED = {*FILTERS, *NARROWING, "period", "from", "to", "metric", "part", "sort", "ascending", "case"}
#: Columns of instants, without seconds.
CLOCK = {
    name: st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")
    for name in ("时间", "评价时间", "受理时间", "办结时间")
}
CONFIG = {"displayModeBar": False, "locale": "zh-CN", "scrollZoom": False}


@contextmanager
def section(title: str, view: View, *needs: str, help: str | None = None) -> Iterator[bool]:
    """Open a titled box; yields False, having drawn nothing and noted it, when the ledger lacks what a metric or need asks."""
    if lacking.noted(view.ledger, title, *needs):
        yield False
        return
    with st.container(border=True):
        st.subheader(title, help=help, anchor=False)
        try:
            yield True
        except NotMeasurable as error:
            st.info(escaped(f"{error}。"), icon=":material/info:")


def chart(made: go.Figure, key: str, drill: Drill | None = None, alt: str = "") -> None:
    """Show a figure; choosing a mark offers the cases that ``drill`` names for it.

    The cases are offered as a link, not opened at once: a slip of a finger on a phone does not leave the page.
    The mark is forgotten when the filters change, since it would mean something else. A figure without any mark
    is not shown: the words below say what was too small.
    """
    if is_blank(made):
        st.caption(str(made.layout.meta or "没有可画的数。"))
        return
    if drill is None:
        st.plotly_chart(made, key=key, theme=None, config=CONFIG, alt=alt or None)
        left_out(made)
        return
    chosen = choices.mark(
        made, key, lambda point: _query_told(drill(point)), theme=None, config=CONFIG, alt=alt or None
    )
    left_out(made)
    if chosen and (query := _query_of(chosen)):
        to_cases(f"看所选的工单：{_chosen(query)}", **query)


def _query_told(query: dict[str, str] | None) -> str | None:
    """Write what a mark narrows to as an address holds it."""
    assert not query or {*query} <= DRILLED, query
    return json.dumps(query, ensure_ascii=False, separators=(",", ":")) if query else None


def _query_of(told: str) -> dict[str, str] | None:
    """Read what a mark narrows to; what no figure writes is noted as not understood."""
    try:
        query = json.loads(told)
        if not {*query} <= DRILLED or not all(isinstance(v, str) for v in query.values()):
            raise ValueError(told)
        if query.get("metric", "demand") not in CATALOGUE or query.get("part", "denominator") not in PARTS:
            raise ValueError(told)
        for day in (query[name] for name in ("from", "to") if name in query):
            dt.date.fromisoformat(day)
    except (ValueError, TypeError, AttributeError, RecursionError):
        parameters.not_understood(parameters.MARK, told)
        return None
    return dict(query)


def left_out(made: go.Figure) -> None:
    """Name below a figure what is too small a sample to be drawn (see figures.style.without_small)."""
    if made.layout.meta:
        st.caption(escaped(str(made.layout.meta)))


def _chosen(query: dict[str, str]) -> str:
    """Say what a drill-down narrows to: the groups, days and part of a metric."""
    words = [asking.label(asking.ledger(), k, v) for k, v in query.items() if v and k in DIMENSIONS]
    words += [f"工单 {query['case']}"] if "case" in query else []
    if "from" in query:
        first, end = (dt.date.fromisoformat(query[name]) for name in ("from", "to"))
        words.append(days(first, end, last_day(st.session_state["view"].ledger)))
    if metric := query.get("metric"):
        part = query.get("part", "denominator")
        words.append(CATALOGUE[metric].name + (f"·{PARTS[part]}" if part != "denominator" else ""))
    return "，".join(words)


def custom(point: dict, position: int = 0) -> str:
    """Return what a figure's mark carries (its group), 未填 for none."""
    data = point.get("customdata")
    if isinstance(data, dict):
        data = list(data.values())
    value = data[position] if isinstance(data, list | tuple) else data
    return UNKNOWN if value in (None, "None", "nan", "") else str(value)


def picture(address: str, told: str, height: int) -> None:
    """Show a small picture as wide as there is room; ``told`` says what it shows, to who points at it or cannot see it."""
    said = html.escape(told, quote=True)
    st.html(f'<img src="{address}" style="width:100%;height:{height}px" alt="{said}" title="{said}">')


def big_number(name: str, told: str, **more: Any) -> None:
    """Draw a number large under its name (``more``: see st.metric); what is no number (样本不足, —) is a word of plain size."""
    if told in (SMALL, EMPTY):
        st.markdown(f":small[{name}]  \n{told}", help=more.get("help"))
    else:
        st.metric(name, told, **more)


def caption(view: View, *codes: str, extra: str = "") -> None:
    """Say below a figure what it counts, out of what, and how to get at the cases."""
    parts = []
    for code in codes:
        metric = CATALOGUE[code]
        denominator = f"，分母：{metric.denominator}" if metric.denominator != "—" else ""
        parts.append(
            f"{metric.name}（{metric.unit}）：{metric.numerator if metric.numerator != '—' else metric.formula}{denominator}"
        )
    st.caption("；".join([*parts, *([extra] if extra else [])]) + "。")


def empty(frame: pd.DataFrame, text: str = "这段时间、这些筛选下没有数据。") -> bool:
    """Say so, and return True, when there is nothing to draw."""
    nothing = frame.empty or not (frame["value"].fillna(0) != 0).any()
    if nothing:
        st.info(text, icon=":material/inbox:")
    return nothing


def to_cases(label: str, **query: str | Sequence[str]) -> None:
    """Draw a link to 工单明细, with the period and filters of now and the query; it says how many it lists."""
    asked = links.kept(**query)
    if "case" not in asked:
        cases = count_of(asked, st.session_state["view"].ledger)
        label += "" if cases is None else f"（{cases:,} 件）"
    links.lead(links.CASES, label, asked)


def rows(frame: pd.DataFrame, key: str, height: int = 320) -> None:
    """Show rows of cases (with a column 工单编号); choosing one offers that case."""
    if frame.empty:
        st.caption("没有这样的工单。")
        return
    number = choices.row(frame, key, frame["工单编号"].tolist(), placeholder="—", height=height, column_config=CLOCK)
    if number is not None:
        to_cases(f"看工单 {number}", case=number)


def offer_workbook(
    label: str, file: str, sheets: Callable[[], dict[str, pd.DataFrame]], notes: list[str], key: str | None = None
) -> None:
    """Draw a button that downloads sheets, made only when asked for, with notes of what they are."""
    here, folder = asking.viewer(), asking.store().folder
    if here.may(EXPORT):
        st.download_button(
            label,
            lambda: workbook_for(here, folder, file, sheets(), notes),
            file,
            icon=":material/download:",
            on_click="ignore",
            key=key,
        )
