"""A press is acted on even where the run of the page that it began was ended before it got there."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from pages.common import acting
if st.session_state.pop("ended", False):
    st.rerun()  # as when something else is clicked while something slow is computed
st.text("acted" if {button} else "idle")
"""


@pytest.mark.parametrize(
    ("button", "then"), [("st.button('按', key='k')", "idle"), ("acting.pressed(st.button, '按', 'k')", "acted")]
)
def test_a_press_outlives_a_run_that_was_ended(button: str, then: str) -> None:
    app = AppTest.from_string(SCRIPT.replace("{button}", button), default_timeout=600).run()
    assert app.text[0].value == "idle"
    app.session_state["ended"] = True
    app.button(key="k").click().run()
    assert app.text[0].value == then
    assert app.run().text[0].value == "idle"  # once


def test_an_old_press_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.common import acting

    app = AppTest.from_string(
        SCRIPT.replace("{button}", "acting.pressed(st.button, '按', 'k')"), default_timeout=600
    ).run()
    monkeypatch.setattr(acting, "KEPT", -1)
    app.button(key="k").click().run()
    assert app.text[0].value == "idle"
