"""Reading the address's parameters, and writing them: one step of a person, one entry of the browser's history."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import streamlit as st

#: What every page with a filter bar shares; a link keeps these.
SHARED = ("period", "from", "to", "compare", "module", "department", "channel", "street", "as_of")
#: What is chosen on a page (see ``choices``); it does not outlive another change.
MARK = "mark"
#: Bounds of what an address may hold: it may come from anywhere.
LONGEST, MOST = 600, 60
_KNOWN, _MISREAD = "_address", "_address_misread"

Query = dict[str, list[str]]


def query() -> Query:
    """Return every parameter with its values, blanks and what is too long or too many left out."""
    found = {name: [v for v in st.query_params.get_all(name) if v][:MOST] for name in list(st.query_params)[:MOST]}
    return {name: [v[:LONGEST] for v in values] for name, values in found.items() if values}


def values(name: str) -> list[str]:
    """Return the values of a parameter, none where it is absent."""
    return query().get(name, [])


def value(name: str) -> str:
    """Return the last value of a parameter, "" where it is absent."""
    return next(iter(values(name)[::-1]), "")


def shared() -> Query:
    """Return the parameters of the filter bar that are set."""
    return {name: given for name, given in query().items() if name in SHARED}


def write(**changes: str | Sequence[str] | None) -> None:
    """Change parameters in one step (None or empty removes one); nothing is sent where nothing changes."""
    now = query()
    changed = {name: given for name, given in now.items() if name != MARK}
    for name, given in changes.items():
        wanted = [given] if isinstance(given, str) else list(given or ())
        changed.pop(name, None)
        if wanted := [v for v in wanted if v]:
            changed[name] = wanted
    if changed != now:
        st.query_params.from_dict(changed)


def settle(page: str) -> None:
    """Let the browser's address follow a link within the page; call it once a run, after the navigation.

    Streamlit hands a page the query of a link to that page, but leaves the browser's address as it was.
    Where the browser has it already (a link to another page, Back, a fresh address) nothing happens there.
    """
    st.session_state[_MISREAD] = {}
    known = st.session_state.get(_KNOWN)
    now = query()
    if known and known[0] == page and known[1] != now:
        st.query_params.from_dict(now)
    st.session_state[_KNOWN] = (page, now)


def not_understood(name: str, given: str) -> None:
    """Note what an address says of a parameter and nobody can read; the page goes by its default and says so."""
    st.session_state.setdefault(_MISREAD, {})[name] = given


def misread() -> dict[str, str]:
    """Return parameter → what the address says of it that this run could not read."""
    return dict(st.session_state.get(_MISREAD, {}))


def stamp(*names: str) -> str:
    """Return a short mark of the parameters named (the filter bar's where none is), to key what hangs on them.

    A row chosen in a table, or a mark in a figure, means something else once the filters have changed.
    """
    kept = sorted((n, v) for n, v in query().items() if n in (names or SHARED))
    return f"{zlib.crc32(repr(kept).encode()):08x}"
