"""A number stands large; what is no number (样本不足, —) is a word of plain size, on every page."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics import figures
from analytics.figures.style import is_blank
from analytics.settings import ROOT
from analytics.wording import EMPTY, SMALL

DRAWING = ROOT / "pages" / "common" / "drawing.py"
ELSEWHERE = sorted(p for p in (ROOT / "pages").rglob("*.py") if p != DRAWING)


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_drawing_room_draws_large_numbers(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr == "metric" and isinstance(node.value, ast.Name):
            assert node.value.id not in ("st", "place", "box", "column"), f"line {node.lineno}"


@pytest.mark.parametrize(("told", "large"), [("88.8%", True), ("0", True), (SMALL, False), (EMPTY, False)])
def test_what_is_no_number_is_not_drawn_large(told: str, large: bool) -> None:
    app = AppTest.from_string(
        f"from pages.common.drawing import big_number\nbig_number('满意率', {told!r}, help='怎么算')",
        default_timeout=600,
    ).run()
    assert not app.exception
    assert [m.value for m in app.metric] == ([told] if large else [])
    assert large or (told in app.markdown[0].value and "满意率" in app.markdown[0].value)


def rates(*small: bool) -> pd.DataFrame:
    n = [5 if s else 50 for s in small]
    modules = [f"module {i}" for i in range(len(small))]
    return pd.DataFrame({"module": modules, "value": 0.9, "low": 0.8, "high": 1.0, "n": n, "small": list(small)})


@pytest.mark.parametrize(("small", "blank"), [((True, True), True), ((True, False), False), ((), True)])
def test_a_figure_of_which_nothing_can_be_drawn_is_blank(small: tuple[bool, ...], blank: bool) -> None:
    assert is_blank(figures.ranked(rates(*small), "module", "%", "满意率")) is blank


def test_a_blank_figure_is_words() -> None:
    app = AppTest.from_string(
        "import plotly.graph_objects as go\nfrom pages.common.drawing import chart\n"
        "chart(go.Figure().add_bar(x=[None], y=['a']).update_layout(meta='样本不足未画：甲。'), 'k')",
        default_timeout=600,
    ).run()
    assert [c.value for c in app.caption] == ["样本不足未画：甲。"]
    assert not app.get("plotly_chart")


def test_no_rows_are_words_and_no_empty_grid() -> None:
    app = AppTest.from_string(
        "import pandas as pd\nfrom pages.common.drawing import rows\nrows(pd.DataFrame({'工单编号': []}), 'k')",
        default_timeout=600,
    ).run()
    assert [c.value for c in app.caption] == ["没有这样的工单。"]
    assert not app.dataframe
