"""Consultations on a ledger worked out by hand: reasons, waits, and which case is alike."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from analytics.ledger import Ledger
from analytics.loop.consulting import brought, compare
from analytics.metrics import Slice, compute
from analytics.metrics.evidence import cases_behind
from tests.loop.cases import case
from tests.small import event, ledger_of

MARCH = Slice(dt.date(2024, 3, 1), dt.date(2024, 3, 31))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Brought: A after two working days with nothing special, B after six (its limit is five), C passed on twice."""
    cases = [
        case("A", closed_at="2024-03-07 09:00"),
        case("B", "2024-03-05 09:00", closed_at="2024-03-20 09:00"),
        case("C"),
        case("LIKE-A", "2024-03-04 10:00", closed_at="2024-03-11 10:00"),  # open at two days, not passed on
        case("SHORT", "2024-03-04 09:30", closed_at="2024-03-05 09:00"),  # closed by the age of A's consultation
        case("OTHER", "2024-03-04 09:05", module="talent", closed_at="2024-03-29 09:00"),  # another module
        case("LIKE-B", "2024-03-06 09:00", closed_at="2024-03-25 09:00"),  # late by then, too
        case("LIKE-C", "2024-03-04 12:00"),
    ]
    events = [
        event("A", "consulted", "2024-03-06 09:00"),
        event("B", "consulted", "2024-03-13 09:00"),
        *(event(n, "transferred", "2024-03-04 14:00", to_department="乙局") for n in ("C", "LIKE-C")),
        *(event(n, "transferred", "2024-03-05 09:00", to_department="丙局") for n in ("C", "LIKE-C")),
        event("C", "consulted", "2024-03-07 09:00"),
        event("LIKE-C", "consulted", "2024-03-29 09:00"),
    ]
    ratings = [
        {"case_no": "A", "grade": 5, "rated_at": "2024-03-08 09:00"},
        {"case_no": "LIKE-A", "grade": 2, "rated_at": "2024-03-12 09:00"},
    ]
    return ledger_of(tmp_path, cases, events, ratings)


def test_why_cases_were_brought_and_how_long_they_had_waited(ledger: Ledger) -> None:
    found = brought(ledger, MARCH).set_index("reason")
    # LIKE-C, brought on the 29th after 19 working days, is passed on and late.
    assert found["cases"].to_dict() == {"cross": 2, "passed": 2, "stale": 2, "none": 1}
    assert found.loc["none", "wait"] == pytest.approx(2)
    assert found.loc["stale", "wait"] == pytest.approx((6 + 18 + 21 / 24) / 2)
    row = compute("consult_wait", ledger, MARCH).iloc[0]
    assert (row["n"], row["value"]) == (4, pytest.approx(3))
    assert set(ledger.run(cases_behind("consult_wait", ledger, MARCH))["case_no"]) == {"A", "B", "C", "LIKE-C"}


def test_what_came_after_is_compared_with_the_nearest_like_case(ledger: Ledger) -> None:
    few_days = Slice(dt.date(2024, 3, 1), dt.date(2024, 3, 28))
    found = compare(ledger, few_days)
    assert (found.brought.cases, found.like.cases, found.unmatched) == (3, 3, 0)
    # A needed one more day, B five, C is open; LIKE-A three, LIKE-B seven, LIKE-C none yet.
    assert found.brought.days == pytest.approx(5)
    assert found.like.days == pytest.approx(7)
    assert (found.brought.rated, found.brought.satisfied) == (1, 1.0)
    assert (found.like.rated, found.like.satisfied) == (1, 0.0)


def test_a_case_without_its_like_is_counted_not_hidden(tmp_path: Path) -> None:
    ledger = ledger_of(
        tmp_path, [case("A"), case("B", "2023-12-01 09:00")], [event("A", "consulted", "2024-03-06 09:00")]
    )
    found = compare(ledger, MARCH)
    assert (found.brought.cases, found.unmatched) == (0, 1)
    assert found.brought.days != found.brought.days  # nothing known is no number


def test_a_period_without_consultations_is_empty(ledger: Ledger) -> None:
    april = Slice(dt.date(2024, 4, 1), dt.date(2024, 4, 30))
    assert brought(ledger, april).empty
    assert compare(ledger, april).brought.cases == 0
