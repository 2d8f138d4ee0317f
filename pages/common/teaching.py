"""教一教: the questions whose answers would help most, one after the other, each answered with one key."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from analytics.issues import Findings
from analytics.issues.answers import KIND, MATTER, TEACH
from analytics.issues.questions import ASKED, Question, next_questions
from analytics.store import StoreError
from analytics.viewer import DECIDE
from pages.common import acting, asking, discovered
from pages.common.filters import View
from pages.common.foreign import escaped

#: So much of a text is shown.
SHOWN = 400
#: Keys: yes, no, cannot tell, take back; kinds are chosen by their number.
YES, NO, UNSURE, BACK = "Y", "N", "X", "Z"
NONE = "0"
Choice = tuple[str, str, str, bool | None]


def teach(view: View, found: Findings) -> None:
    """Ask the next question of a round of ten; say what was answered, and let the last answer be taken back."""
    if not acting.only_for(DECIDE):
        return
    answered = [d for d in found.decisions if d.kind == TEACH]
    since = len(answered) - int(str(found.run.card.get("answers", 0)))
    st.caption(
        "每一问按一个键回答，答错可撤销。问的是答了最有用的：两件是不是一件事、某一处归哪一类、名称好不好。"
        f"已答 {len(answered)} 问"
        + (f"，其中 {since} 问上次归类之后才答，重新归类后照办并推及相像的。" if since > 0 else "。")
    )
    asked, back = st.container(), st.container()
    who = acting.name("经办人", "decider", view.ledger.viewer.name) or "本机"
    with asked:
        questions = [q for q in next_questions(found, most=2 * ASKED) if _seen(view, q)]
        if questions:
            _ask(view, found, questions[0], who, len(answered) % ASKED + 1)
        else:
            st.info("现在没有要问的了；重新归类后再看。", icon=":material/check:")
    mine = [d for d in answered if d.who == view.ledger.viewer.signature(who)]
    with back:
        if mine and acting.pressed(st.button, "撤销上一答", "teach_back", icon=":material/undo:", shortcut=BACK):
            _record(lambda: asking.desk().undo(mine[-1].seq, who), "已撤销上一答")


def _seen(view: View, question: Question) -> bool:
    """Tell whether who is asked may see every case that the question is about."""
    cases = [c for c in (question.one, question.other) if c and question.ask in (MATTER, KIND)]
    return len(discovered.ask_texts(view.ledger, tuple(cases))) == len(cases)


def _ask(view: View, found: Findings, question: Question, who: str, turn: int) -> None:
    with st.container(border=True):
        st.markdown(f"{turn}/{ASKED}　**{_words(found, question)}**")
        with st.container(horizontal=question.ask != KIND, gap="small"):
            for label, key, other, yes in _choices(view, found, question):
                if acting.pressed(st.button, label, f"teach_{question.one}_{question.other}_{key}", shortcut=key):
                    _record(lambda other=other, yes=yes: asking.desk().answer(question, other, yes, who), "已记下")
        _cases(view, question)


def _words(found: Findings, question: Question) -> str:
    if question.ask == MATTER:
        return f"这两件说的是同一件事吗？（现在{'算' if question.joined else '不算'}同一件）"
    if question.ask == KIND:
        return f"这一处（约 {question.worth:,.0f} 件）归哪一类？"
    typical = f"{found.types.loc[question.one, 'cases']:,} 件" if question.one in found.types.index else ""
    return f"「{escaped(question.other)}」作这一类（{typical}）的名称，好不好？"


def _cases(view: View, question: Question) -> None:
    """Show the cases that a question is about, side by side; of a name the typical cases of its type."""
    found = asking.findings(view.ledger)
    if question.ask in (MATTER, KIND):
        cases = [c for c in (question.one, question.other) if c]
    else:
        cases = list(found.types.loc[question.one, "typical"]) if found and question.one in found.types.index else []
    texts = discovered.ask_texts(view.ledger, tuple(cases)).set_index("case_no")
    for place, case in zip(st.columns(max(len(cases), 1)), cases, strict=False):
        if case in texts.index:
            row = texts.loc[case]
            place.text(f"{case}\n{row['title'] or '（无主题）'}\n{(row['content'] or '').strip()[:SHOWN]}")


def _choices(view: View, found: Findings, question: Question) -> list[Choice]:
    """Return what can be answered: label, key (which the button shows), and what is written down (see ``IssueDesk.answer``)."""
    if question.ask == KIND:
        texts = discovered.ask_texts(view.ledger, tuple(c for _, c in question.offered)).set_index("case_no")["title"]
        offered: list[Choice] = [
            (f"{escaped(found.name_of(id))}（如：{escaped(str(texts.get(case) or case))}）", str(n), case, True)
            for n, (id, case) in enumerate(question.offered, 1)
        ]
        return [*offered, ("都不是", NONE, "", False), ("说不清", UNSURE, "", None)]
    good = ("是同一件", "不是") if question.ask == MATTER else ("好", "不好")
    return [
        (good[0], YES, question.other, True),
        (good[1], NO, question.other, False),
        ("说不清", UNSURE, question.other, None),
    ]


def _record(act: Callable[[], object], done: str) -> None:
    try:
        act()
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/block:")
        return
    st.toast(done, icon=":material/check:")
    st.rerun()
