"""Words of a ledger, a person or an address are text wherever a page shows them: every column, every parameter, every page.

What is sent to the browser is looked through field by field: a kind of element or a field of one that is not known to
show plain text must hold no such words but escaped, so that a new one is seen.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from streamlit.testing.v1 import AppTest

from analytics.issues.ranking import PARTS
from analytics.model import TABLES
from analytics.remedies.cards import CardBook
from analytics.settings import ROOT
from analytics.store import Store
from pages.address import parameters
from pages.address.links import WAITING
from pages.common.foreign import escaped
from pages.common.listing import FILTERS, NARROWING
from pages.navigation.places import PLACES
from tests.pages.test_pages import open_page
from tests.trust.foreign import CASES, HARM, RAW, harmful, harmful_store, rows_of

#: Fields of elements that the browser shows as they are.
PLAIN = {
    ("Text", "body"), ("TextInput", "value"), ("TextInput", "id"), ("TextInput", "placeholder"), ("TextArea", "value"), ("TextArea", "id"),
    ("Selectbox", "options"), ("Selectbox", "raw_value"), ("MultiSelect", "options"), ("MultiSelect", "raw_values"), ("PlotlyChart", "spec"),
    ("Json", "body"), ("PageLink", "query_string"), ("DownloadButton", "url"),
}  # fmt: skip
_UNESCAPED = re.compile("|".join(rf"(?<!\\){re.escape(raw)}" for raw in RAW))
#: Parameters that open one thing instead of the page.
OPENING = ("case", "type", "card", "like", "draft", "alarm")


def named_parameters() -> set[str]:
    """Return every parameter of the address that the source of the pages names."""
    found = {*parameters.SHARED, parameters.MARK, *FILTERS, *NARROWING}
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            of = ast.unparse(node.func.value)
            place = {"inputs": 1, "parameters": 0}.get(of)
            if of == "inputs" and node.func.attr in ("chosen", "day_named"):
                place = 0
            if place is not None and len(node.args) > place:
                found |= _names(node.args[place])
            if of in ("parameters", "links", "to_cases"):
                found |= {k.arg for k in node.keywords if k.arg} - {"icon", "help"}
    return found


def _names(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr):  # w_demand …
        assert ast.unparse(node) == "f'w_{part}'", "name the parameters that this makes"
        return {f"w_{part}" for part in PARTS}
    return set()


def strings(message: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the field and the text of every string of a protobuf message."""
    for field, value in message.ListFields():
        here = path or field.name
        keyed = field.message_type and field.message_type.GetOptions().map_entry
        values = list(value.values()) if keyed else list(value) if field.is_repeated else [value]
        for one in values:
            if hasattr(one, "ListFields"):
                yield from strings(one, here)
            elif isinstance(one, str) and (field.type == FieldDescriptor.TYPE_STRING or keyed):
                yield here, one


class _Loading(HTMLParser):
    """Finds in HTML what loads or runs something, or leads out of the site."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        src, href = given.get("src") or "", given.get("href") or ""
        self.script = tag == "script"
        if (src and not src.startswith("data:")) or re.match(r"javascript:|https?:", href) or any(k.startswith("on") for k in given):  # fmt: skip
            self.found.append(f"{tag} {attrs}")
        elif tag in ("iframe", "object", "embed", "link", "base", "form") or (tag == "script" and attrs):
            self.found.append(tag)

    def handle_data(self, data: str) -> None:
        if self.script and data.strip() != WAITING.read_text("utf-8").strip():
            self.found.append("a script")

    def handle_endtag(self, tag: str) -> None:
        self.script = False


def wrong(app: AppTest) -> list[str]:
    """Return what a page shows of harmful words otherwise than as text."""
    found, waiting = [], [app._tree]
    while waiting:
        node = waiting.pop()
        waiting += getattr(node, "children", {}).values()
        message = getattr(node, "proto", None)
        for field, text in strings(message) if message is not None else ():
            kind = message.DESCRIPTOR.name
            if kind == "Html":
                parser = _Loading()
                parser.feed(text)
                found += [f"Html: {what}" for what in parser.found]
            elif (kind, field) not in PLAIN and _UNESCAPED.search(text):
                found.append(f"{kind}.{field}: {text[:80]}")
    return found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return harmful_store(tmp_path_factory.mktemp("harm") / "store")


@pytest.fixture
def visit(store: Store, monkeypatch: pytest.MonkeyPatch):
    return lambda name, query: open_page(name, store, monkeypatch, **query)


def test_every_text_column_means_harm() -> None:
    for name, table in TABLES.items():
        row = rows_of(name, 1)[0]
        for column in table.columns:
            if column.kind == "text" and column.name not in ("event_key",):
                assert HARM in str(row[column.name]), (name, column.name)
    assert len(rows_of("cases", CASES)) == CASES


@pytest.mark.parametrize("name", [p.file for p in PLACES])
def test_a_ledgers_words_are_text(name: str, visit) -> None:
    app = visit(name, {"period": "this_year"})
    assert not wrong(app)


def test_what_is_opened_is_text(store: Store, visit) -> None:
    card = CardBook(store).cards()[0]
    for name, query in (
        ("issues", {"type": card.type_id}), ("remedies", {"card": card.id}), ("cases", {"case": harmful("case_no1")}),
        ("explore", {"find": "贷款"}), ("explore", {"like": harmful("case_no1")}), ("issues", {"look": "map"}), ("issues", {"look": "tree"}),
        ("remedies", {"board_look": "next"}), ("cases", {"department": harmful("承办部门0"), "period": "this_year"}),
        ("briefing", {"profile": harmful("案"), "day": "2026-11-12"}), ("issues", {"type": card.type_id, "what": "rename"}),
    ):  # fmt: skip
        assert not wrong(visit(name, query)), query


@pytest.mark.parametrize("name", [p.file for p in PLACES])
def test_an_addresses_words_are_text(name: str, visit) -> None:
    """Every parameter that any page reads, all at once; then without those that open one thing."""
    every = named_parameters()
    assert {
        "period",
        "q",
        "card",
        "metric",
        "look",
        "w_demand",
        "unknown",
        "sentence",
        "subject",
        "cross_rows",
    } <= every
    for names in (sorted(every), sorted(every - set(OPENING))):
        for part in (names[::2], names[1::2]):  # no more are read than parameters.MOST
            assert len(part) < parameters.MOST
            assert not wrong(visit(name, {key: harmful(key) for key in part}))


def test_the_eye_of_this_test() -> None:
    """It sees what is not escaped, in a field that nobody has named too."""
    bare = AppTest.from_function(_bare)
    bare.session_state["text"] = HARM
    told = wrong(bare.run())
    kinds = {w.partition(":")[0].partition(".")[0] for w in told}
    assert {"Markdown", "Heading", "Alert", "Button", "Expandable", "TextInput", "Html", "Metric", "Checkbox"} <= kinds
    safe = AppTest.from_function(_bare)
    safe.session_state["text"] = escaped(HARM)
    assert not [w for w in wrong(safe.run()) if not w.startswith("Html")]


def _bare() -> None:
    import streamlit as st

    text = st.session_state["text"]
    for show in (st.markdown, st.caption, st.subheader, st.error, st.button, st.text_input, st.html, st.checkbox):
        show(text)
    st.metric(text, 1)
    st.expander(text)


def test_no_file_of_pages_shows_an_error_as_markdown() -> None:
    """The words of an error may quote a file, a heading, a value."""
    for path in sorted(Path(ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            shows = isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "st.error", "st.info", "st.warning", "st.success", "st.caption", "st.markdown", "st.toast",
            }  # fmt: skip
            if shows:
                told = ast.unparse(node)
                assert "str(error)" not in told or "escaped(" in told, (path.name, told)
                assert "{error}" not in told or "escaped(" in told, (path.name, told)
