"""Links that carry the address: the filters of now and what is added, by code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.address import parameters
from pages.common.foreign import escaped

PAGES = Path(__file__).resolve().parent.parent
CASES, ISSUES, EXPLORE, BOARD, DATA = (
    PAGES / f"{name}.py" for name in ("cases", "issues", "explore", "remedies", "data")
)
WAITING = Path(__file__).with_name("links.js")
ONWARD, BACK = ":material/arrow_forward:", ":material/arrow_back:"


def wait_for_fields() -> None:
    """Let links wait for what was typed (links.js); call it once a run."""
    st.html(f"<script>{WAITING.read_text('utf-8')}</script>", unsafe_allow_javascript=True)


def kept(**added: str | Sequence[str] | None) -> parameters.Query:
    """Return the filters of now with more parameters; an empty one takes a filter away."""
    changed = parameters.shared()
    for name, given in added.items():
        wanted = [given] if isinstance(given, str) else list(given or ())
        changed.pop(name, None)
        if wanted := [v for v in wanted if v]:
            changed[name] = wanted
    return changed


def lead(
    page: Path, label: str, query: parameters.Query, *, icon: str | None = ONWARD, help: str | None = None
) -> None:
    """Draw a link to a page with exactly this query; the label is text, never Markdown."""
    st.page_link(page, label=escaped(label), icon=icon, query_params=query, help=help)


def to(page: Path, label: str, *, icon: str | None = ONWARD, **added: str | Sequence[str] | None) -> None:
    """Draw a link to a page: the filters of now, and more."""
    lead(page, label, kept(**added), icon=icon)


def here(page: Path, label: str, *, icon: str | None = ONWARD, **changes: str | Sequence[str] | None) -> None:
    """Draw a link to this same page: everything as now but for the changes."""
    now = parameters.query()
    changed = {n: v for n, v in now.items() if n not in changes and n != parameters.MARK}
    more = {n: [v] if isinstance(v, str) else list(v) for n, v in changes.items() if v}
    lead(page, label, changed | more, icon=icon)
