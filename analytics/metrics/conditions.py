"""Predicates and durations over the derived tables, as Ibis expressions, of which metrics are composed."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from analytics.metrics.measures import Condition
from analytics.metrics.moment import Moment


def closed(t: ir.Table, m: Moment) -> ir.BooleanValue:
    """Closed by the horizon."""
    return t.closed_at.notnull() & (t.closed_at < m.horizon)


def came_due(t: ir.Table, m: Moment) -> ir.BooleanValue:
    """Due, and the limit ran out before the horizon."""
    return t.due_at.notnull() & (t.due_at < m.horizon)


def closed_in_time(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return closed(t, m) & (t.closed_at <= t.due_at)


def _minutes(t: ir.NumericValue) -> ir.NumericValue:
    """Round working days to whole minutes, so that floating-point error never orders two cases."""
    return (t * 1440).round() / 1440


def handling(t: ir.Table, m: Moment) -> ir.NumericValue:
    """Working days from acceptance to closing (or so far), stopped clock left out."""
    end = closed(t, m).ifelse(t.closed_time, m.time)
    return _minutes(end - t.accepted_time - t.paused_days)


def handling_natural(t: ir.Table, m: Moment) -> ir.NumericValue:
    """Natural days from acceptance to closing (or so far)."""
    end = closed(t, m).ifelse(t.closed_at, ibis.timestamp(m.horizon))
    return (end.epoch_seconds() - t.accepted_at.epoch_seconds()) / 86400


def responding(t: ir.Table, m: Moment) -> ir.NumericValue:
    """Working days from acceptance to the first act of a department (or so far)."""
    end = responded(t, m).ifelse(t.response_time, m.time)
    return _minutes(end - t.accepted_time)


def responded(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return t.first_response_at.notnull() & (t.first_response_at < m.horizon)


def consulted(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return t.first_consulted_at.notnull() & (t.first_consulted_at < m.horizon)


def until_consulted(t: ir.Table, m: Moment) -> ir.NumericValue:
    """Working days from acceptance to the first consultation."""
    return _minutes(t.consulted_time - t.accepted_time)


def staying(t: ir.Table, m: Moment) -> ir.NumericValue:
    """Working days a case stayed in a stage (or so far)."""
    end = moved_on(t, m).ifelse(t.until_time, m.time)
    return _minutes(end - t.happened_time)


def moved_on(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return t.until.notnull() & (t.until < m.horizon)


def is_waiting_stage(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return t.stage.isin(["accepted", "transferred", "received", "processing", "consulted", "supervised", "replied"])


def ran_out(t: ir.Table, m: Moment) -> ir.BooleanValue:
    """The limit's last day was over by the horizon."""
    return t.due_day < ibis.date(m.horizon_day)


def bad(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return t.grade <= 2


def bad_ran_out(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return bad(t, m) & ran_out(t, m)


def has_event(column: str, at_least: int = 1) -> Condition:
    """Cases in which something happened at least so often."""
    return lambda t, m: t[column] >= at_least


def replied(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return t.replied_at.notnull() & (t.replied_at < m.horizon)


def followed_up(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return t.followed_up_at.notnull() & (t.followed_up_at < m.horizon)


def replied_first(t: ir.Table, m: Moment) -> ir.BooleanValue:
    """Answered not later than closed."""
    return replied(t, m) & (t.replied_at <= t.closed_at)


def loop_closed(t: ir.Table, m: Moment) -> ir.BooleanValue:
    """Answered, followed up, and not left with an 未解决 that nobody took up again."""
    left = (t.follow_result == "unsolved").fill_null(False) & (t.reopenings == 0)
    return replied_first(t, m) & followed_up(t, m) & ~left


def unsolved(t: ir.Table, m: Moment) -> ir.BooleanValue:
    return followed_up(t, m) & (t.follow_result == "unsolved")


def came_due_late(t: ir.Table, m: Moment) -> ir.BooleanValue:
    """Due, and not closed in time."""
    return came_due(t, m) & ~closed_in_time(t, m).fill_null(False)


def calls_for_consultation(t: ir.Table, m: Moment) -> ir.BooleanValue:
    """Cross-department or hard: so many departments, passed on twice, or done over (疑难、跨部门)."""
    return (t.departments_involved >= m.settings.consult_departments) | (t.transfers >= 2) | (t.reopenings >= 1)


def days_late(t: ir.Table, m: Moment) -> ir.NumericValue:
    """Working days from the limit to closing (or so far) of a case that is late."""
    end = closed(t, m).ifelse(t.closed_time, m.time)
    return _minutes(end - t.due_time)
