"""The entry: page configuration, navigation, the shared filter bar, and the footer."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import streamlit as st

from analytics import workdays
from analytics.ledger import Ledger
from analytics.store import StoreError
from analytics.wording import minute
from pages.common import asking, filters

st.set_page_config(
    page_title="企业诉求洞察", page_icon=":material/insights:", layout="wide", initial_sidebar_state="auto"
)

PAGES = [
    st.Page("pages/overview.py", title="总览", icon=":material/dashboard:", default=True),
    st.Page("pages/load.py", title="模块负荷", icon=":material/stacked_bar_chart:", url_path="load"),
    st.Page("pages/sla.py", title="时限合规", icon=":material/timer:", url_path="sla"),
    st.Page("pages/satisfaction.py", title="满意度", icon=":material/sentiment_satisfied:", url_path="satisfaction"),
    st.Page("pages/cases.py", title="案件明细", icon=":material/list_alt:", url_path="cases"),
    st.Page("pages/data.py", title="数据管理", icon=":material/upload_file:", url_path="data"),
    st.Page("pages/glossary.py", title="指标口径", icon=":material/menu_book:", url_path="glossary"),
]
UNFILTERED = {"数据管理", "指标口径"}


def warn(ledger: Ledger) -> None:
    """Say what a reader must know before any number: synthetic, stale, estimated holidays."""
    if ledger.snapshot.synthetic:
        st.warning("**演示数据**：企业、人员与数字均为虚构。导入真实台账后自动消失。", icon=":material/science:")
    newest, now = ledger.snapshot.newest, dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).replace(tzinfo=None)
    if newest and (now - newest).days >= asking.settings().stale_days:
        st.warning(
            f"台账最新一条记录是 {minute(newest)}，已有 {(now - newest).days} 天没有更新。", icon=":material/history:"
        )
    if newest and (years := workdays.estimated_years(newest.date(), newest.date() + dt.timedelta(days=31))):
        st.warning(
            f"{'、'.join(map(str, years))} 年的放假安排尚未发布，期限按周一至周五估算；可在 data/calendar_overrides.csv 中填写。",
            icon=":material/event_busy:",
        )


def main() -> None:
    page = st.navigation(PAGES, position="top")
    st.html(Path(__file__).parent / "pages" / "common" / "style.css")
    st.title(page.title, anchor=False)
    if page.title in UNFILTERED:
        page.run()
        return
    try:
        view = filters.filter_bar()
    except StoreError as error:
        st.info(str(error), icon=":material/inbox:")
        st.page_link("pages/data.py", label="去导入台账", icon=":material/upload_file:")
        return
    warn(view.ledger)
    st.session_state["view"] = view
    page.run()
    mark = "演示数据；" if view.ledger.snapshot.synthetic else ""
    st.caption(
        f"{mark}{filters.described(view)}；统计时刻 {minute(view.ledger.as_of)}；数据快照 {view.ledger.snapshot.id}；口径见「指标口径」。"
    )


main()
