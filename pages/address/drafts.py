"""Text that a person has written and not saved: it outlives every click, also one that leaves the page.

A widget that is not drawn loses its value; a draft is kept beside it until it is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

_KEPT = "_drafts"


def write(draw: Callable[..., Any], label: str, key: str, saved: Any = "", **look: Any) -> Any:
    """Draw a widget to write in (st.text_area, st.selectbox …) and return its value: the draft, else what is saved.

    ``key`` names what the text belongs to: a card's, a type's, with the version that was shown.
    """
    if key not in st.session_state:
        st.session_state[key] = _kept().get(key, saved)
    return draw(label, key=key, on_change=_keep, args=(key,), **look)


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = st.session_state.setdefault(_KEPT, {})
    return kept


def _keep(key: str) -> None:
    _kept()[key] = st.session_state[key]


def drop(*starts: str) -> None:
    """Forget the drafts whose keys begin so: they were saved; the next run shows what is saved."""
    for key in [k for k in _kept() if k.startswith(starts)]:
        del _kept()[key]
        st.session_state.pop(key, None)
