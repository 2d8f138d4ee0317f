"""The menu: groups of pages as links that keep the filters; on a narrow screen one button opens all of it."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from pages.address import links
from pages.navigation.places import GROUPS, RESERVED, UNFILTERED, Place


def draw(here: str, *, manages: bool) -> None:
    """Draw the menu on the page whose file is ``here``; ``manages``: with what is for administrators."""
    groups = {name: [p for p in places if manages or p.file not in RESERVED] for name, places in GROUPS.items()}
    with st.container(key="menu_wide", horizontal=True, gap="small", vertical_alignment="center"):
        for name, places in groups.items():
            now = next((p.title for p in places if p.file == here), "")
            with st.container(key="menu_here" if now else f"menu_{name}", width="content"):
                if len(places) == 1:
                    _entry(places[0])
                    continue
                # A key of the page's own: the opened list closes when another page comes.
                with st.popover(f"{name} · {now}" if now else name, key=f"menu {name} {here}", type="tertiary"):
                    for place in places:
                        _entry(place)
    with st.container(key="menu_narrow"), st.popover("菜单", icon=":material/menu:", key=f"menu {here}"):
        for name, places in groups.items():
            if len(places) > 1:
                st.caption(name)
            for place in places:
                _entry(place)


def _entry(place: Place) -> None:
    kept = {} if place.file in UNFILTERED else links.kept()
    links.lead(links.PAGES / f"{place.file}.py", place.title, kept, icon=None)


def pages(first: str, *, manages: bool) -> list[StreamlitPage]:
    """Return Streamlit's page of every place, ``first`` the one of the bare address."""
    return [
        st.Page(
            links.PAGES / f"{place.file}.py",
            title=place.title,
            url_path=place.address,
            default=place.file == first,
            visibility="hidden" if place.file in RESERVED and not manages else "visible",
        )
        for places in GROUPS.values()
        for place in places
    ]
