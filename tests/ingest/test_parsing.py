"""Cells become values: whole numbers, grades and texts."""

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest import parsing


@pytest.mark.parametrize(("cell", "value"), [("5", 5), ("5个工作日", 5), ("１５", 15), (7.0, 7), ("10天", 10)])
def test_whole_numbers(cell: object, value: int) -> None:
    values, bad = parsing.integers([cell])
    assert values[0] == value
    assert not bad[0]


@pytest.mark.parametrize("cell", ["五", "5.5", "-3", "1e9", 5.5])
def test_no_whole_numbers(cell: object) -> None:
    assert parsing.integers([cell])[1][0]


@pytest.mark.parametrize(("cell", "grade"), [("非常满意", "5"), ("一般", "3"), (1, "1"), ("４分", "4"), (5.0, "5")])
def test_grades(cell: object, grade: str) -> None:
    assert parsing.codes([cell], "grade")[0][0] == grade


def test_unknown_words_are_named() -> None:
    values, bad = parsing.codes(["满意", "还行"], "grade")
    assert bad.tolist() == [False, True]
    assert values[1] is None


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
            st.sampled_from([" 无 ", "N/A", "——", "/", "\u3000a\u3000", "\x1f"]),
        )
    )
)
def test_texts_are_trimmed_and_mere_dashes_nothing(cells: list[str | None]) -> None:
    expected = [None if c is None or c.strip().lower() in parsing.EMPTY else c.strip() for c in cells]
    for column in (cells, pa.chunked_array([pa.array(cells, pa.string())])):
        found = parsing.texts(column)
        assert [None if pd.isna(t) else t for t in found] == expected
