"""Cells become values: every spelling of a time that offices use."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest import parsing

T = dt.datetime


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024-7-5", T(2024, 7, 5)),
        ("2024/7/5 9:32:09", T(2024, 7, 5, 9, 32, 9)),
        ("2024.7.5", T(2024, 7, 5)),
        ("2024年7月5日 9时", T(2024, 7, 5, 9)),
        ("2024年7月5日9时05分", T(2024, 7, 5, 9, 5)),
        ("2024年07月05日 下午3点20分", T(2024, 7, 5, 15, 20)),
        ("20240705", T(2024, 7, 5)),
        ("20240705093209", T(2024, 7, 5, 9, 32, 9)),
        (20240705, T(2024, 7, 5)),
        (45478, T(2024, 7, 5)),
        (45478.5, T(2024, 7, 5, 12)),
        ("45478.5", T(2024, 7, 5, 12)),
        ("２０２４－７－５　９：３２", T(2024, 7, 5, 9, 32)),
        (T(2024, 7, 5, 9, 32), T(2024, 7, 5, 9, 32)),
        (dt.date(2024, 7, 5), T(2024, 7, 5)),
        ("2024-07-05T01:32:09Z", T(2024, 7, 5, 9, 32, 9)),
        ("2024-07-05T09:32:09+08:00", T(2024, 7, 5, 9, 32, 9)),
        ("2024-07-05 09:32:09.123", T(2024, 7, 5, 9, 32, 9)),
        (" 2024-07-05\t", T(2024, 7, 5)),
        ("2024/7/5 9:32 AM", T(2024, 7, 5, 9, 32)),
    ],
)
def test_spellings_of_a_time(cell: object, value: dt.datetime) -> None:
    times, bad = parsing.times([cell])
    assert times[0] == pd.Timestamp(value)
    assert not bad[0]


@pytest.mark.parametrize("cell", ["昨天", "2024-13-05", "2024-02-30", "07/05", "九点", 3.14, "2024-7-5-9", True])
def test_what_is_no_time_is_said(cell: object) -> None:
    times, bad = parsing.times([cell])
    assert pd.isna(times[0])
    assert bad[0]


@pytest.mark.parametrize("cell", [None, "", " ", "-", "无", "/", float("nan")])
def test_nothing_is_no_error(cell: object) -> None:
    times, bad = parsing.times([cell])
    assert pd.isna(times[0])
    assert not bad[0]


@given(st.datetimes(T(2005, 1, 1), T(2034, 12, 31)).map(lambda t: t.replace(microsecond=0)))
def test_any_second_survives_each_spelling(at: dt.datetime) -> None:
    spellings = [
        at.strftime(s)
        for s in (
            "%Y-%m-%d %H:%M:%S",
            "%Y/%m/%d %H:%M:%S",
            "%Y.%m.%d %H:%M:%S",
            "%Y年%m月%d日 %H时%M分%S秒",
            "%Y%m%d%H%M%S",
        )
    ]
    times, bad = parsing.times(spellings)
    assert not bad.any()
    assert (times == pd.Timestamp(at)).all()


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
