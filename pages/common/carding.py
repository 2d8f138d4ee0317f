"""How a card is written: taken up, edited, moved on; the second of two people is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from analytics import model, workdays
from analytics.issues import Findings
from analytics.privacy import mask_text
from analytics.remedies import telling
from analytics.remedies.board import Board
from analytics.remedies.cards import Card, as_kept
from analytics.remedies.effect import MAYBE, WORKED, Effect
from analytics.remedies.stages import JUDGED, MOVES, SCOPES, STAGES, forward
from analytics.store import StoreError
from analytics.viewer import GOVERN
from analytics.wording import minute
from pages.address import drafts, inputs, links, parameters
from pages.common import acting, asking, remedied
from pages.common.filters import View
from pages.common.foreign import escaped

#: Fields of the form, as their drafts are called.
FIELDS = ("owner", "people", "due", "limit", "measures", "effective", "papers", "note", "edit_why")


def now() -> dt.datetime:
    return asking.now().replace(microsecond=0)


def who(form: str) -> str:
    """Ask who is acting; what was typed in one form stands in the next."""
    key = f"{form}_who"
    if key not in st.session_state and "remedy_who" in st.session_state:
        st.session_state[key] = st.session_state["remedy_who"]
    return acting.name("经办（单位、姓名）", key)


def _do(act: Callable[[], object], done: str, name: str) -> bool:
    """Write a step down and say so, or say why it cannot be."""
    st.session_state["remedy_who"] = name
    try:
        act()
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/block:")
        return False
    st.toast(done, icon=":material/check:")
    return True


def take_up(view: View, found: Findings, shown: Board) -> None:
    """Offer to put a type on the board; the address may name it."""
    if not acting.only_for(GOVERN):
        return
    asked = parameters.value("take")
    free = [i for i in found.types.index if i not in shown.taken and not found.types.loc[i, "dismissed"]]
    if asked and asked not in free:
        st.info("这一类已在台账上，或已不在归类结果里。", icon=":material/info:")
    with st.expander("把一类问题列入台账", icon=":material/add_task:", expanded=asked in free):
        if not free:
            st.caption("归类出的每一类都已在台账上。")
            return
        id = inputs.choose(
            "一类问题", "take", free, words=lambda i: f"{found.name_of(i)}（{found.types.loc[i, 'cases']:,} 件）"
        )
        left, right = st.columns(2)
        with left:
            name = who("take")
        with right:
            why = drafts.write(st.text_input, "列入的理由", "take_why", max_chars=100)
        if acting.pressed(st.button, "列入台账", "do_take", type="primary", icon=":material/add:"):
            made: list[str] = []
            if _do(lambda: made.append(remedied.book().take_up(found, id, name, now(), why)), "已列入台账", name):
                drafts.drop("take_why")
                parameters.write(take=None, card=made[0])
                st.rerun()


# -- one card ---------------------------------------------------------------------------------


@dataclass
class Shown:
    """What this session was shown of a card: its newest decision, its fields, and which form that was."""

    seen: int
    base: dict[str, object]
    form: int


def _shown(card: Card) -> Shown:
    kept: Shown = st.session_state.setdefault(f"shown_{card.id}", Shown(card.seen, dict(card.values), card.seen))
    return kept


def _forget(card: Card) -> None:
    """Let the next run show the card as it then is."""
    st.session_state.pop(f"shown_{card.id}", None)


def changed_since(card: Card) -> None:
    """Tell a person what others changed since this session was shown the card; what was typed stays."""
    shown = _shown(card)
    news = [s for s in card.steps if s.seq > shown.seen]
    if news:
        told = "；".join(f"{minute(s.at)} {s.who} {telling.step_told(s)}" for s in news)
        st.warning(escaped(f"这张卡在您打开之后被别人改过：{told}"), icon=":material/group:")
        if st.button("知道了，保留我填的继续", key="seen_news", help="保存时只写您改过的项，别人改的不会被盖掉。"):
            shown.seen = card.seen
            st.rerun()


def edit(view: View, card: Card) -> None:
    """Draw a card's fields to be changed; only what this person changed is written."""
    shown = _shown(card)
    key = f"{card.id}_{shown.form}"
    values = _fields(view, card, key)
    left, right = st.columns(2)
    with left:
        name = who("edit")
    with right:
        why = drafts.write(st.text_input, "为什么改（可不填）", f"edit_why_{key}", max_chars=100)
    if not acting.pressed(st.button, "保存", f"save_{key}", type="primary", icon=":material/save:"):
        return
    mine = {k: v for k, v in as_kept(values).items() if (v or "") != (shown.base.get(k) or "")}
    if not mine:
        st.info("没有改动。", icon=":material/info:")
    elif _do(lambda: remedied.book().edit(card, mine, name, now(), why, shown.seen), "已保存", name):
        drafts.drop(*(f"{field}_{key}" for field in (*FIELDS, *SCOPES)))
        _forget(card)
        st.rerun()


def _fields(view: View, card: Card, key: str) -> dict[str, object]:
    """Draw the fields of a card and return what stands in them."""
    owner = card.text("owner")
    options = ["", *dict.fromkeys([*([owner] if owner else []), *asking.values_of(view.ledger, "department")])]
    values: dict[str, object] = {}
    left, middle, right = st.columns(3)
    with left:
        values["owner"] = drafts.write(
            st.selectbox, "牵头部门", f"owner_{key}", owner, options=options, format_func=lambda d: d or "（未定）"
        )
    with middle:
        values["people"] = drafts.write(st.text_input, "责任人", f"people_{key}", card.text("people"), max_chars=60)
    with right:
        due = drafts.write(st.date_input, "完成期限", f"due_{key}", card.day("due"), format="YYYY-MM-DD")
        limit = drafts.write(st.number_input, "或：从今天起多少个工作日", f"limit_{key}", 0, min_value=0, max_value=250)
    values["due"] = workdays.add_working_days(now().date(), int(limit)) if limit else due
    values["measures"] = drafts.write(
        st.text_area, "整改措施", f"measures_{key}", card.text("measures"), max_chars=1000
    )
    left, right = st.columns(2)
    with left:
        values["effective_on"] = drafts.write(
            st.date_input, "生效日期", f"effective_{key}", card.day("effective_on"), format="YYYY-MM-DD",
            help="措施从这一天起起作用；成效按这一天前后比较。",
        )  # fmt: skip
    with right:
        papers = drafts.write(
            st.text_area, "附件（每行一个文件名）", f"papers_{key}", "\n".join(card.papers), max_chars=1000
        )
    values["papers"] = papers.splitlines()
    values["scope"] = _scope(view, card, key)
    values["note"] = drafts.write(st.text_input, "备注", f"note_{key}", card.text("note"), max_chars=500)
    return values


def _scope(view: View, card: Card, key: str) -> dict[str, list[str]]:
    given = dict(card.where)
    with st.expander(f"适用范围：{escaped(telling.scope(card.where))}（都不选即全区）"):
        chosen = {}
        for name in SCOPES:
            known = asking.values_of(view.ledger, name) if view.ledger.share_filled(name) else []
            kept = [v for v in given.get(name, ()) if v not in known]
            if known or kept:
                chosen[name] = drafts.write(
                    st.multiselect, model.DIMENSIONS[name], f"{name}_{key}", list(given.get(name, ())),
                    options=[*kept, *known], placeholder="不限", select_all=False,
                )  # fmt: skip
    return {k: v for k, v in chosen.items() if v}


def move(view: View, card: Card, effect: Effect | None) -> None:
    """Draw the steps that a card may take from its stage."""
    if not acting.only_for(GOVERN):
        return
    seen = _shown(card).seen
    left, right = st.columns(2)
    with left:
        name = who("move")
    opinion = f"move_why_{card.id}_{_shown(card).form}"
    with right:
        why = drafts.write(st.text_input, "意见", opinion, max_chars=200)
    chosen = ""
    with st.container(horizontal=True):
        for to in MOVES[card.stage]:
            missing = card.missing(to) if forward(card.stage, to) else []
            pressed = acting.pressed(
                st.button,
                _step(card.stage, to),
                f"move_{to}_{card.id}",
                type="primary" if to == MOVES[card.stage][0] else "secondary",
                help=f"先填：{'、'.join(missing)}" if missing else None,
            )
            chosen = to if pressed else chosen
    if not chosen or not _reasoned(chosen, effect, why):
        return
    if _do(lambda: _moved(view, card, chosen, name, why, effect, seen), f"已到「{STAGES[chosen]}」", name):
        drafts.drop(opinion)
        _forget(card)
        st.rerun()


def _step(stage: str, to: str) -> str:
    if stage in JUDGED:
        return f"重新「{STAGES[to]}」"
    return ("进入" if forward(stage, to) else "退回") + f"「{STAGES[to]}」"


def _reasoned(to: str, effect: Effect | None, why: str) -> bool:
    """A verdict against what was measured needs a reason."""
    if to in JUDGED and effect and (effect.verdict in (WORKED, MAYBE)) != (to == "closed") and not why.strip():
        st.error(f"测算的成效是“{effect.verdict}”，要「{STAGES[to]}」请在意见里写明理由。", icon=":material/block:")
        return False
    return True


def _moved(view: View, card: Card, to: str, name: str, why: str, effect: Effect | None, seen: int) -> None:
    kept = telling.kept(effect, view.ledger) if effect and to in JUDGED else None
    remedied.book().move(card, to, name, now(), why, kept, seen)


def history(card: Card) -> None:
    """List every change of a card, newest first."""
    for step in reversed(card.steps):
        st.text(
            f"{minute(step.at)}　{step.who}　{telling.step_told(step)}"
            + (f"　意见：{mask_text(step.why)}" if step.why else "")
        )


def card_link(card: Card, label: str) -> None:
    """Draw a link that opens a card, period and filters kept."""
    links.to(links.BOARD, label, icon=None, card=card.id)
