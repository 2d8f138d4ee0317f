"""「请模型起名」: the office's own language model is asked for a type's name; what it proposes is taken over or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from analytics.issues import Findings
from analytics.issues.proposed_names import SENT, ProposedName
from analytics.language_model import LanguageModel, ModelError
from analytics.store import StoreError
from analytics.viewer import DECIDE
from pages.common import acting, asking
from pages.common.filters import View
from pages.common.foreign import escaped

ASK = "请模型起名"


def offer(view: View, found: Findings, id: str) -> None:
    """Draw the button, where a model is set and the visitor may rename; then what it proposed, until it is decided on."""
    if not acting.may(DECIDE):
        return
    try:
        model = LanguageModel.of(asking.settings(), asking.store().folder)
    except ModelError as error:
        st.caption(escaped(str(error)))
        return
    if model is None:
        return
    sent = f"把这一类至多 {SENT} 件的标题与内容（遮盖个人信息，不带编号）发给本单位的模型 {model.address}（{model.name}）。由谁请的记入审计。"
    if acting.pressed(st.button, ASK, f"ask_model {id}", icon=":material/ink_pen:", help=escaped(sent)):
        _ask(view, id)
    told = st.session_state.get(_key(found, id))
    if told is not None:
        _decide(view, found, id, told)


def _key(found: Findings, id: str) -> str:
    return f"proposed {found.run.id} {id}"


def _ask(view: View, id: str) -> None:
    found = asking.findings(view.ledger)
    try:
        with st.spinner("模型正在读……"):
            told = asking.desk().propose_name(asking.ledger(), id, view.ledger.viewer.name)
    except (StoreError, ModelError) as error:
        st.error(escaped(str(error)), icon=":material/block:")
        return
    if found is not None:
        st.session_state[_key(found, id)] = told


def _decide(view: View, found: Findings, id: str, told: ProposedName) -> None:
    """Show what passed the checks, each with 接受, and 不用 for all of it."""
    with st.container(border=True):
        st.caption(
            escaped(
                f"模型建议（{told.model}，读了 {told.cases} 件），已过自动起名的各项检查；接受以后才算数，可以撤销。"
            )
        )
        st.text(f"名称：{told.name or '没有通过检查的'}")
        st.text(f"说明：{told.description or '没有通过检查的'}")
        if told.dropped:
            st.caption(f"没有采用的，未过：{'、'.join(told.dropped)}")
        who = view.ledger.viewer.name
        with st.container(horizontal=True, gap="small"):
            if told.name and acting.pressed(st.button, "接受名称", f"take_name {id}", type="primary"):
                _take(found, id, lambda: asking.desk().rename(id, told.name, who, "语言模型起名"), told, name="")
            if told.description and acting.pressed(st.button, "接受说明", f"take_description {id}"):
                _take(found, id, lambda: asking.desk().describe(id, told.description, who, "语言模型起草"), told, description="")  # fmt: skip
            if acting.pressed(st.button, "不用", f"drop_proposal {id}"):
                st.session_state.pop(_key(found, id), None)
                st.rerun()


def _take(found: Findings, id: str, act: Callable[[], object], told: ProposedName, **done: str) -> None:
    """Write a decision down; what was not decided on stays on the page."""
    try:
        act()
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/block:")
        return
    rest = replace(told, **done)
    st.session_state.pop(_key(found, id), None)
    if rest.name or rest.description:
        st.session_state[_key(found, id)] = rest
    st.toast("已采用", icon=":material/check:")
    st.rerun()
