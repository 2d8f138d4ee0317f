"""What pages ask of the loop, the teams, the service list and the plan; cached as everything asked is."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from analytics.items import usage, versions
from analytics.ledger import Ledger
from analytics.loop import consulting, passing, paths
from analytics.metrics import Slice
from analytics.reform import activities, milestones
from analytics.teams import queueing, roster, rota
from pages.common.asking import cached, counted, findings


@counted
def ask_variants(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return paths.variants(ledger, slice)


@counted
def ask_moves(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return paths.moves(ledger, slice)


@cached
def ask_passed_on(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return passing.passed_on(ledger, slice)


@cached
def ask_dragging(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return passing.dragging(ledger, slice)


@counted
def ask_brought(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return consulting.brought(ledger, slice)


@counted
def ask_consult_effect(ledger: Ledger, slice: Slice) -> consulting.Comparison:
    return consulting.compare(ledger, slice)


@counted
def ask_activities(ledger: Ledger, start: dt.date, end: dt.date) -> pd.DataFrame:
    return activities.held(ledger, start, end)


@counted
def ask_before_and_after(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return activities.before_and_after(ledger, slice)


@counted
def ask_teams(ledger: Ledger) -> list[roster.Team]:
    return roster.teams(ledger)


@counted
def ask_duty(ledger: Ledger, start: dt.date, end: dt.date) -> pd.DataFrame:
    return rota.on_duty(ledger, start, end)


@counted
def ask_doubles(ledger: Ledger, start: dt.date, end: dt.date) -> pd.DataFrame:
    return rota.double_bookings(ledger, start, end)


@counted
def ask_waits(ledger: Ledger, slice: Slice) -> list[queueing.Wait]:
    return queueing.waits(ledger, slice)


@counted
def ask_milestones(ledger: Ledger) -> list[milestones.Milestone]:
    return milestones.milestones(ledger)


@counted
def ask_items(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    return usage.used(ledger, slice)


@counted
def ask_versions(ledger: Ledger) -> list[str]:
    return versions.versions(ledger)


@counted
def ask_changes(ledger: Ledger, old: str, new: str) -> pd.DataFrame:
    return versions.changes(ledger, old, new)


@counted
def ask_uncovered(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    found = findings(ledger)
    return usage.uncovered(ledger, slice, found.types["name"].to_dict() if found else {})
