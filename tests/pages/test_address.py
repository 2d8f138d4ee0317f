"""The address owns what a page shows: nothing else may, and widgets follow it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics.settings import ROOT
from pages.navigation.places import FIRST, GROUPS, PLACES, goal_of

ROOM = ROOT / "pages" / "address"
ELSEWHERE = sorted(p for p in (ROOT / "pages").rglob("*.py") if ROOM not in p.parents)


def _address_in(source: str) -> list[str]:
    """Return what a module does to the address past the room: calls of Streamlit's own means."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st":
            found += [node.attr] if node.attr in ("query_params", "page_link", "switch_page") else []
        if isinstance(node, ast.keyword) and node.arg == "bind":
            found.append("bind")
        if isinstance(node, ast.Call):
            given = {k.arg: ast.unparse(k.value) for k in node.keywords if k.arg}
            # Several rows may be chosen for an act; one row or mark that leads on is a choice of the address.
            if given.get("on_select") == "'rerun'" and given.get("selection_mode") != "'multi-row'":
                found.append("on_select")
    return found


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_address_room_touches_the_address(path: Path) -> None:
    assert _address_in(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "st.query_params['a']",
        "st.page_link('x')",
        "st.switch_page('x')",
        "st.toggle('x', bind='query-params')",
        "st.dataframe(x, on_select='rerun')",
    ],
)
def test_the_check_sees_each_way_past_the_room(source: str) -> None:
    assert _address_in(source)


def page(body: str) -> AppTest:
    head = (
        "import datetime as dt\nimport streamlit as st\nfrom pages.address import drafts, inputs, links, parameters\n"
    )
    app = AppTest.from_string(head + body, default_timeout=600)
    return app


CHOICE = """
WORDS = {"a": "甲", "b": "乙", "c": "丙"}
got = inputs.choose("选", "one", list(WORDS), default="b", words=WORDS.get, closes=("open",))
st.text(got)
"""


@pytest.mark.parametrize(("asked", "shown"), [("c", "c"), ("丙", "c"), ("nonsense", "b"), ("", "b"), ("a" * 9999, "b")])
def test_a_choice_is_what_the_address_says(asked: str, shown: str) -> None:
    app = page(CHOICE)
    app.query_params["one"] = asked
    app.run()
    assert app.text[0].value == shown
    assert app.selectbox[0].value == shown


def test_a_new_address_beats_what_the_session_had() -> None:
    app = page(CHOICE).run()
    app.selectbox[0].set_value("c").run()
    app.query_params["one"] = "a"
    app.run()
    assert app.text[0].value == app.selectbox[0].value == "a"
    del app.query_params["one"]
    app.run()
    assert app.text[0].value == app.selectbox[0].value == "b"


def test_choosing_writes_the_address_and_closes_what_no_longer_holds() -> None:
    app = page(CHOICE)
    app.query_params["open"] = "7"
    app.query_params["other"] = "kept"
    app.run()
    app.selectbox[0].set_value("c").run()
    assert dict(app.query_params) == {"one": "c", "other": "kept"}
    app.selectbox[0].set_value("b").run()  # the default stands nowhere
    assert dict(app.query_params) == {"other": "kept"}


def test_what_nobody_offers_stays_chosen_so_that_the_list_is_as_the_address_says() -> None:
    app = page("st.text(str(inputs.choose_some('选', 'some', ['x', 'y'])))")
    app.query_params["some"] = ["y", "gone"]
    app.run()
    assert app.text[0].value == "['y', 'gone']"
    assert app.multiselect[0].value == ["y", "gone"]
    app.multiselect[0].unselect("gone").run()
    assert dict(app.query_params) == {"some": "y"}


def test_days_numbers_switches_and_words_follow_the_address_too() -> None:
    body = """
first, last = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
st.text(str(inputs.day("日", "day", default=first, least=first, most=last)))
st.text(str(inputs.amount("数", "n", 0, 100, 40, 5)))
st.text(str(inputs.amount("数", "f", 0.5, 8.0, 1.5, 0.5)))
st.text(str(inputs.switch("开", "on")))
st.text(inputs.words("词", "q"))
"""
    app = page(body)
    for name, value in (("day", "2026-03-04"), ("n", "55"), ("f", "2.5"), ("on", "true"), ("q", "贷款")):
        app.query_params[name] = value
    app.run()
    assert [t.value for t in app.text] == ["2026-03-04", "55", "2.5", "True", "贷款"]
    for name, value in (("day", "2031-01-01"), ("n", "-1"), ("f", "viel"), ("on", "no"), ("q", "")):
        app.query_params[name] = value
    app.run()
    assert [t.value for t in app.text] == ["2026-01-01", "40", "1.5", "False", ""]
    app.slider[0].set_value(60).run()
    app.toggle[0].set_value(True).run()
    app.text_input[0].set_value("房租").run()
    assert [t.value for t in app.text][1:] == ["60", "1.5", "True", "房租"]
    assert app.query_params["q"] == "房租"


def test_a_draft_outlives_the_widget_that_it_was_written_in() -> None:
    body = """
if inputs.switch("写", "writing"):
    drafts.write(st.text_area, "意见", "opinion 7", "原来的")
    if st.button("保存"):
        drafts.drop("opinion 7")
        st.rerun()
"""
    app = page(body)
    app.query_params["writing"] = "true"
    app.run()
    assert app.text_area[0].value == "原来的"
    app.text_area[0].set_value("没有写完").run()
    app.toggle[0].set_value(False).run()
    assert not app.text_area
    app.toggle[0].set_value(True).run()
    assert app.text_area[0].value == "没有写完"
    app.button[0].click().run()
    assert app.text_area[0].value == "原来的"


def test_a_link_keeps_the_filters_and_drops_what_was_open() -> None:
    app = page("st.text(repr(links.kept(card='Z1', module=None)))")
    for name, value in (("period", "this_year"), ("module", "legal"), ("type", "T1"), ("department", ["甲", "乙"])):
        app.query_params[name] = value
    app.run()
    assert app.text[0].value == repr({"period": ["this_year"], "department": ["甲", "乙"], "card": ["Z1"]})


def test_each_page_stands_once_in_the_menu_and_has_an_address_of_its_own() -> None:
    assert (
        len({p.file for p in PLACES})
        == len({p.address for p in PLACES})
        == len({p.title for p in PLACES})
        == len(PLACES)
    )
    files = {p.stem for p in (ROOT / "pages").glob("*.py")} - {"__init__"}
    assert files == {p.file for p in PLACES}
    assert not files & {p.address for p in PLACES}
    assert FIRST.title == next(iter(GROUPS))


@pytest.mark.parametrize(
    ("path", "goal"),
    [
        ("/", None),
        ("/case-list", None),
        ("/case-list/", None),
        ("/home", "/"),
        ("/xyz", "/"),
        ("/cases", "/"),
        ("/administration", "/system"),
        ("/a/b", "/"),
    ],
)
def test_an_unknown_or_old_address_leads_on(path: str, goal: str | None) -> None:
    assert goal_of(path) == goal


def test_the_hostile_addresses_try_every_parameter_that_pages_read() -> None:
    from tests.browser.test_hostile import PARAMETERS

    read = set()
    for path in [*ELSEWHERE, *ROOM.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            room = getattr(node.func.value, "id", "")
            at = {
                "parameters": ("value", "values"),
                "inputs": ("choose", "choose_some", "day", "switch", "words", "amount", "chosen"),
            }
            if node.func.attr in at.get(room, ()):
                place = 0 if room == "parameters" or node.func.attr == "chosen" else 1
                given = node.args[place] if len(node.args) > place else None
                read |= {given.value} if isinstance(given, ast.Constant) else set()
    assert len(read) > 30
    assert read <= set(PARAMETERS)


@pytest.mark.parametrize(("asked", "misread"), [("c", {}), ("nonsense", {"one": "nonsense"})])
def test_what_an_address_says_and_nobody_understands_is_noted(asked: str, misread: dict[str, str]) -> None:
    app = page(CHOICE + "\nst.json(parameters.misread())")
    app.query_params["one"] = asked
    app.run()
    assert json.loads(app.json[0].value) == misread
