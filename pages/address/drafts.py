"""Text that a person has written and not saved: it outlives every click, also one that leaves the page.

A widget that is not drawn loses its value; a draft is kept beside it until it is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

_KEPT = "_drafts"


def write(draw: Callable[..., Any], label: str, key: str, saved: Any = "", **look: Any) -> Any:
    """Draw a widget to write in (st.text_area, st.selectbox …) and return its value: the draft, else what is saved."""
    kept = st.session_state.setdefault(_KEPT, {})
    if key not in st.session_state:
        st.session_state[key] = kept.get(key, saved)
    given = draw(label, key=key, on_change=_keep, args=(key,), **look)
    return given


def _keep(key: str) -> None:
    st.session_state.setdefault(_KEPT, {})[key] = st.session_state[key]


def drop(*keys: str) -> None:
    """Forget drafts that were saved or given up; the next run shows what is saved."""
    kept = st.session_state.setdefault(_KEPT, {})
    for key in [k for k in kept if k in keys]:
        del kept[key]
    for key in keys:
        st.session_state.pop(key, None)
