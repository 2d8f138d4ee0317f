"""系统管理: accounts, the audit log, how long personal data is kept, everything held about one enterprise."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from analytics import dossier, retention
from analytics.access import Account, Accounts
from analytics.store import StoreError
from analytics.store.audit import KINDS, AuditLog
from analytics.viewer import ACTS, ADMINISTER, MAY, ROLES
from analytics.wording import minute
from pages.address import inputs
from pages.common import asking
from pages.common.foreign import escaped
from pages.common.jobs_box import jobs_box

WHOLE = "全区"
MOST_SHOWN = 500
#: How people call the details of an entry, and their values.
DETAILS = {
    "rows": "行数", "personal": "含个人信息", "department": "部门", "by": "方式", "why": "原因", "role": "角色", "made": "新建",
    "reset": "重置口令", "password": "口令", "enabled": "启用", "book": "哪一本", "kind": "做法", "seq": "第几号", "formats": "格式",
    "snapshot": "快照", "from": "原快照", "read": "读入", "accepted": "新增", "updated": "更新", "unchanged": "未变",
    "quarantined": "隔离", "batch": "批次", "before": "早于", "cases": "工单", "by_year": "各年", "cells": "格数", "versions": "旧版本",
    "snapshots": "删去的快照", "made_at": "备份时间",
}  # fmt: skip
WORDS = {"local": "本系统口令", "oidc": "统一身份认证", "locked": "已锁定", "changed": "已改"}


def accounts_now(kept: Accounts) -> None:
    """List the accounts, and what each role may do."""
    every = kept.all()
    if every:
        st.dataframe(
            pd.DataFrame(
                {
                    "账号": [a.name for a in every],
                    "角色": [ROLES[a.role] for a in every],
                    "范围": [a.department or WHOLE for a in every],
                    "登录方式": ["统一身份认证" if a.kind == "oidc" else "本系统口令" for a in every],
                    "状态": [_state(a) for a in every],
                }
            ),
            hide_index=True,
        )
    else:
        st.info(
            "还没有账号：现在是本机使用，打开的人就是管理员，只有本机能访问。建了第一个账号之后，所有人都要登录。",
            icon=":material/person_add:",
        )
    with st.popover("各角色能做什么", icon=":material/rule:"):
        table = {ROLES[r]: ["✓" if act in MAY[r] else "—" for act in ACTS] for r in ROLES}
        st.dataframe(pd.DataFrame({"": list(ACTS.values())} | table), hide_index=True)
        st.caption("限定了部门的账号：本部门（承办或首接）的工单看全文，其他部门只有汇总数；不做涉及全区的事。")


def _state(account: Account) -> str:
    if not account.enabled:
        return "已停用"
    return "待改初始口令" if account.must_change else "正常"


def _do(act: Callable[[], str | None], done: str) -> None:
    try:
        password = act()
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/block:")
        return
    st.session_state["account_done"] = (done, password)
    st.rerun()


def account_forms(kept: Accounts) -> None:
    """Draw the ways to make an account, and to change one."""
    by = asking.viewer()
    departments = [WHOLE, *_departments()]
    if told := st.session_state.pop("account_done", None):
        st.success(told[0], icon=":material/check_circle:")
        if told[1]:
            st.text("初始口令（只显示这一次，首次登录须改）：")
            st.code(told[1], language=None)
    left, right = st.columns(2)
    with left, st.form("new_account", border=True):
        st.markdown("**新建账号**")
        name = st.text_input("账号名（统一身份认证用邮箱）", max_chars=60)
        role = st.selectbox("角色", tuple(ROLES), index=1, format_func=ROLES.get)
        scope = st.selectbox("范围", departments)
        oidc = st.checkbox("由统一身份认证登录（不设口令）")
        if st.form_submit_button("新建", type="primary"):
            _do(
                lambda: kept.add(name, role, None if scope == WHOLE else scope, oidc=oidc, by=by), f"账号 {name} 已新建"
            )
    every = kept.all()
    if not every:
        return
    with right, st.container(border=True):
        st.markdown("**改一个账号**")
        chosen = st.selectbox("账号", every, format_func=lambda a: a.name, key="account")
        role = st.selectbox(
            "角色", tuple(ROLES), list(ROLES).index(chosen.role), format_func=ROLES.get, key=f"r{chosen.name}"
        )
        known = departments if chosen.department in (None, *departments) else [*departments, chosen.department]
        scope = st.selectbox("范围", known, known.index(chosen.department or WHOLE), key=f"d{chosen.name}")
        with st.container(horizontal=True):
            if st.button("保存角色与范围", type="primary"):
                _do(
                    lambda: kept.change(chosen.name, role, None if scope == WHOLE else scope, by=by),
                    f"账号 {chosen.name} 已更新",
                )
            if chosen.kind != "oidc" and st.button("重置口令"):
                _do(lambda: kept.reset(chosen.name, by=by), f"账号 {chosen.name} 的口令已重置")
            if st.button("停用" if chosen.enabled else "重新启用"):
                _do(lambda: kept.change(chosen.name, enabled=not chosen.enabled, by=by), f"账号 {chosen.name} 已更新")


def _departments() -> list[str]:
    try:
        return asking.values_of(asking.ledger(), "department")
    except StoreError:
        return []


def audit() -> None:
    """Show the newest entries, and whether the chain is whole."""
    log = AuditLog(asking.store().folder)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        act = inputs.choose("哪一种", "act", ("", *KINDS), words=lambda k: KINDS.get(k, "全部"), width=200)
        who = inputs.choose("谁", "by", ("", *log.people()), words=lambda w: w or "全部", width=200)
        if st.button("核对有没有被改动", icon=":material/verified_user:"):
            wrong = log.verify()
            (st.error if wrong else st.success)(wrong or "每一条都与写入时一致，没有缺漏。")
    entries = log.entries(act, who, MOST_SHOWN)
    if not entries:
        st.caption("还没有记录。")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "序号": [e.seq for e in entries],
                "时间": [minute(e.at) for e in entries],
                "谁": [e.who for e in entries],
                "做了什么": [KINDS.get(e.act, e.act) for e in entries],
                "对象": [e.target for e in entries],
                "详情": [told(e.detail) for e in entries],
            }
        ),
        hide_index=True,
        height=360,
    )
    st.caption(f"最近 {len(entries)} 条（最多显示 {MOST_SHOWN} 条）；命令行 audit 可查全部。")


def told(detail: Mapping[str, object]) -> str:
    """Write an entry's details in Chinese words."""
    return "；".join(f"{DETAILS.get(k, k)} {_worded(v)}" for k, v in detail.items() if v not in (None, "", [], {}))


def _worded(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    if isinstance(value, dict):
        return "、".join(f"{k} {v}" for k, v in value.items())
    return WORDS.get(str(value), ROLES.get(str(value), str(value)))


def kept_how_long() -> None:
    """Try out a retention period, and carry it out once confirmed."""
    years = st.number_input(
        "办结满几年抹去个人信息与文字", 1, 30, asking.settings().retention_years or 5, key="years", width=260
    )
    store, here = asking.store(), asking.viewer()
    try:
        found = retention.plan(store, int(years), asking.now().date(), here)
    except StoreError as error:
        st.caption(escaped(str(error)))
        return
    st.text(found.sentence())
    st.caption("这是试算，什么都没有动。抹去之后不能撤回（更早的快照也一并删除），做过的备份里仍有，请一并处理。")
    if not found.nothing:
        sure = st.checkbox("我已核对，确认抹去", key=f"sure{years}")
        if st.button("抹去", type="primary", disabled=not sure, icon=":material/delete_forever:"):
            with st.spinner("正在抹去……"):
                retention.apply(store, found, asking.now(), here)
            asking.pin_own()
            st.toast("已抹去", icon=":material/check:")
            st.rerun()


def one_enterprise() -> None:
    """Export everything that is held about an enterprise."""
    asked = st.text_input("统一社会信用代码或企业全名", key="dossier", max_chars=100)
    if not asked.strip():
        st.caption("用于答复企业查阅、复制其信息的请求：名录、工单、环节、评价、历次版本、隔离的行，以及谁看过。")
        return
    store, here = asking.store(), asking.viewer()
    try:
        found = dossier.everything(store, asked, here)
    except StoreError as error:
        st.info(escaped(str(error)), icon=":material/search_off:")
        return
    st.markdown("、".join(f"{name} {len(frame):,} 行" for name, frame in found.items() if len(frame)))
    st.download_button(
        "导出（含个人信息，记入审计）",
        lambda: dossier.workbook_of(store, found, here, "企业数据.xlsx"),
        "企业数据.xlsx",
        icon=":material/download:",
        on_click="ignore",
    )


asking.viewer().require(ADMINISTER)
for title, draw in (
    ("账号", lambda: (accounts_now(Accounts(asking.store())), account_forms(Accounts(asking.store())))),
    ("任务", jobs_box),
    ("审计", audit),
    ("留存期限", kept_how_long),
    ("一家企业的全部数据", one_enterprise),
):
    with st.container(border=True):
        st.subheader(title, anchor=False)
        draw()
