"""Teams, rota and queue on a ledger worked out by hand over a week with a holiday."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pandas as pd
import pytest

from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from analytics.metrics.evidence import cases_behind
from analytics.teams.queueing import mean_wait, waits
from analytics.teams.roster import teams
from analytics.teams.rota import double_bookings, gaps, on_duty
from tests.small import ledger_of

#: Monday to Sunday; Thursday 4 and Friday 5 April 2024 are 清明, Sunday 7 is a make-up day.
WEEK = (dt.date(2024, 4, 1), dt.date(2024, 4, 7))


def person(number: str, module: str, role: str) -> dict:
    return {"officer_no": number, "officer_name": f"王{number}", "module": module, "role": role, "department": "甲局"}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    officers = [
        person("01", "legal", "leader"),
        person("02", "legal", "chief"),
        person("03", "legal", "officer"),
        person("04", "legal", "officer"),
        person("11", "finance", "leader"),
        person("12", "finance", "leader"),
    ]
    rota = [
        {"day": "2024-04-01", "module": "legal", "officer_no": "03"},
        {"day": "2024-04-01", "module": "legal", "officer_no": "04"},
        {"day": "2024-04-01", "module": "finance", "officer_no": "04"},
        {"day": "2024-04-03", "module": "legal", "officer_no": "03"},
        {"day": "2024-04-07", "module": "legal", "officer_no": "03"},
    ]
    cases = [
        {"case_no": "A", "accepted_at": "2024-04-01 10:00", "officer_no": "03"},  # on duty
        {"case_no": "B", "accepted_at": "2024-04-03 10:00", "officer_no": "04"},  # another was on duty
        {"case_no": "C", "accepted_at": "2024-04-02 10:00", "officer_no": "03"},  # nobody was: no rota that day
        {"case_no": "D", "accepted_at": "2024-04-07 10:00", "officer_no": None},  # nobody named
    ]
    cases = [c | {"module": "legal"} for c in cases]
    return ledger_of(tmp_path, cases, officers=officers, rota=rota)


def test_a_team_says_what_it_lacks_and_hides_names(ledger: Ledger) -> None:
    found = {t.module: t for t in teams(ledger)}
    assert len(found) == 9
    assert found["legal"].leaders == ("王****",)
    assert len(found["legal"].officers) == 2
    assert found["legal"].faults == ()
    assert found["finance"].faults == ("分管领导有 2 名，应为 1 名", "没有首席服务专员", "没有服务专员")
    assert found["talent"].faults[0] == "没有分管领导"


def test_working_days_without_anybody_are_gaps(ledger: Ledger) -> None:
    duty = on_duty(ledger, *WEEK)
    days = sorted(duty["day"].dt.strftime("%m-%d").unique())
    assert days == ["04-01", "04-02", "04-03", "04-07"]  # holidays and the free Saturday are none
    legal = duty[duty["module"] == "legal"].set_index(duty.loc[duty["module"] == "legal", "day"].dt.day)["officers"]
    assert legal.to_dict() == {1: 2, 2: 0, 3: 1, 7: 1}
    missing = gaps(duty)
    assert missing[missing["module"] == "legal"]["day"].tolist() == [pd.Timestamp(2024, 4, 2)]
    assert len(missing) == 9 * 4 - 4


def test_one_person_in_two_teams_is_found(ledger: Ledger) -> None:
    found = double_bookings(ledger, *WEEK)
    assert found["officer_no"].tolist() == ["04"]
    assert found["modules"].tolist() == [["finance", "legal"]]


def test_received_on_duty_counts_only_days_with_a_rota(ledger: Ledger) -> None:
    week = Slice(*WEEK)
    row = compute("on_duty_rate", ledger, week).iloc[0]
    assert (row["numerator"], row["denominator"]) == (1, 2)
    assert ledger.run(cases_behind("on_duty_rate", ledger, week, "rest"))["case_no"].tolist() == ["B"]


def test_waits_are_those_of_the_textbook() -> None:
    assert mean_wait(0.5, 1.0, 1) == pytest.approx(1.0)  # M/M/1: ρ ÷ (μ − λ)
    assert mean_wait(1.0, 1.0, 2) == pytest.approx(1 / 3)  # M/M/2
    assert mean_wait(2.0, 1.0, 2) == math.inf
    assert mean_wait(1.0, 1.0, 0) == math.inf
    assert mean_wait(1.5, 1.0, 3) < mean_wait(1.5, 1.0, 2)


def test_the_overloaded_team_of_the_demo_comes_first(demo_ledger: Ledger) -> None:
    found = waits(demo_ledger, Slice(dt.date(2026, 5, 1), dt.date(2026, 11, 24)))
    assert len(found) == 9
    assert found[0].module == "legal"
    assert all(w.wait_with_one_more <= w.wait_now for w in found)
