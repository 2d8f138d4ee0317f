"""数据管理 → 自动导入: what comes by itself, what it gave, when it is looked at next, and a look now."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics.jobs.history import BAD, DONE
from analytics.jobs.runner import run_job
from analytics.jobs.standing import SourceStanding, sources_now
from analytics.refusal import Refusal
from analytics.sources.book import OUTCOMES, SourceBook
from analytics.sources.declared import DATABASE
from analytics.viewer import IMPORT
from analytics.wording import minute
from pages.common import acting, asking
from pages.common.foreign import escaped

MOST = 50


def sources_box() -> None:
    """Draw each source with what it gave; who may import can take from it now."""
    with st.container(border=True):
        st.subheader(
            "自动导入",
            anchor=False,
            help="监视的文件夹和数据库查询，在数据目录的 settings.toml 里设，见 docs/sources.md。",
        )
        try:
            found = sources_now(asking.store(), asking.now())
        except Refusal as error:
            st.error(escaped(str(error)), icon=":material/settings_alert:")
            return
        if not found:
            st.caption("还没有设。设了之后，放进文件夹的台账、数据库里新增和改动的工单会自己进来，不用每次上传。")
            return
        if told := st.session_state.pop("source_taken", None):
            (st.success if told[0] else st.error)(told[1], icon=":material/sync:")
        for number, one in enumerate(found):
            _source(one, number)
        if acting.may(IMPORT):
            _log()


def _source(one: SourceStanding, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{escaped(one.source.name)}** {escaped(one.source.described) if acting.may(IMPORT) else ''}  \n"
            f":gray[{escaped(_told(one))}]",
            width="stretch",
        )
        if not acting.may(IMPORT):
            return
        if acting.pressed(st.button, "现在取一次", f"take{number}", icon=":material/sync:"):
            _take(one, afresh=False)
        if one.source.kind == DATABASE:
            with st.popover("从头再取", icon=":material/restart_alt:"):
                st.caption("不接着上次，把查询的全部结果再取一遍：撤回过导入，或改了查询之后用。")
                if acting.pressed(st.button, "从头再取一次", f"afresh{number}"):
                    _take(one, afresh=True)


def _told(one: SourceStanding) -> str:
    """Say what a source gave so far, how the last look went, and when the next is due."""
    standing, last = one.standing, one.standing.last
    parts = [
        f"最近取到 {minute(last.begun)}（{OUTCOMES[last.outcome]}）" if last else "还没有取到过",
        f"共 {standing.imported:,} 份、{standing.rows:,} 行新增或更新",
        f"未导入 {standing.refused:,} 份" if standing.refused else "",
        f"上次查看 {minute(standing.looked)}" if standing.looked else "",
        "正在取" if one.job.running else f"下次查看 {minute(one.job.due)}（{one.job.job.schedule.described}）",
        f"上次没有做成：{one.job.last.message}" if one.job.failed and one.job.last and acting.may(IMPORT) else "",
    ]
    return "；".join(filter(None, parts))


def _take(one: SourceStanding, *, afresh: bool) -> None:
    try:
        with st.spinner("正在取……"):
            run = run_job(asking.store(), one.job.job, asking.now, asking.viewer(), afresh=afresh)
    except Refusal as error:
        st.session_state["source_taken"] = (False, str(error))
    else:
        st.session_state["source_taken"] = (run.result == DONE, f"{one.source.name}：{run.message}")
        if run.result not in BAD:
            asking.pin_own()
    st.rerun()


def _log() -> None:
    """Show what was taken lately, and why something was refused."""
    entries = SourceBook(asking.store().folder).entries(most=MOST)
    if not entries:
        return
    with st.expander(f"最近取的 {len(entries)} 份", icon=":material/list_alt:"):
        st.dataframe(
            pd.DataFrame(
                {
                    "时间": [minute(e.begun) for e in entries],
                    "来源": [e.source for e in entries],
                    "文件": [e.name for e in entries],
                    "结果": [OUTCOMES[e.outcome] for e in entries],
                    "读入": [e.read for e in entries],
                    "新增": [e.accepted for e in entries],
                    "更新": [e.updated for e in entries],
                    "隔离": [e.quarantined for e in entries],
                    "说明": [e.message for e in entries],
                }
            ),
            hide_index=True,
            placeholder="—",
        )
