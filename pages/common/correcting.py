"""How analysts correct what was found: rename, merge, split, move, dismiss, pin, owner, note; undo."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from analytics.issues import KINDS, OUTSIDE, Findings
from analytics.issues.answers import KIND, MATTER, NAME, TEACH
from analytics.issues.classes import SUGGESTED, TREE
from analytics.store import StoreError
from analytics.viewer import DECIDE
from analytics.wording import minute
from pages.address import drafts, inputs, parameters
from pages.common import acting, asking, discovered
from pages.common.filters import View
from pages.common.foreign import escaped

ANSWERS = {
    "rename": "改名",
    "merge": "合并",
    "split": "拆分",
    "move": "移动工单",
    "owner": "牵头部门与备注",
    "status": "固定或排除",
    "class": "归入分类",
}
#: What was asked, as the history tells it: between the case (or type) and the other.
ASKED_OF = {MATTER: "同一件事 ", KIND: "同一类 ", NAME: "名称 "}
#: Cases of a type that are shown before it is merged.
EXAMPLES = 2


def desk_for(view: View, found: Findings, id: str) -> None:
    """Draw what can be decided of one type; every decision is kept, may be undone, and lasts."""
    with st.expander("整理这一类", icon=":material/edit:", expanded=bool(parameters.value("what")), key="correcting"):
        if not acting.only_for(DECIDE):
            _history(found, id)
            return
        st.caption("每一步都记下谁、何时、为什么，可以撤销；以后重新归类也照此办理。")
        left, right = st.columns(2)
        with left:
            who = acting.name("经办人", "decider", view.ledger.viewer.name)
        with right:
            why = drafts.write(st.text_input, "理由（可不填）", f"{id} why", max_chars=100)
        offered = [a for a in ANSWERS if a != "class" or found.tree]
        what = inputs.choose(
            "做什么", "what", offered, words=ANSWERS.get, draw=st.segmented_control, label_visibility="collapsed"
        )
        forms = dict(zip(ANSWERS, (_rename, _merge, _split, _move, _owner, _status, _class), strict=True))
        forms[what](view, found, id, who or "本机", why)
        _history(found, id)


def _do(act: Callable[[], object], done: str, id: str = "") -> None:
    """Record a decision of a type, then show the page as it now is; its drafts are done with."""
    try:
        act()
    except StoreError as error:
        st.error(escaped(str(error)))
        return
    if id:
        drafts.drop(f"{id} ")
    st.toast(done, icon=":material/check:")
    st.rerun()


def _rename(view: View, found: Findings, id: str, who: str, why: str) -> None:
    name = drafts.write(st.text_input, "新名称", f"{id} name", str(found.types.loc[id, "name"]), max_chars=60)
    if st.button("改名", type="primary", key="do_rename"):
        _do(lambda: asking.desk().rename(id, name, who, why), "已改名", id)


def _merge(view: View, found: Findings, id: str, who: str, why: str) -> None:
    others = [i for i in found.types.index if i != id]
    chosen = drafts.write(
        st.multiselect, "并入这一类的还有", f"{id} merge", [], options=others, select_all=False,
        format_func=lambda i: f"{found.name_of(i)}（{found.types.loc[i, 'cases']:,} 件）", placeholder="选一类或几类",
    )  # fmt: skip
    chosen = [i for i in chosen if i in others]
    if not chosen:
        st.caption("选好以后先看样例和件数，再决定合不合。")
        return
    together = [id, *chosen]
    st.dataframe(_before_merging(view, found, together), hide_index=True)
    total = int(found.types.loc[together, "cases"].sum())
    with st.popover(f"合并这 {len(together)} 类……", icon=":material/merge:"):
        st.text(f"把 {len(chosen)} 类并入「{found.name_of(id)}」，合并后共 {total:,} 件。可以在下面的经过里撤销。")
        if st.button("确认合并", type="primary", key="do_merge"):
            _do(lambda: asking.desk().merge([*chosen, id], id, who, why), "已合并", id)


def _before_merging(view: View, found: Findings, ids: list[str]) -> pd.DataFrame:
    """Return the types to be merged side by side: how many, which words, a few of their cases."""
    titles = {}
    for id in ids:
        texts = discovered.ask_texts(view.ledger, tuple(found.types.loc[id, "typical"][:EXAMPLES]))
        titles[id] = "；".join(str(t) for t in texts["title"].fillna("（无主题）"))
    return pd.DataFrame(
        {
            "类型": [found.name_of(i) for i in ids],
            "件数": [int(found.types.loc[i, "cases"]) for i in ids],
            "关键词": ["、".join(found.types.loc[i, "keywords"]) for i in ids],
            "样例": [titles[i] for i in ids],
        }
    )


def _split(view: View, found: Findings, id: str, who: str, why: str) -> None:
    how = drafts.write(
        st.segmented_control,
        "怎么拆",
        f"{id} how",
        "按具体问题",
        options=("按具体问题", "由系统提议", "填工单编号"),
        required=True,
    )
    cases: list[str] = []
    mine = found.cases[found.cases["type_id"] == id]
    name = ""
    if how == "填工单编号":
        raw = drafts.write(st.text_area, "工单编号（空格、逗号或换行隔开）", f"{id} split_cases")
        wanted = set(raw.replace("，", " ").replace(",", " ").split())
        cases = mine.loc[mine["case_no"].isin(wanted), "case_no"].tolist()
        if wanted:
            st.caption(f"{len(wanted)} 个编号中，{len(cases)} 个在这一类里。")
    elif how == "由系统提议":
        part = discovered.ask_proposal(found.token, id)
        st.caption(f"系统提议把 {len(part.cases):,} 件拆出来，它们的关键词：{escaped('、'.join(part.keywords))}")
        cases, name = list(part.cases), "、".join(part.keywords[:2])
    else:
        own = found.problems.index[found.problems["type_id"] == id]
        chosen = drafts.write(
            st.multiselect, "拆出哪些具体问题", f"{id} split_problems", [], options=list(own), select_all=False,
            format_func=found.name_of, placeholder="选一个或几个",
        )  # fmt: skip
        cases = mine.loc[mine["problem_id"].isin(chosen), "case_no"].tolist()
        name = found.name_of(chosen[0]) if chosen else ""
    title = drafts.write(st.text_input, "新类型的名称", f"{id} split_name {name}", name, max_chars=60)
    if st.button(f"拆出 {len(cases):,} 件", type="primary", key="do_split", disabled=not cases):
        _do(lambda: asking.desk().split(id, cases, title, who, why), "已拆分", id)


def _move(view: View, found: Findings, id: str, who: str, why: str) -> None:
    raw = drafts.write(st.text_area, "要移动的工单编号（空格、逗号或换行隔开）", f"{id} move_cases")
    wanted = list(dict.fromkeys(raw.replace("，", " ").replace(",", " ").split()))
    known = found.cases.loc[found.cases["case_no"].isin(wanted), "case_no"].tolist()
    if wanted and len(known) < len(wanted):
        st.warning(f"有 {len(wanted) - len(known)} 个编号不在归类结果里，不会移动。")
    goals = ["", *(i for i in found.types.index if i != id)]
    goal = drafts.write(
        st.selectbox,
        "移到",
        f"{id} move_to",
        "",
        options=goals,
        format_func=lambda i: found.name_of(i) if i else OUTSIDE,
    )
    if st.button(f"移动 {len(known):,} 件", type="primary", key="do_move", disabled=not known):
        _do(lambda: asking.desk().move(known, goal, who, why), "已移动", id)


def _owner(view: View, found: Findings, id: str, who: str, why: str) -> None:
    kept = found.types.loc[id]
    known = asking.values_of(view.ledger, "department")
    now = str(kept["owner"] or "")
    owner = drafts.write(
        st.selectbox, "牵头部门", f"{id} owner", now, options=list(dict.fromkeys(["", *([now] if now else []), *known])),
        format_func=lambda d: d or "（不指定）",
    )  # fmt: skip
    note = drafts.write(st.text_area, "备注", f"{id} note", str(kept["note"]), max_chars=500)
    if st.button("保存", type="primary", key="do_owner"):

        def save() -> None:
            if owner != kept["owner"]:
                asking.desk().mark("owner", id, owner, who, why)
            if note != kept["note"]:
                asking.desk().mark("note", id, note, who, why)

        _do(save, "已保存", id)


def _status(view: View, found: Findings, id: str, who: str, why: str) -> None:
    kept = found.types.loc[id]
    with st.container(horizontal=True):
        if kept["pinned"] or kept["dismissed"]:
            st.caption("要取消固定或排除，请在下面的经过里撤销那一步。")
        if not kept["pinned"] and st.button("固定：以后归类不动它", icon=":material/keep:", key="do_pin"):
            _do(lambda: asking.desk().mark("pin", id, "", who, why), "已固定")
        if not kept["dismissed"] and st.button("不是问题：不再排行", icon=":material/block:", key="do_dismiss"):
            _do(lambda: asking.desk().mark("dismiss", id, "", who, why), "已排除")


def _class(view: View, found: Findings, id: str, who: str, why: str) -> None:
    leaves = found.tree.names if found.tree else []
    now = found.classes[id].removesuffix(SUGGESTED)
    leaf = drafts.write(st.selectbox, "挂在哪个分类下", f"{id} class", now, options=leaves)
    if st.button("归入", type="primary", key="do_class"):
        _do(lambda: asking.desk().put_under(id, leaf, who, why), "已归入", id)


def _history(found: Findings, id: str) -> None:
    mine = [d for d in asking.desk().history() if id in (d.target, d.detail.get("new"), *_ids(d.detail))]
    _show(found, mine)


def history_of(found: Findings) -> None:
    """List every decision, newest first, each with its undo."""
    every = [d for d in asking.desk().history() if d.kind in KINDS]
    if every:
        with st.expander("人工调整的经过", icon=":material/history:", key="history"):
            st.caption(f"共 {len(every)} 步，显示最近三十步。")
            _show(found, every)


def _ids(detail: dict[str, object]) -> list[str]:
    ids = detail.get("ids")
    return [str(i) for i in ids] if isinstance(ids, list) else []


def _show(found: Findings, decisions: list) -> None:
    for d in reversed(decisions[-30:]):
        if d.kind == "undo":
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.text(
                f"{minute(d.at)}　{d.who}　{_sentence(found, d)}"
                + (f"　理由：{d.why}" if d.why else "")
                + ("（已撤销）" if d.undone else "")
            )
            if not d.undone and acting.may(DECIDE) and st.button("撤销", key=f"undo_{d.seq}", icon=":material/undo:"):
                _do(lambda seq=d.seq: asking.desk().undo(seq, st.session_state.get("decider") or "本机"), "已撤销")


def _sentence(found: Findings, d: object) -> str:
    word, detail = KINDS.get(d.kind, d.kind), d.detail
    if d.kind == "rename":
        return f"{d.target} 改名为「{detail['value']}」"
    if d.kind == "merge":
        return f"{'、'.join(_ids(detail))} 并入 {d.target}"
    if d.kind == "split":
        return f"从 {d.target} 拆出「{detail['name']}」{len(detail['cases']):,} 件"
    if d.kind == "move":
        return f"{len(detail['cases']):,} 件移到 {found.name_of(d.target) if d.target else OUTSIDE}"
    if d.kind == TREE:
        return f"{word} {d.target}（{len(detail['leaves']):,} 个最细的分类）"
    if d.kind == TEACH:
        said = {True: "是", False: "否", None: "说不清"}[detail["yes"]]
        return f"{word}：{d.target} {ASKED_OF[detail['ask']]}{detail['other']}：{said}"
    return f"{d.target} {word}" + (
        f"：{detail['value']}" if pd.notna(detail.get("value")) and detail.get("value") else ""
    )
