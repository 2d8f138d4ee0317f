"""The conditions metrics are made of: when a case is closed, came due, was answered …"""

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
    """Round working days to whole minutes, so that float dust never orders two cases."""
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
