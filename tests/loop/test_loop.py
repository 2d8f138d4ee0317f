"""The closed loop on a ledger worked out by hand: seven cases, one for each way to go wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from analytics.ledger import Ledger
from analytics.loop.passing import dragging, passed_on
from analytics.loop.paths import in_words, moves, variants
from analytics.loop.rules import MAIN_LINE, RULES, SIDE_STEPS
from analytics.metrics import CATALOGUE, Slice, compute
from analytics.metrics.evidence import cases_behind
from tests.loop.cases import case
from tests.small import event, ledger_of

MARCH = Slice(dt.date(2024, 3, 1), dt.date(2024, 3, 31))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """As of its newest event, 2024-03-13 09:00 (a Wednesday); limits run out on 2024-03-11."""
    cases = [
        case("A", closed_at="2024-03-06 09:00"),  # the whole loop
        case("B", closed_at="2024-03-06 09:00"),  # closed without an answer, never followed up
        case("C", closed_at="2024-03-07 09:00"),  # 未解决, not taken up again
        case("D", closed_at="2024-03-12 09:00"),  # 未解决, done over, late, chased
        case("E"),  # passed on twice, open, overdue, never chased, no consultation
        case("F", department="丙局"),  # open and overdue, chased, consulted
        case("G"),  # nobody has taken it up
    ]
    events = [
        event("A", "processing", "2024-03-04 14:00", department="甲局"),
        event("A", "replied", "2024-03-05 09:00", department="甲局"),
        event("A", "followed_up", "2024-03-08 09:00", result="solved"),
        event("B", "processing", "2024-03-04 14:00", department="甲局"),
        event("C", "processing", "2024-03-04 14:00", department="甲局"),
        event("C", "replied", "2024-03-05 09:00", department="甲局"),
        event("C", "followed_up", "2024-03-08 09:00", result="unsolved"),
        event("D", "processing", "2024-03-04 14:00", department="甲局"),
        event("D", "replied", "2024-03-05 09:00", department="甲局"),
        event("D", "closed", "2024-03-06 09:00", department="甲局"),
        event("D", "reopened", "2024-03-08 09:00"),
        event("D", "supervised", "2024-03-11 09:00"),
        event("D", "closed", "2024-03-12 09:00", department="甲局"),
        event("D", "followed_up", "2024-03-13 09:00", result="unsolved"),
        event("E", "transferred", "2024-03-05 09:00", to_department="乙局"),
        event("E", "returned", "2024-03-06 09:00", department="乙局"),
        event("E", "transferred", "2024-03-07 09:00", to_department="丁局"),
        event("E", "received", "2024-03-07 15:00", department="丁局"),
        event("F", "processing", "2024-03-05 09:00", department="丙局"),
        event("F", "consulted", "2024-03-12 09:00"),
        event("F", "supervised", "2024-03-13 09:00"),
    ]
    return ledger_of(tmp_path, cases, events)


@pytest.mark.parametrize(
    ("metric", "kept", "broken"),
    [
        ("responded_rate", "ABCDEF", "G"),
        ("replied_rate", "ACD", "BEFG"),
        ("revisited_rate", "ACD", "BEFG"),
        ("replied_first_rate", "ACD", "B"),
        ("follow_up_rate", "ACD", "B"),
        ("loop_rate", "AD", "BC"),
        ("unsolved_redone_rate", "D", "C"),
        ("late_supervised_rate", "DF", "EG"),
        ("hard_consulted_rate", "", "DE"),
    ],
)
def test_each_rule_counts_and_lists_its_cases(ledger: Ledger, metric: str, kept: str, broken: str) -> None:
    row = compute(metric, ledger, MARCH).iloc[0]
    assert (row["numerator"], row["denominator"]) == (len(kept), len(kept) + len(broken))
    for part, expected in (("numerator", kept), ("rest", broken)):
        assert set(ledger.run(cases_behind(metric, ledger, MARCH, part))["case_no"]) == set(expected)


def test_every_rule_and_step_is_a_metric_of_the_catalogue() -> None:
    assert {r.metric for r in RULES} | {m for m, _ in (*MAIN_LINE, *SIDE_STEPS)} <= set(CATALOGUE)
    assert all(CATALOGUE[r.metric].is_rate for r in RULES)


def test_paths_are_the_stages_in_order(ledger: Ledger) -> None:
    found = variants(ledger, MARCH).set_index("path")
    assert found["closures"].to_dict() == {
        "accepted>processing>replied>closed>followed_up": 2,
        "accepted>processing>replied>closed>reopened>supervised>closed>followed_up": 2,  # closed twice
        "accepted>processing>closed": 1,
    }
    assert found["share"].sum() == pytest.approx(1)
    assert in_words("accepted>processing>closed") == "受理 → 办理 → 办结"
    assert compute("demand", ledger, MARCH, by=("path",))["value"].sum() == 7


def test_moves_count_every_step_once(ledger: Ledger) -> None:
    found = moves(ledger, MARCH).set_index(["stage", "next_stage"])["value"]
    assert found[("accepted", "processing")] == 5
    assert found[("processing", "replied")] == 3
    assert found[("closed", "reopened")] == 1
    assert found[("transferred", "returned")] == 1
    assert found.sum() == compute("moves", ledger, MARCH)["value"].iloc[0]


def test_passed_on_twice_shows_the_way(ledger: Ledger) -> None:
    found = passed_on(ledger, MARCH)
    assert found["case_no"].tolist() == ["E"]
    assert found[["transfers", "returns"]].iloc[0].tolist() == [2, 1]
    assert found["route"].iloc[0] == "甲局 → 乙局 → 丁局"
    assert pd.isna(found["closed_at"].iloc[0])


def test_what_drags_on_has_a_next_step_and_somebody_to_take_it(ledger: Ledger) -> None:
    found = dragging(ledger, MARCH).set_index("case_no")
    # Due at the end of 2024-03-11; the second working day after that has begun.
    assert found["overdue_days"].to_dict() == {"E": 2, "F": 2, "G": 2}
    assert found["open_days"].unique().tolist() == [9]
    assert found[["step", "whose"]].apply(tuple, axis=1).to_dict() == {
        "E": ("召集联席会商，定出解决方案", "甲局分管领导"),
        "F": ("限时办结并向企业反馈", "丙局"),
        "G": ("督办，责任到人", "区行政审批局"),
    }


def test_demo_moves_and_paths_agree_with_a_plain_recount(demo_ledger: Ledger) -> None:
    year = Slice(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    stages = demo_ledger.reader.frame("SELECT * FROM stages ORDER BY case_no, happened_at")
    inside = stages[(stages["happened_at"] >= "2026-01-01") & stages["next_stage"].notna()]
    plain = inside.groupby(["stage", "next_stage"]).size()
    found = moves(demo_ledger, year).set_index(["stage", "next_stage"])["value"]
    assert found.astype(int).to_dict() == plain.to_dict()
    assert variants(demo_ledger, year)["closures"].sum() == compute("closures", demo_ledger, year)["value"].iloc[0]
