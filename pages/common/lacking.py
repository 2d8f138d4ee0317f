"""What a page cannot show for want of data: left out where it would stand, and told in one line at the page's end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE
from pages.address import links
from pages.common.filters import View
from pages.common.foreign import escaped

_NOTED, _DRAWN = "lacking", "parts_drawn"
Part = tuple[Callable[[View], None], Sequence[str]]


def begin() -> None:
    """Forget what was noted on the page before."""
    st.session_state[_NOTED], st.session_state[_DRAWN] = {}, False


def of(ledger: Ledger, *needs: str) -> list[str]:
    """Return what the ledger lacks of metrics and needs (codes of the catalogue, names of NEEDS), as people call it."""
    found = [label for n in needs for label in ledger.lacks(CATALOGUE[n].needs if n in CATALOGUE else (n,))]
    return list(dict.fromkeys(found))


def noted(ledger: Ledger, part: str, *needs: str) -> bool:
    """Tell whether a part of the page cannot be shown, and note it for the line at the end."""
    if lacks := of(ledger, *needs):
        parts = st.session_state.setdefault(_NOTED, {}).setdefault("、".join(lacks), [])
        parts += [part] if part not in parts else []
        return True
    st.session_state[_DRAWN] = True
    return False


def beside(view: View, left: Part, right: Part) -> None:
    """Draw two parts (function, needs) side by side; the one that can be shown alone takes the whole width."""
    shown = [draw for draw, needs in (left, right) if not of(view.ledger, *needs)]
    if len(shown) < 2:
        for draw, _ in (left, right):
            draw(view)
        return
    for place, draw in zip(st.columns(2), shown, strict=True):
        with place:
            draw(view)


def line() -> None:
    """Say in one line what to add to see more of this page; which parts each gives stands behind the question mark."""
    parts: dict[str, list[str]] = st.session_state.get(_NOTED, {})
    if not parts:
        return
    by_size = sorted(parts, key=lambda what: -len(parts[what]))
    what = "、".join(dict.fromkeys(label for lacks in by_size for label in lacks.split("、")))
    begun = "再有" if st.session_state.get(_DRAWN) else "这一页要看的，台账里还没有。需要"
    told = "\n".join(f"- 有{lacks}：{'、'.join(parts[lacks])}" for lacks in by_size)
    with st.container(horizontal=True, vertical_alignment="center", key="lacking"):
        st.caption(
            f":material/add_notes: {begun}{escaped(what)}，就能多看 {sum(map(len, parts.values()))} 项。",
            help=escaped(told),
            width="content",
        )
        links.lead(links.DATA, "去补数据", {}, icon=None)
