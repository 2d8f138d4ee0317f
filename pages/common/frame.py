"""What stands around every page: navigation, the shared filter bar, what a reader must know first, the footer."""

from __future__ import annotations

import datetime as dt
import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from analytics import suggested, workdays
from analytics.ledger import Ledger
from analytics.settings import SettingsError
from analytics.store import StoreError
from analytics.viewer import ADMINISTER, NotAllowed, Viewer
from analytics.wording import minute
from pages.address import links, parameters
from pages.common import asking, filters, jobs_box, lacking, warming
from pages.common.answers import told_when_waiting
from pages.common.foreign import escaped
from pages.common.turns import drawing
from pages.entrance import who
from pages.navigation import menu
from pages.navigation.places import FIRST, PLACES, UNFILTERED

ICON = Path(__file__).resolve().parent / "icon.png"
STYLE = ICON.with_name("style.css")


def warn(ledger: Ledger) -> None:
    """Say what a reader must know before any number: synthetic, stale, estimated holidays."""
    if ledger.snapshot.synthetic:
        st.warning("**演示数据**：企业、人员与数字均为虚构。导入真实台账后自动消失。", icon=":material/science:")
    if damaged := asking.store().damaged():
        st.error(
            f"最新的快照 {damaged} 文件损坏（与校验和不符），现在显示的是它之前的 {ledger.snapshot.id}。请管理员从备份恢复或重新导入。",
            icon=":material/broken_image:",
        )
    newest, now = ledger.snapshot.newest, asking.now()
    if newest and (now - newest).days >= asking.settings().stale_days:
        st.warning(
            f"台账最新一条记录是 {minute(newest)}，已有 {(now - newest).days} 天没有更新。", icon=":material/history:"
        )
    if newest and (years := workdays.estimated_years(newest.date(), newest.date() + dt.timedelta(days=31))):
        st.warning(
            f"{'、'.join(map(str, years))} 年的放假安排尚未发布，期限按周一至周五估算；可在 data/calendar_overrides.csv 中填写。",
            icon=":material/event_busy:",
        )


WAITS = "同时查询的人多，正在排队取数，请稍候，不用刷新。"


def run(page: StreamlitPage) -> None:
    """Run a page; that it waits for others is said, and a fault in Chinese, logged without any value of the ledger."""
    lacking.begin()
    place = st.empty()
    try:
        with told_when_waiting(lambda: place.info(WAITS, icon=":material/hourglass_top:")):
            page.run()
        lacking.line()
    except NotAllowed as error:
        st.warning(escaped(f"{error}。"), icon=":material/lock:")
    except SettingsError:
        raise
    except Exception as error:
        # Not the exception itself: its words may hold a value of the ledger.
        where = " < ".join(
            f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[:-6:-1]
        )
        logging.getLogger("dashboard").error("page %s: %s at %s", page.url_path, type(error).__name__, where)
        st.error(
            "这一页出错了，其他页不受影响。请把时间和页名告诉管理员，他能在日志里查到原因。", icon=":material/error:"
        )
    place.empty()


def draw(first: str, enter: Callable[[], Viewer | None] | None = None) -> None:
    """Draw the page that the address names, or ``first``; of a file of settings that is broken, what is wrong with it.

    ``enter`` lets in who is at the page (``who.enter`` where it is not given).
    """
    try:
        with drawing(lambda: st.info(WAITS, icon=":material/hourglass_top:")):
            _draw(first, enter or who.enter)
    except SettingsError as error:
        st.error(escaped(str(error)), icon=":material/settings_alert:")


def _draw(first: str, enter: Callable[[], Viewer | None]) -> None:
    here = enter()
    manages = here is not None and here.may(ADMINISTER)
    page = st.navigation(menu.pages(first, manages=manages), position="hidden")
    place = next(p for p in PLACES if p.title == page.title)
    # An image of our own, and no icons on pages: a material icon of a tab is fetched from another host.
    st.set_page_config(page_title=f"{page.title} · 企业诉求洞察", page_icon=ICON, layout="wide")
    st.html(STYLE)
    links.wait_for_fields()
    parameters.settle(place.file)
    with suppress(StoreError):  # no snapshot is whole: the page says so
        asking.pin(warming.shown_id)
    if here is None:
        who.ask()
        return
    menu.draw(place.file, manages=manages)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(page.title, anchor=False, width="content")
        who.shown(here)
    if asked := parameters.value("unknown"):
        st.warning(f"没有“{escaped(asked)}”这个地址，已转到总览。", icon=":material/wrong_location:")
    if place.file in UNFILTERED:
        try:
            if asking.store().current():
                warn(asking.ledger())
        except StoreError as error:
            st.error(escaped(str(error)), icon=":material/broken_image:")
        run(page)
        return
    try:
        view = filters.filter_bar()
    except StoreError as error:
        st.info(escaped(str(error)), icon=":material/inbox:")
        links.lead(links.DATA, "去导入台账", {}, icon=":material/upload_file:")
        return
    warn(view.ledger)
    misread = st.container()
    if place is FIRST:
        jobs_box.trouble_line()
    st.session_state["view"] = view
    run(page)
    if wrong := parameters.misread():
        told = "、".join(f"{name}={given}" for name, given in wrong.items())
        misread.warning(f"网址里的 {escaped(told)} 认不出，没有采用。", icon=":material/link_off:")
    suggestions = suggested.told(view.ledger)
    mark = (f"{suggestions}；" if suggestions else "") + ("演示数据；" if view.ledger.snapshot.synthetic else "")
    st.caption(
        f"{mark}{escaped(filters.described(view))}；统计时刻 {minute(view.ledger.as_of)}；数据快照 {view.ledger.snapshot.id}；口径见「指标口径」。"
    )
