"""What is chosen on a page stands in the address: read from there, forgotten with every other change."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

ROWS = """
import pandas as pd
import streamlit as st
from pages.address import choices, parameters
from pages.address import inputs
parameters.settle("x")
inputs.choose("按", "by", ("module", "department"))
found = choices.row(pd.DataFrame({"名称": ["甲", "乙"]}), "units", ["a", "b"])
st.json({"row": found, "misread": parameters.misread(), "query": parameters.query()})
"""
MARKS = """
import streamlit as st
from analytics.metrics import CATALOGUE
from pages.address import parameters
from pages.common.drawing import _query_of, _query_told
parameters.settle("x")
st.json({"back": _query_of(st.query_params["told"]), "misread": parameters.misread()})
"""


def shown(script: str, **query: str) -> dict:
    app = AppTest.from_string(script, default_timeout=600)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return dict(json.loads(app.json[0].value))


@pytest.mark.parametrize(
    ("mark", "row", "misread"),
    [
        ("units~b", "b", {}),
        ("units~c", None, {"mark": "c"}),
        ("units~", None, {}),
        ("others~b", None, {}),
        ("b", None, {}),
    ],
)
def test_the_address_names_the_chosen_row(mark: str, row: str | None, misread: dict[str, str]) -> None:
    found = shown(ROWS, mark=mark)
    assert (found["row"], found["misread"]) == (row, misread)


def test_another_change_ends_the_choice() -> None:
    app = AppTest.from_string(ROWS, default_timeout=600)
    app.query_params["mark"] = "units~b"
    app.run()
    app.selectbox(key="by").set_value("department").run()
    found = json.loads(app.json[0].value)
    assert found == {"row": None, "misread": {}, "query": {"by": ["department"]}}


@pytest.mark.parametrize(
    ("told", "right"),
    [
        ('{"module":"finance","metric":"demand"}', True),
        ('{"from":"2026-11-02","to":"2026-11-08"}', True),
        ('{"metric":"nonsense"}', False),
        ('{"from":"2026-13-45"}', False),
        ('{"unknown":"x"}', False),
        ('{"module":["finance"]}', False),
        ("[" * 500, False),
        ("1", False),
        ("<script>", False),
    ],
)
def test_a_mark_says_what_a_list_can_be_narrowed_to(told: str, right: bool) -> None:
    found = shown(MARKS, told=told)
    assert (found["back"] == (json.loads(told) if right else None)) is True
    assert found["misread"] == ({} if right else {"mark": told})
