"""Working days against a count day by day."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import workdays
from analytics.settings import SettingsError

DAYS = st.dates(dt.date(2010, 1, 1), dt.date(2026, 12, 31))
TIMES = st.datetimes(dt.datetime(2010, 1, 1), dt.datetime(2026, 12, 31))


def test_the_table_is_every_day_asked_alone() -> None:
    table = workdays.calendar()
    assert table["is_workday"].tolist() == [workdays.is_workday(d.date()) for d in table["day"]]


def count_by_hand(start: dt.date, end: dt.date) -> int:
    """Count the working days after start up to and with end, one day at a time."""
    if end < start:
        return -count_by_hand(end, start)
    return sum(workdays.is_workday(start + dt.timedelta(days=i)) for i in range(1, (end - start).days + 1))


@given(DAYS, st.integers(-400, 400))
def test_whole_working_days_match_a_count_day_by_day(start: dt.date, offset: int) -> None:
    end = min(max(start + dt.timedelta(days=offset), dt.date(2005, 1, 1)), dt.date(2030, 1, 1))
    assert workdays.whole_working_days_between([pd.Timestamp(start)], [pd.Timestamp(end)])[0] == count_by_hand(
        start, end
    )


@given(TIMES, st.integers(1, 60))
def test_due_is_the_end_of_the_nth_working_day_after(accepted: dt.datetime, limit: int) -> None:
    due = pd.Timestamp(workdays.due_at([accepted], limit)[0])
    last = (due - pd.Timedelta(days=1)).date()
    assert due == due.normalize()
    assert workdays.is_workday(last)
    assert count_by_hand(accepted.date(), last) == limit


@given(TIMES, TIMES, TIMES)
def test_spans_add_up(a: dt.datetime, b: dt.datetime, c: dt.datetime) -> None:
    ab, bc, ac = (workdays.working_days_between([x], [y])[0] for x, y in ((a, b), (b, c), (a, c)))
    assert ab + bc == pytest.approx(ac, abs=1e-6)


@given(TIMES)
def test_working_time_is_inverted_on_working_days(at: dt.datetime) -> None:
    back = pd.Timestamp(workdays.at_working_time(workdays.working_time([at]))[0])
    if workdays.is_workday(at.date()):
        assert abs((back - pd.Timestamp(at)).total_seconds()) <= 1
    else:
        assert workdays.working_time([back])[0] == pytest.approx(workdays.working_time([at])[0], abs=1e-6)


@pytest.mark.parametrize(
    ("accepted", "days", "due"),
    [
        ("2024-09-30 09:00", 1, "2024-10-09"),  # the National Day week lies between
        ("2024-09-13 16:00", 2, "2024-09-19"),  # Saturday the 14th works (调休), the 15th to 17th do not
        ("2024-07-05 09:32", 5, "2024-07-13"),
        ("2024-07-06 10:00", 1, "2024-07-09"),  # accepted on a Saturday
        ("2025-01-27 10:00", 1, "2025-02-06"),  # Spring Festival
    ],
)
def test_due_dates_straddle_holidays(accepted: str, days: int, due: str) -> None:
    assert pd.Timestamp(workdays.due_at([pd.Timestamp(accepted)], days)[0]) == pd.Timestamp(due)


def test_paused_days_push_the_due_date() -> None:
    assert pd.Timestamp(workdays.due_at([pd.Timestamp("2024-07-05")], 5, 2)[0]) == pd.Timestamp("2024-07-17")


@pytest.mark.parametrize(
    ("accepted", "days", "paused_hours", "due"),
    [
        ("2024-07-05 09:32", 5, 7 + 9, "2024-07-15 16:00"),  # Friday 17:00 to Monday 09:00; the limit ended on Friday
        ("2024-07-03 09:32", 5, 7 + 9, "2024-07-11 16:00"),
        ("2024-07-03 09:32", 5, 2.5, "2024-07-11 02:30"),  # within one day
        ("2024-07-03 09:32", 5, 24, "2024-07-12"),
        ("2024-07-03 09:32", 5, 49, "2024-07-15 01:00"),
        ("2024-07-05 09:32", 0, 0, "2024-07-06"),  # 即办: the same working day
        ("2024-07-06 09:32", 0, 0, "2024-07-09"),  # accepted on a Saturday: the first working day after
        ("2024-07-05 09:32", 0, 3, "2024-07-08 03:00"),
    ],
)
def test_a_pause_moves_the_end_by_the_working_time_it_stopped(
    accepted: str, days: int, paused_hours: float, due: str
) -> None:
    assert pd.Timestamp(workdays.due_at([accepted], days, paused_hours / 24)[0]) == pd.Timestamp(due)


def test_missing_times_and_limits_stay_missing() -> None:
    assert np.isnat(workdays.due_at([pd.NaT, pd.Timestamp("2024-07-05")], [5, np.nan])).all()
    assert np.isnan(workdays.working_days_between([pd.NaT], [pd.Timestamp("2024-07-05")])).all()


def test_years_not_yet_published_are_named() -> None:
    last = workdays.KNOWN_YEARS[1]
    assert workdays.estimated_years(dt.date(last, 1, 1), dt.date(last, 12, 31)) == []
    assert workdays.estimated_years(dt.date(last, 12, 1), dt.date(last + 1, 1, 31)) == [last + 1]


def test_an_overrides_table_wins(tmp_path) -> None:
    table = tmp_path / "overrides.csv"
    table.write_text("day,kind,note\n2027-02-08,holiday,春节\n", "utf-8")
    assert workdays.read_overrides(table) == {dt.date(2027, 2, 8): False}
    table.write_text("day,kind,note\n2027-02-08,放假,春节\n", "utf-8")
    with pytest.raises(SettingsError, match=r"第 2 行「kind」是“放假”，只能填 workday"):
        workdays.read_overrides(table)


def test_times_outside_the_calendar_are_refused() -> None:
    with pytest.raises(ValueError, match="outside the calendar"):
        workdays.working_time([pd.Timestamp("1999-01-01")])
