"""Periods and what they are compared with."""

import datetime as dt

import pytest

from analytics.metrics import Slice, period
from analytics.metrics.slices import DAY, buckets

D = dt.date
AS_OF = dt.datetime(2026, 11, 24, 17, 30)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("this_week", D(2026, 11, 23), D(2026, 11, 29)),
        ("last_week", D(2026, 11, 16), D(2026, 11, 22)),
        ("this_month", D(2026, 11, 1), D(2026, 11, 30)),
        ("last_month", D(2026, 10, 1), D(2026, 10, 31)),
        ("this_quarter", D(2026, 10, 1), D(2026, 12, 31)),
        ("this_year", D(2026, 1, 1), D(2026, 12, 31)),
    ],
)
def test_named_periods(name: str, start: dt.date, end: dt.date) -> None:
    assert period(name, AS_OF) == (start, end)


def test_midnight_belongs_to_the_day_that_ends() -> None:
    assert period("this_month", dt.datetime(2026, 12, 1)) == (D(2026, 11, 1), D(2026, 11, 30))


@pytest.mark.parametrize(
    ("start", "end", "kind", "before"),
    [
        (D(2026, 11, 23), D(2026, 11, 29), "previous", (D(2026, 11, 16), D(2026, 11, 17))),  # two days old
        (D(2026, 11, 16), D(2026, 11, 22), "previous", (D(2026, 11, 9), D(2026, 11, 15))),
        (D(2026, 11, 1), D(2026, 11, 30), "previous", (D(2026, 10, 1), D(2026, 10, 24))),
        (D(2026, 10, 1), D(2026, 10, 31), "previous", (D(2026, 9, 1), D(2026, 9, 30))),
        (D(2026, 7, 1), D(2026, 9, 30), "previous", (D(2026, 4, 1), D(2026, 6, 30))),
        (D(2026, 3, 10), D(2026, 3, 14), "previous", (D(2026, 3, 5), D(2026, 3, 9))),
        (D(2026, 2, 1), D(2026, 2, 28), "year", (D(2025, 2, 1), D(2025, 2, 28))),
        (D(2026, 11, 1), D(2026, 11, 30), "year", (D(2025, 11, 1), D(2025, 11, 24))),
        (D(2026, 11, 16), D(2026, 11, 22), "year", (D(2025, 11, 17), D(2025, 11, 23))),  # a week stays a week
    ],
)
def test_comparisons_have_equal_length_and_age(start: dt.date, end: dt.date, kind: str, before: tuple) -> None:
    compared = Slice(start, end).compared(kind, AS_OF)
    assert (compared.start, compared.end) == before
    assert compared.lag == start - before[0] or (compared.end + DAY).day == 1


def test_a_finished_month_is_compared_with_the_whole_month_before_at_its_own_end() -> None:
    """September has 30 days, August 31: none of them falls out, on the evening of September's last day or later."""
    for as_of in (dt.datetime(2026, 10, 1), dt.datetime(2026, 10, 15, 17)):
        before = Slice(D(2026, 9, 1), D(2026, 9, 30)).compared("previous", as_of)
        assert (before.start, before.end) == (D(2026, 8, 1), D(2026, 8, 31))
        assert before.instant(as_of) == dt.datetime(2026, 9, 1)
        assert as_of - before.horizon(as_of) == dt.timedelta(days=30)


def test_two_months_of_a_quarter_are_compared_with_two_months() -> None:
    before = Slice(D(2026, 10, 1), D(2026, 12, 31)).compared("previous", dt.datetime(2026, 12, 1))
    assert (before.start, before.end) == (D(2026, 7, 1), D(2026, 8, 31))


def test_no_comparison() -> None:
    assert Slice(D(2026, 1, 1), D(2026, 1, 2)).compared("none", AS_OF) is None


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        Slice(D(2026, 1, 2), D(2026, 1, 1))


def test_buckets_cover_the_period() -> None:
    assert buckets(D(2026, 11, 24), D(2026, 12, 8), "week") == [D(2026, 11, 23), D(2026, 11, 30), D(2026, 12, 7)]
    assert buckets(D(2025, 11, 24), D(2026, 2, 1), "month") == [
        D(2025, 11, 1),
        D(2025, 12, 1),
        D(2026, 1, 1),
        D(2026, 2, 1),
    ]
    assert len(buckets(D(2025, 1, 1), D(2026, 12, 31), "quarter")) == 8
