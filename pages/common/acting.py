"""Who acts on a page and what they may do there: a form for what one may not do is not drawn."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from analytics.viewer import ACTS
from pages.address import drafts
from pages.common.foreign import escaped
from pages.entrance.who import viewer


def may(act: str) -> bool:
    """Tell whether who is at the page may do that; writing checks it again."""
    return viewer().may(act)


def only_for(act: str) -> bool:
    """Return True where the visitor may do that; else say that somebody else may, and return False."""
    if not may(act):
        st.caption(f"{escaped(viewer().described)}只看，不能{ACTS[act]}。")
        return False
    return True


#: Seconds that a click is kept for a run of the page that gets as far as to act on it.
KEPT = 60.0


def pressed(button: Callable[..., bool], label: str, key: str, **look: Any) -> bool:
    """Draw a button (st.button, st.form_submit_button) and tell whether it was pressed, once.

    Streamlit tells a run of the page that a button was pressed; where that run is ended by the next
    event before it gets there (something slow is computed above), nobody would ever know. The
    press is noted as soon as it arrives, and stays until a run acts on it.
    """
    mark = f"{key}_pressed"
    button(label, key=key, on_click=_note, args=(mark,), **look)
    at = st.session_state.pop(mark, None)
    return at is not None and time.monotonic() - at < KEPT


def _note(mark: str) -> None:
    st.session_state[mark] = time.monotonic()


def name(label: str, key: str, value: str = "") -> str:
    """Return who acts: the signed-in name, or at the machine itself what is typed."""
    here = viewer()
    if not here.local:
        st.text_input(label, value=here.name, disabled=True, key=f"{key}_signed")
        return here.name
    return drafts.write(st.text_input, label, key, value, max_chars=30)
