"""The list's dynamic management on the page: drafts, who reviewed and approved them and when, the next version."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from analytics import model
from analytics.exporting import notes_of
from analytics.items.proposals import MOVES, STATES, Proposal, ProposalBook, next_version
from analytics.store import StoreError
from analytics.viewer import PROPOSE
from analytics.wording import minute
from pages.address import drafts, inputs
from pages.common import acting, asking
from pages.common.drawing import offer_workbook, section
from pages.common.filters import View
from pages.common.foreign import escaped


def book() -> ProposalBook:
    return ProposalBook(asking.store(), asking.viewer())


def manage(view: View) -> None:
    """Draw every draft with its state and history, and what may be decided next."""
    with section(
        "清单动态管理", view, help="草稿 → 审核 → 审定 → 生效 → 被替代；前三步在这里记，生效和被替代以导入的清单为准。"
    ):
        found = book().proposals(view.ledger)
        if not found:
            st.caption("还没有草稿。可在上面「清单外的诉求」里选几类列为草稿。")
            return
        st.dataframe(table_of(found), hide_index=True, placeholder="—")
        left, right = st.columns(2)
        with left:
            _decide(found)
        with right:
            _publish(view, found)


def table_of(found: list[Proposal]) -> pd.DataFrame:
    """Return the drafts as a table: entry, state, since when, and every step with who and when."""
    return pd.DataFrame(
        {
            "草稿号": [p.id for p in found],
            "事项名称": [p.entry["item_name"] for p in found],
            "服务模块": [model.label_of("module", p.entry["module"]) for p in found],
            "牵头部门": [p.entry.get("department") for p in found],
            "承诺（工作日）": [p.entry.get("promised_days") for p in found],
            "状态": [STATES[p.state][0] for p in found],
            "自": [f"{p.since:%Y-%m-%d}" for p in found],
            "经过": ["；".join(f"{STATES[s.kind][0]} {s.who} {minute(s.at)}" for s in p.steps) for p in found],
        }
    )


def _decide(found: list[Proposal]) -> None:
    open_ones = {p.id: p for p in found if MOVES[p.state]}
    if not open_ones or not acting.only_for(PROPOSE):
        return
    id = inputs.choose("草稿", "draft", list(open_ones), words=lambda i: f"{i} {open_ones[i].entry['item_name']}")
    proposal = open_ones[id]
    left, right = st.columns(2)
    with left:
        who = acting.name("经办（单位、姓名）", "draft_who")
    with right:
        why = drafts.write(st.text_input, "意见", f"draft_why {id}", max_chars=100)
    with st.container(horizontal=True):
        for to in MOVES[proposal.state]:
            if st.button(f"{STATES[to][0]}", key=f"draft_{to}", help=f"{STATES[to][1]}的一步"):
                decide(proposal, to, who, why)


def decide(proposal: Proposal, to: str, who: str, why: str) -> None:
    """Write the step down, or say why it cannot be."""
    if not who.strip():
        st.error("请填经办单位和姓名，这一步要留痕。")
        return
    try:
        book().move(proposal, to, who.strip(), why)
    except StoreError as error:
        st.error(escaped(str(error)))
        return
    st.toast(f"{proposal.id} {STATES[to][0]}", icon=":material/check:")
    st.rerun()


def _publish(view: View, found: list[Proposal]) -> None:
    approved = [p for p in found if p.state == "approved"]
    st.markdown(f"**已审定、待印发 {len(approved)} 项**")
    if not approved:
        return
    version = drafts.write(st.text_input, "新版本名", "new_list", f"{asking.now().year + 1}年版", max_chars=20)
    day: dt.date = drafts.write(st.date_input, "生效日期", "new_list_day", asking.now().date(), format="YYYY-MM-DD")
    try:
        rows = next_version(view.ledger, approved, version, day)
    except StoreError as error:
        st.error(escaped(str(error)))
        return
    offer_workbook(
        "导出新版清单",
        f"增值服务事项清单{version}.xlsx",
        lambda: {model.ITEMS.label: rows},
        notes_of(view.ledger, view.slice),
    )
    st.caption("含旧版终止与新版全部事项，印发后在「数据管理」导入即生效；新增事项的编码暂用草稿号，请改为正式编码。")


def propose(chosen: pd.DataFrame) -> None:
    """Offer to put the chosen rows of uncovered types down as drafts (name, module, department, promised_days)."""
    if not acting.only_for(PROPOSE):
        return
    who = acting.name("起草（单位、姓名）", "propose_who")
    if not st.button(f"列为草稿（{len(chosen)} 项）", type="primary", disabled=chosen.empty):
        return
    if not who.strip():
        st.error("请填起草单位和姓名，这一步要留痕。")
        return
    kept, refused = 0, []
    for row in chosen.to_dict("records"):
        days = row["promised_days"]
        entry = {
            "item_name": row["name"],
            "module": row["module"],
            "department": row["department"],
            "promised_days": int(days) if pd.notna(days) else None,
            "item_kind": model.ITEM_KINDS["added"],
        }
        try:
            book().draft(entry, who.strip())
            kept += 1
        except StoreError as error:
            refused.append(str(error))
    for reason in refused:
        st.warning(reason)
    if kept:
        st.toast(f"列为草稿 {kept} 项", icon=":material/check:")
        st.rerun()
