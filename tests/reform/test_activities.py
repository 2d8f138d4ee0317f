"""Demand before and after meetings and releases: the days, the module, the interval."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from scipy.stats import beta

from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.reform.activities import EARLY, FEW, FEWER, MORE, SAME, before_and_after, held
from tests.small import ledger_of

MARCH = Slice(dt.date(2024, 3, 1), dt.date(2024, 3, 31))


def activity(day: str, topic: str, module: str | None = "legal") -> dict:
    return {"held_on": day, "activity_kind": "企业座谈会", "topic": topic, "module": module, "reached": 20}


def cases(day: str, count: int, module: str = "legal", channel: str = "12345热线") -> list[dict]:
    return [
        {"case_no": f"{day}{module}{channel}{i}", "accepted_at": f"{day} 09:00", "module": module, "channel": channel}
        for i in range(count)
    ]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    rows = cases("2024-02-27", 10) + cases("2024-03-12", 30) + cases("2024-03-12", 5, channel="走访/座谈会")
    rows += cases("2024-03-12", 40, module="talent") + cases("2024-02-27", 40, module="talent")
    rows += cases("2024-06-03", 1)
    events = [activity("2024-03-12", "甲"), activity("2024-03-12", "乙", "talent"), activity("2024-03-12", "丙", "ip")]
    return ledger_of(tmp_path, rows, activities=events)


def test_the_days_before_and_after_are_counted_in_the_activitys_module(ledger: Ledger) -> None:
    found = before_and_after(ledger, MARCH).set_index("topic")
    assert found.loc["甲", ["before", "after", "visits"]].tolist() == [10, 35, 5]
    assert found.loc["乙", ["before", "after", "visits"]].tolist() == [40, 40, 0]
    assert found["verdict"].to_dict() == {"甲": MORE, "乙": SAME, "丙": FEW}


def test_the_interval_is_the_exact_conditional_one(ledger: Ledger) -> None:
    row = before_and_after(ledger, MARCH).set_index("topic").loc["甲"]
    low, high = beta.ppf(0.025, 35, 11), beta.ppf(0.975, 36, 10)  # Clopper–Pearson of 35 in 45
    assert row["ratio"] == 3.5
    assert (row["low"], row["high"]) == (pytest.approx(low / (1 - low)), pytest.approx(high / (1 - high)))


def test_a_filter_by_module_keeps_its_activities(ledger: Ledger) -> None:
    assert before_and_after(ledger, MARCH.narrowed(module="talent"))["topic"].tolist() == ["乙"]


def test_an_activity_whose_days_are_not_over_has_no_verdict(tmp_path: Path) -> None:
    rows = cases("2024-02-27", 40) + cases("2024-03-14", 2)
    ledger = ledger_of(tmp_path, rows, activities=[activity("2024-03-12", "甲")])
    assert before_and_after(ledger, MARCH)["verdict"].tolist() == [EARLY]


def test_fewer_cases_after_a_release(tmp_path: Path) -> None:
    rows = cases("2024-02-27", 60) + cases("2024-03-14", 10) + cases("2024-06-03", 1)
    ledger = ledger_of(tmp_path, rows, activities=[activity("2024-03-12", "甲", None)])
    assert before_and_after(ledger, MARCH)["verdict"].tolist() == [FEWER]


def test_no_activities_are_an_empty_frame(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, cases("2024-02-27", 1))
    assert before_and_after(ledger, MARCH).empty
    assert held(ledger, MARCH.start, MARCH.end).empty
