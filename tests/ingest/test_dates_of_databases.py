"""Dates as databases write them by themselves, and as people do who write no system's."""

from __future__ import annotations

import datetime as dt
import warnings

import pytest

from analytics.ingest import dates
from analytics.ingest.clocks import one_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("05-JUL-26", (2026, 7, 5)),
        ("5-Jul-2026", (2026, 7, 5)),
        ("05-JUL-26 02.12.00.000000 PM", (2026, 7, 5, 14, 12)),
        ("05-JUL-26 02.12.00 PM", (2026, 7, 5, 14, 12)),
        ("05-JUL-26 02.12.00.000000000 PM +08:00", (2026, 7, 5, 14, 12)),
        ("05-JUL-26 02.12.00.000000 PM ASIA/SHANGHAI", (2026, 7, 5, 14, 12)),
        ("05-7月 -26", (2026, 7, 5)),
        ("05-7月-26", (2026, 7, 5)),
        ("05-12月-26", (2026, 12, 5)),
        ("05-7月 -26 02.12.00.000000 下午", (2026, 7, 5, 14, 12)),
        ("05-7月 -2026 12.12.00.000000 上午", (2026, 7, 5, 0, 12)),
        ("05-JUL-26 14:12:00", (2026, 7, 5, 14, 12)),
        ("07  5 2026  9:12AM", (2026, 7, 5, 9, 12)),
        ("07  5 2026  9:12PM", (2026, 7, 5, 21, 12)),
        ("07 15 2026  9:12:30:123AM", (2026, 7, 15, 9, 12, 30)),
        ("Jul  5 2026  9:12AM", (2026, 7, 5, 9, 12)),
        ("2026.07.05.", (2026, 7, 5)),
        ("2026、7、5", (2026, 7, 5)),
        ("2026、7、5 9:12", (2026, 7, 5, 9, 12)),
        ("2026/07/05-09:12:00", (2026, 7, 5, 9, 12)),
        ("2026-07-05 上午9点半", (2026, 7, 5, 9, 30)),
        ("2026年7月5日下午3时半", (2026, 7, 5, 15, 30)),
        ("2026年7月5日下午3点一刻", (2026, 7, 5, 15, 15)),
        ("05-JUL-26 02.12.00 PM -05:00", None),  # a zone of elsewhere is not guessed at
        ("05-13月-26", None),
        ("31-JUN-26", None),
        ("2026-07-05-09", None),
        ("半", None),
    ],
)
def test_one_spelling(text: str, time: tuple[int, ...] | None) -> None:
    assert one_time(text) == (dt.datetime(*time) if time else None)


def test_a_column_of_each() -> None:
    for words in (
        ["05-JUL-26", "12-7月 -26"],
        ["07  5 2026  9:12AM", "12 31 2026 11:12PM"],
        ["2026、7、5", "2026.07.05."],
    ):
        value, bad = dates.times(words)
        assert value.notna().all(), words
        assert not bad.any(), words


def test_a_clock_in_a_column_of_its_own_may_say_half_past() -> None:
    clocks = ["上午9点半", "14:30"]
    assert dates.are_clocks(clocks)
    assert dates.times(dates.joined(["2026-07-05", "2026-07-06"], clocks))[0].tolist() == [
        dt.datetime(2026, 7, 5, 9, 30),
        dt.datetime(2026, 7, 6, 14, 30),
    ]


@pytest.mark.parametrize("text", ["2026-07-05 09:12:00.1234567 +08:00", "2026-07-05T01:12:00.123456789Z"])
def test_more_digits_of_a_second_than_are_kept_warn_nobody(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        at = one_time(text)
    assert at
    assert at.replace(microsecond=0) == dt.datetime(2026, 7, 5, 9, 12)
