"""What is chosen on a page without leaving it, a row of a table or a mark of a figure: it stands in the address too.

Streamlit keeps a selection in the session, where Back, another address or a reload cannot reach it. Here the address
owns it (``mark``: the name of the table or figure, "~", what is chosen): what a person chooses is written there, and
where the address says something else than was last written, the element is drawn anew. A page has one choice at a
time, and whatever else changes in the address ends it (see ``parameters.write``): it would mean something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.address import parameters
from pages.address.parameters import MARK

#: Name → how often the element was drawn anew, and what was last known to be chosen in it.
_KNOWN = "_choices"


def row(frame: pd.DataFrame, name: str, ids: Sequence[str], **look: Any) -> str | None:
    """Draw a table of which one row can be chosen, and return the id (one a row of ``frame``) of the chosen one."""
    ids = [str(i) for i in ids]
    given = _given(name)
    if given is not None and given not in ids:
        parameters.not_understood(MARK, given)
        given = None
    key = _key(name, given)
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select=partial(_row_chosen, name, key, ids),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [] if given is None else [ids.index(given)]}},
        **look,
    )
    return given


def mark(made: go.Figure, name: str, told: Callable[[dict], str | None], **look: Any) -> str | None:
    """Draw a figure of which one mark can be chosen, and return what ``told`` says of the chosen one (a point as Plotly has it)."""
    given = _given(name)
    key = _key(name, given)
    st.plotly_chart(made, key=key, on_select=partial(_mark_chosen, name, key, told), selection_mode="points", **look)
    return given


def _given(name: str) -> str | None:
    of, _, given = parameters.value(MARK).partition("~")
    return given if of == name and given else None


def _key(name: str, given: str | None) -> str:
    """Return the widget's key: another one when the address says something else than was last written."""
    known = st.session_state.setdefault(_KNOWN, {})
    times, last = known.get(name, (0, None))
    if given != last:
        times += 1
    known[name] = (times, given)
    return f"{name} {parameters.stamp()} {times}"


def _row_chosen(name: str, key: str, ids: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    _write(name, ids[rows[0]] if rows else None)


def _mark_chosen(name: str, key: str, told: Callable[[dict], str | None]) -> None:
    points = st.session_state[key]["selection"]["points"]
    _write(name, told(points[0]) if points else None)


def _write(name: str, chosen: str | None) -> None:
    times, _ = st.session_state[_KNOWN][name]
    st.session_state[_KNOWN][name] = (times, chosen)
    if chosen or _given(name) is not None:
        parameters.write(**{MARK: f"{name}~{chosen}" if chosen else None})
