"""When jobs are due: times, intervals, working days, what was missed, what failed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from analytics.jobs.declared import DISCOVER, Job
from analytics.jobs.history import DONE, FAILED, KILLED, RUNNING, Run
from analytics.jobs.runner import BACK_OFF, attempt_after, next_run, retry_at
from analytics.jobs.schedule import DAILY, FIRST_WORKDAY, WEEK, WORKDAYS, Schedule, read_schedule
from analytics.sources import SourceError
from analytics.workdays import is_workday


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def schedule(**raw: object) -> Schedule:
    return read_schedule(raw, "[[jobs]]")


def job(**raw: object) -> Job:
    return Job("归类", DISCOVER, schedule(**raw))


def run(started: str, result: str = DONE, attempt: int = 1, minutes: int = 2) -> Run:
    begun = at(started)
    ended = None if result == RUNNING else begun + dt.timedelta(minutes=minutes)
    return Run(1, "归类", begun, ended, result, attempt, "")


@pytest.mark.parametrize(
    ("raw", "after", "due"),
    [
        ({"at": "06:30"}, "2026-11-25 06:29", "2026-11-25 06:30"),
        ({"at": "06:30"}, "2026-11-25 06:30", "2026-11-26 06:30"),
        ({"at": ["18:00", "6:30"]}, "2026-11-25 07:00", "2026-11-25 18:00"),
        ({"at": "06:30", "days": "workdays"}, "2026-11-27 07:00", "2026-11-30 06:30"),
        # National Day 2026: off from 1 to 7 October; Saturday 10 October is worked instead.
        ({"at": "06:30", "days": "workdays"}, "2026-09-30 07:00", "2026-10-08 06:30"),
        ({"at": "06:30", "days": "workdays"}, "2026-10-09 07:00", "2026-10-10 06:30"),
        ({"at": "08:00", "days": "first_workday"}, "2026-09-30 09:00", "2026-10-08 08:00"),
        ({"at": "08:00", "days": ["mon", "thu"]}, "2026-11-26 09:00", "2026-11-30 08:00"),
        ({"every": "15m"}, "2026-11-25 06:29", "2026-11-25 06:44"),
        ({"every": "2h", "days": "workdays"}, "2026-11-27 23:00", "2026-11-30 01:00"),
        ({"every": "1d"}, "2026-11-25 06:29", "2026-11-26 06:29"),
    ],
)
def test_the_next_time_after_a_moment(raw: dict[str, object], after: str, due: str) -> None:
    assert schedule(**raw).next_after(at(after)) == at(due)


DAYS = some.sampled_from([DAILY, WORKDAYS, FIRST_WORKDAY, *WEEK])
MOMENTS = some.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2026, 12, 1))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # another worker may keep the cores busy
@given(DAYS, some.times(), MOMENTS)
def test_the_next_time_is_later_and_on_a_day_that_the_schedule_names(
    days: str, time: dt.time, moment: dt.datetime
) -> None:
    time = time.replace(second=0, microsecond=0)
    due = Schedule(at=(time,), days=(days,)).next_after(moment)
    assert due > moment
    assert due.time() == time
    if days == WORKDAYS:
        assert is_workday(due.date())
        between = (due.date() - moment.date()).days
        skipped = [moment.date() + dt.timedelta(days=d) for d in range(1, between)]
        assert not any(map(is_workday, skipped))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "没有写什么时候做"),
        ({"at": "25:00"}, "要写 .06:30"),
        ({"at": "06:30", "every": "1h"}, "只能写一个"),
        ({"every": "0m"}, "要写 .15m"),
        ({"every": "15"}, "要写 .15m"),
        ({"at": "06:30", "days": "weekends"}, "days = 'weekends' 要写"),
        ({"at": "06:30", "days": []}, "days = .. 要写"),
        ({"every": "1h", "days": "first_workday"}, "要和 at 一起用"),
    ],
)
def test_what_is_no_schedule_is_said(raw: dict[str, object], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        schedule(**raw)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"at": "06:30", "days": "workdays"}, "工作日 06:30"),
        ({"every": "90m"}, "每 90 分钟"),
        ({"every": "120m", "days": "workdays"}, "工作日，每 2 小时"),
        ({"at": ["06:30", "12:00"], "days": ["mon", "sun"]}, "周一、周日 06:30、12:00"),
    ],
)
def test_a_schedule_is_said_in_chinese(raw: dict[str, object], said: str) -> None:
    assert schedule(**raw).described == said


LONG_AGO = at("2026-11-01 00:00")


def test_what_was_missed_is_made_up_once_and_at_once() -> None:
    daily = job(at="06:30")
    now = at("2026-11-25 09:00")
    assert next_run(daily, run("2026-11-20 06:30"), LONG_AGO, now) == now
    assert next_run(daily, run("2026-11-25 09:00"), LONG_AGO, at("2026-11-25 09:03")) == at("2026-11-26 06:30")


def test_nothing_is_made_up_of_what_lies_before_a_job_was_declared() -> None:
    assert next_run(job(at="06:30"), None, at("2026-11-25 09:00"), at("2026-11-25 09:00")) == at("2026-11-26 06:30")
    assert next_run(job(at="06:30"), None, at("2026-11-25 06:00"), at("2026-11-25 09:00")) == at("2026-11-25 09:00")


def test_an_interval_that_never_ran_begins_at_once_unless_nothing_is_done_today() -> None:
    assert next_run(job(every="1h"), None, LONG_AGO, at("2026-11-25 09:00")) == at("2026-11-25 09:00")
    sunday = at("2026-11-29 09:00")
    assert next_run(job(every="1h", days="workdays"), None, LONG_AGO, sunday).date() == dt.date(2026, 11, 30)


@pytest.mark.parametrize("bad", [FAILED, KILLED])
def test_what_failed_is_tried_again_each_time_later_then_when_it_is_due(bad: str) -> None:
    daily, now = job(at="06:30"), at("2026-11-25 06:32")
    for attempt, wait in enumerate(BACK_OFF, start=1):
        last = run("2026-11-25 06:30", bad, attempt)
        assert next_run(daily, last, LONG_AGO, now) == at("2026-11-25 06:32") + wait
        assert attempt_after(last) == attempt + 1
    last = run("2026-11-25 06:30", bad, len(BACK_OFF) + 1)
    assert retry_at(last) is None
    assert next_run(daily, last, LONG_AGO, now) == at("2026-11-26 06:30")
    assert attempt_after(last) == 1
    assert attempt_after(run("2026-11-25 06:30")) == attempt_after(None) == 1


def test_a_retry_does_not_put_off_what_is_due_sooner() -> None:
    assert next_run(job(every="5m"), run("2026-11-25 06:30", FAILED, 3), LONG_AGO, at("2026-11-25 06:33")) == at(
        "2026-11-25 06:35"
    )
