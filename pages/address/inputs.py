"""Widgets that show a parameter of the address and, when a person changes them, change it there.

The value comes from the address at every run, whatever the session remembers; what a person chooses is
written into the address before the page runs. A value that is the default stands nowhere. Options are codes;
an address may also spell them by their labels, as older ones did.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.address import parameters

T = TypeVar("T")
Words = Callable[[Any], str | None]


def _bound(name: str, value: object, default: object, closes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give the widget of a parameter its value, and return what ties it to the address."""
    st.session_state[name] = value
    return {"key": name, "on_change": _changed, "args": (name, default, closes)}


def _changed(name: str, default: object, closes: tuple[str, ...]) -> None:
    given = st.session_state[name]
    spelt = None if given == default else _spelt(given)
    parameters.write(**{name: spelt}, **dict.fromkeys(closes))


def _spelt(value: object) -> str | list[str] | None:
    if isinstance(value, list | tuple):
        return [str(v) for v in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def option(raw: str, options: Sequence[T], words: Words | None) -> T | None:
    """Return the option that an address names, by its code or by its label."""
    return next((o for o in options if raw == str(o) or (words and raw == words(o))), None)


def chosen(name: str, options: Sequence[T], default: T | None = None, words: Words | None = None) -> T:
    """Return the option that the address names, else the default, else the first."""
    raw = parameters.value(name)
    found = option(raw, options, words)
    if raw and found is None:
        parameters.not_understood(name, raw)
    return (options[0] if default is None else default) if found is None else found


def choose(
    label: str,
    name: str,
    options: Sequence[T],
    *,
    default: T | None = None,
    words: Words | None = None,
    draw: Callable[..., Any] = st.selectbox,
    closes: tuple[str, ...] = (),
    **look: Any,
) -> T:
    """Draw a choice of one (st.selectbox, st.segmented_control) and return it.

    ``closes``: parameters that no longer hold once this one is changed.
    """
    options = list(options)
    usual = options[0] if default is None else default
    now = chosen(name, options, usual, words)
    look |= {"required": True} if draw is st.segmented_control else {}
    draw(label, options, format_func=words or str, **_bound(name, now, usual, closes), **look)
    return now


def choose_some(label: str, name: str, options: Sequence[str], *, words: Words | None = None, **look: Any) -> list[str]:
    """Draw a choice of several and return them; what the address names and nobody offers stays chosen, as it came."""
    offered = list(options)
    named = [raw if (o := option(raw, offered, words)) is None else o for raw in parameters.values(name)]
    now = list(dict.fromkeys(named))
    offered += [c for c in now if c not in offered]
    st.multiselect(label, offered, format_func=words or str, select_all=False, **_bound(name, now, []), **look)
    return now


def day_named(name: str, default: dt.date, least: dt.date, most: dt.date) -> dt.date:
    """Return the day that the address names; what is no day, or outside ``least`` to ``most``, is the default."""
    raw = parameters.value(name)
    try:
        given = dt.date.fromisoformat(raw)
    except ValueError:
        given = None
    if given is not None and least <= given <= most:
        return given
    if raw:
        parameters.not_understood(name, raw)
    return default


def day(label: str, name: str, *, default: dt.date, least: dt.date, most: dt.date, **look: Any) -> dt.date:
    """Draw a day and return it."""
    now = day_named(name, default, least, most)
    st.date_input(label, min_value=least, max_value=most, format="YYYY-MM-DD", **_bound(name, now, default), **look)
    return now


def switch(label: str, name: str, *, closes: tuple[str, ...] = (), **look: Any) -> bool:
    """Draw a toggle and return whether it is on."""
    now = parameters.value(name).lower() in ("true", "1")
    st.toggle(label, **_bound(name, now, False, closes), **look)
    return now


def words(label: str, name: str, *, closes: tuple[str, ...] = (), **look: Any) -> str:
    """Draw a line to write in and return what stands there."""
    now = parameters.value(name)
    st.text_input(label, max_chars=parameters.LONGEST, **_bound(name, now, "", closes), **look)
    return now


def amount(label: str, name: str, least: T, most: T, default: T, step: T, **look: Any) -> T:
    """Draw a slider and return its value; what is no number of its range is the default."""
    try:
        given = type(default)(parameters.value(name))  # type: ignore[call-arg]
    except ValueError:
        given = default
    now = given if least <= given <= most else default  # type: ignore[operator]
    st.slider(label, least, most, step=step, **_bound(name, now, default), **look)
    return now
