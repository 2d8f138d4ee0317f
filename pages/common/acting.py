"""Who acts on a page and what they may do there: a form for what one may not do is not drawn."""

from __future__ import annotations

import streamlit as st

from analytics.viewer import ACTS
from pages.entrance.who import viewer


def may(act: str) -> bool:
    """Tell whether who is at the page may do that; writing checks it again."""
    return viewer().may(act)


def only_for(act: str) -> bool:
    """Return True where the visitor may do that; else say that somebody else may, and return False."""
    if not may(act):
        st.caption(f"{viewer().described}只看，不能{ACTS[act]}。")
        return False
    return True


def name(label: str, key: str, value: str = "") -> str:
    """Return who acts: the signed-in name, or at the machine itself what is typed."""
    here = viewer()
    if not here.local:
        st.text_input(label, value=here.name, disabled=True, key=f"{key}_signed")
        return here.name
    typed = {"value": value} if key not in st.session_state else {}
    return st.text_input(label, key=key, max_chars=30, **typed)
