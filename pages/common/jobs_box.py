"""系统管理 → 任务: when each job runs, how it went, and the log; and on 总览 what did not go well, for who may mend it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics.jobs.history import BAD, RESULTS, History, Run
from analytics.jobs.runner import run_job
from analytics.jobs.standing import JobStanding, jobs_now, troubles
from analytics.refusal import Refusal
from analytics.wording import minute
from pages.common import acting, asking
from pages.common.foreign import escaped

MOST = 100
#: Characters of what went wrong that stand on 总览; the whole stands in the log.
LINE = 60


def jobs_box() -> None:
    """Draw the table of jobs, a way to do one now, and the last runs."""
    try:
        found = jobs_now(asking.store(), asking.now())
    except Refusal as error:
        st.error(escaped(str(error)), icon=":material/settings_alert:")
        return
    if not found:
        st.caption("还没有任务。取数、找一类问题、简报、备份、留存期限试算都可以自己按时做，见 docs/sources.md。")
        return
    if told := st.session_state.pop("job_done", None):
        (st.success if told[0] else st.error)(told[1], icon=":material/task_alt:")
    st.dataframe(_table(found), hide_index=True, placeholder="—")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("任务", found, format_func=lambda j: j.job.name, key="job", width=300)
        if acting.pressed(st.button, "现在做一次", "job_now", icon=":material/play_arrow:"):
            _do(chosen)
    runs = History(asking.store().folder).runs(most=MOST)
    if runs:
        with st.expander(f"最近 {len(runs)} 次", icon=":material/list_alt:"):
            st.dataframe(_log(runs), hide_index=True, placeholder="—")


def trouble_line() -> None:
    """Say on 总览, in one line, which jobs did not go well, to whoever may mend it."""
    found = troubles(asking.store(), asking.now(), asking.viewer())
    if found:
        first = found[0] if len(found[0]) <= LINE else f"{found[0][:LINE]}…"
        more = f"（另有 {len(found) - 1} 项）" if len(found) > 1 else ""
        st.warning(
            f"{escaped(first)}{more} 详见「系统管理 → 任务」与「数据管理 → 自动导入」。",
            icon=":material/sync_problem:",
        )


def _do(one: JobStanding) -> None:
    try:
        with st.spinner("正在做……"):
            run = run_job(asking.store(), one.job, asking.now, asking.viewer())
    except Refusal as error:
        st.session_state["job_done"] = (False, str(error))
    else:
        st.session_state["job_done"] = (run.result not in BAD, f"{one.job.name}：{run.message}")
        if run.result not in BAD:
            asking.pin_own()
    st.rerun()


def _table(found: list[JobStanding]) -> pd.DataFrame:
    last = [j.last for j in found]
    return pd.DataFrame(
        {
            "任务": [j.job.name for j in found],
            "什么时候": [j.job.schedule.described for j in found],
            "上次": [minute(r.started) if r else None for r in last],
            "结果": [RESULTS[r.result] if r else "还没有做过" for r in last],
            "用时（秒）": [_seconds(r) for r in last],
            "下次": ["正在做" if j.running else minute(j.due) for j in found],
            "说明": [r.message if r else None for r in last],
        }
    )


def _seconds(run: Run | None) -> float | None:
    return None if run is None or run.seconds is None else round(run.seconds, 1)


def _log(runs: list[Run]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "开始": [minute(r.started) for r in runs],
            "任务": [r.job for r in runs],
            "结果": [RESULTS[r.result] for r in runs],
            "第几次尝试": [r.attempt for r in runs],
            "用时（秒）": [_seconds(r) for r in runs],
            "说明": [r.message for r in runs],
        }
    )
