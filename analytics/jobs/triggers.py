"""Schedules as triggers of APScheduler: its own for times and intervals, kept to the days that a schedule names."""

from __future__ import annotations

import datetime as dt

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from analytics.jobs.schedule import SHANGHAI, Schedule

#: So many days are looked through for one on which a job is due: no holiday is as long.
FURTHEST = 400


class OnDays(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Another trigger's times, less those on days on which the schedule names nothing."""

    def __init__(self, inner: BaseTrigger, schedule: Schedule) -> None:
        self.inner, self.schedule = inner, schedule

    def get_next_fire_time(self, previous: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
        found = self.inner.get_next_fire_time(previous, now)
        for _ in range(FURTHEST):
            if found is None or self.schedule.due_on(found.astimezone(SHANGHAI).date()):
                return found
            midnight = dt.datetime.combine(found.date() + dt.timedelta(days=1), dt.time(), SHANGHAI)
            found = self.inner.get_next_fire_time(None, midnight)
        return None


def trigger_of(schedule: Schedule, anchor: dt.datetime) -> BaseTrigger:
    """Return a schedule's trigger; an interval counts from ``anchor`` (aware)."""
    if schedule.every is not None:
        inner = IntervalTrigger(seconds=int(schedule.every.total_seconds()), start_date=anchor, timezone=SHANGHAI)
        return OnDays(inner, schedule)
    times = [CronTrigger(hour=t.hour, minute=t.minute, timezone=SHANGHAI) for t in schedule.at]
    return OnDays(times[0] if len(times) == 1 else OrTrigger(times), schedule)
