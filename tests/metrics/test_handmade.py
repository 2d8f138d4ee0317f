"""Every metric on small ledgers whose numbers were worked out by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from analytics.ledger import Ledger
from analytics.metrics import NotMeasurable, Slice, compute, unmet
from analytics.metrics.evidence import cases_behind
from tests.small import event, ledger_of

OCTOBER = Slice(dt.date(2024, 10, 1), dt.date(2024, 10, 31))
SEPTEMBER = Slice(dt.date(2024, 9, 1), dt.date(2024, 9, 30))


def row(metric: str, ledger: Ledger, slice: Slice = OCTOBER, **more) -> pd.Series:
    frame = compute(metric, ledger, slice, **more)
    assert len(frame) == 1
    return frame.iloc[0]


def behind(metric: str, ledger: Ledger, slice: Slice = OCTOBER, part: str = "denominator") -> set[str]:
    return set(ledger.run(cases_behind(metric, ledger, slice, part))["case_no"])


@pytest.fixture
def limits(tmp_path: Path) -> Ledger:
    """Six cases around the National Day week of 2024 (1–7 October off; 29 September and 12 October work).

    A: accepted 27 Sep (Fri), 3 days → 29 Sep (Sun, works), 30 Sep, 8 Oct; closed 8 Oct 18:00: in time.
    B: as A, closed 9 Oct 00:00 exactly = 24:00 of the 8th: in time.
    C: as A, closed 9 Oct 09:00: late.      D: as A, still open: late, and overdue.
    E: accepted 11 Oct (Fri), 2 days → 12 Oct (Sat, works), 14 Oct; open at the as-of of the 14th: not yet due.
    F: no limit.
    """
    accepted = "2024-09-27 10:00"
    return ledger_of(
        tmp_path,
        [
            {"case_no": "A", "accepted_at": accepted, "promised_days": 3, "closed_at": "2024-10-08 18:00"},
            {"case_no": "B", "accepted_at": accepted, "promised_days": 3, "closed_at": "2024-10-09 00:00"},
            {"case_no": "C", "accepted_at": accepted, "promised_days": 3, "closed_at": "2024-10-09 09:00"},
            {"case_no": "D", "accepted_at": accepted, "promised_days": 3, "closed_at": None},
            {"case_no": "E", "accepted_at": "2024-10-11 10:00", "promised_days": 2, "closed_at": None},
            {"case_no": "F", "accepted_at": "2024-10-14 15:00", "promised_days": None, "closed_at": "2024-10-14 16:00"},
        ],
    )


def test_days_late_are_working_days_from_the_limit(limits: Ledger) -> None:
    """C: from the end of the 8th to 09:00 on the 9th; D: from there to the as-of; A and B in time, E not yet due."""
    now = limits.as_of
    assert now.date() == dt.date(2024, 10, 14)
    so_far = (now - dt.datetime.combine(now.date(), dt.time())).total_seconds() / 86400
    assert row("days_late", limits)["value"] == pytest.approx(9 / 24 + 4 + so_far, abs=0.001)
    assert behind("days_late", limits) == {"C", "D"}
    assert row("days_late", limits, SEPTEMBER)["value"] == 0


def test_open_overdue_cases_count_against_on_time_rate(limits: Ledger) -> None:
    found = row("on_time_rate", limits)
    assert (found["numerator"], found["denominator"]) == (2, 4)
    assert behind("on_time_rate", limits, part="rest") == {"C", "D"}


def test_a_case_counts_in_the_period_it_came_due_not_in_that_of_acceptance(limits: Ledger) -> None:
    assert row("on_time_rate", limits, SEPTEMBER)["denominator"] == 0
    assert pd.isna(row("on_time_rate", limits, SEPTEMBER)["value"])
    assert row("came_due", limits)["value"] == 4


def test_a_limit_that_has_not_run_out_is_not_judged(limits: Ledger) -> None:
    assert "E" not in behind("on_time_rate", limits)
    assert behind("at_risk", limits) == {"E"}


def test_overdue_open_and_its_bands(limits: Ledger) -> None:
    assert row("overdue_open", limits)["value"] == 1
    bands = compute("overdue_open", limits, OCTOBER, by=("overdue_band",))
    assert bands[["overdue_band", "value"]].values.tolist() == [["4–10", 1.0]]  # 9, 10, 11, 12, 14 October


def test_overdue_open_at_the_end_of_an_earlier_day(limits: Ledger) -> None:
    assert row("overdue_open", limits, Slice(dt.date(2024, 10, 1), dt.date(2024, 10, 8)))["value"] == 0
    series = compute("overdue_open", limits, OCTOBER, grain="day").set_index("period")["value"]
    assert series.loc["2024-10-08":"2024-10-10"].tolist() == [0, 1, 1]  # C closes on the 9th


def test_small_samples_are_marked(limits: Ledger) -> None:
    assert row("on_time_rate", limits)["small"]
    assert not row("demand", limits)["small"]


def test_an_interval_comes_with_a_rate(limits: Ledger) -> None:
    found = row("on_time_rate", limits)
    assert found["low"] == pytest.approx(0.15004, abs=1e-4)  # Wilson for 2 of 4
    assert found["high"] == pytest.approx(0.84996, abs=1e-4)


def test_cases_without_a_limit_are_named_not_swallowed(limits: Ledger) -> None:
    found = row("no_limit_rate", limits)
    assert (found["numerator"], found["denominator"]) == (1, 2)


def test_handling_time_censors_open_cases(limits: Ledger) -> None:
    # September: A 3.33, B 3.58, C 3.96 working days; D still open: survival falls to 1/2 at the second.
    found = row("handling_median", limits, SEPTEMBER)
    assert found["value"] == pytest.approx(3 + 14 / 24, abs=1e-3)
    assert pd.isna(row("handling_p90", limits, SEPTEMBER)["value"])


def test_handling_time_in_natural_days(limits: Ledger) -> None:
    assert row("handling_natural", limits, SEPTEMBER)["value"] == pytest.approx(11 + 14 / 24)


def test_closure_rate_of_a_comparison_is_taken_at_equal_age(tmp_path: Path) -> None:
    ledger = ledger_of(
        tmp_path,
        [
            {"case_no": "old", "accepted_at": "2024-09-02 09:00", "closed_at": "2024-09-20 09:00"},
            {"case_no": "new", "accepted_at": "2024-10-01 09:00", "closed_at": "2024-10-02 09:00"},
            {"case_no": "last", "accepted_at": "2024-10-10 09:00", "closed_at": None},
        ],
        as_of="2024-10-11 00:00",
    )
    before = OCTOBER.compared("previous", ledger.as_of)
    assert (before.start, before.end) == (dt.date(2024, 9, 1), dt.date(2024, 9, 10))
    assert row("closure_rate", ledger)["numerator"] == 1
    assert row("closure_rate", ledger, before)["numerator"] == 0  # closed on the 20th, not known by the 10th


def test_backlog_balances_with_reopenings(tmp_path: Path) -> None:
    ledger = ledger_of(
        tmp_path,
        [
            {"case_no": "A", "accepted_at": "2024-10-08 09:00"},
            {"case_no": "B", "accepted_at": "2024-10-08 10:00"},
            {"case_no": "C", "accepted_at": "2024-10-09 10:00"},
        ],
        [
            event("A", "closed", "2024-10-09 09:00"),
            event("A", "reopened", "2024-10-10 09:00"),
            event("A", "closed", "2024-10-11 09:00"),
            event("B", "closed", "2024-10-10 17:00"),
        ],
    )
    days = Slice(dt.date(2024, 10, 8), dt.date(2024, 10, 11))
    assert compute("backlog", ledger, days, grain="day")["value"].tolist() == [2, 2, 2, 1]
    assert row("closures", ledger)["value"] == 3
    assert row("reopened", ledger)["value"] == 1
    found = row("reopen_rate", ledger)
    assert (found["numerator"], found["denominator"]) == (1, 2)


def test_a_reopened_case_is_late_when_its_last_closing_is(tmp_path: Path) -> None:
    ledger = ledger_of(
        tmp_path,
        [{"case_no": "A", "accepted_at": "2024-10-08 09:00", "promised_days": 1}],
        [
            event("A", "closed", "2024-10-08 12:00"),
            event("A", "reopened", "2024-10-09 09:00"),
            event("A", "closed", "2024-10-14 12:00"),
        ],
    )
    assert row("on_time_rate", ledger)["numerator"] == 0


def test_a_stopped_clock_does_not_count(tmp_path: Path) -> None:
    # 2 days from Tue 8 Oct; stopped Wed 9 12:00 to Fri 11 12:00 = two working days;
    # so four working days after the 8th: 9, 10, 11 and 12 October (a Saturday that works).
    ledger = ledger_of(
        tmp_path,
        [{"case_no": "A", "accepted_at": "2024-10-08 12:00", "promised_days": 2}],
        [
            event("A", "paused", "2024-10-09 12:00"),
            event("A", "resumed", "2024-10-11 12:00"),
            event("A", "closed", "2024-10-12 12:00"),
        ],
    )
    assert row("on_time_rate", ledger)["denominator"] == 0  # the ledger ends before the due date
    facts = ledger.run(ledger.table("case_facts").select("due_at", "paused_days"))
    assert facts["due_at"].iloc[0] == pd.Timestamp("2024-10-13")
    assert row("handling_median", ledger)["value"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("limit", "pauses", "due"),
    [
        # Friday 11 October 17:00 to Monday 14 09:00, and the Saturday between works (调休): 7 + 24 + 9 hours.
        ({"promised_days": 5}, [("2024-10-11 17:00", "2024-10-14 09:00")], "2024-10-16 16:00"),
        # Friday 18 October 17:00 to Monday 21 09:00: 7 + 9 hours.
        ({"promised_days": 9}, [("2024-10-18 17:00", "2024-10-21 09:00")], "2024-10-21 16:00"),
        ({"promised_days": 1}, [("2024-10-08 13:00", "2024-10-08 15:30")], "2024-10-10 02:30"),
        (
            {"promised_days": 1},
            [("2024-10-08 13:00", "2024-10-08 15:30"), ("2024-10-09 08:00", "2024-10-09 09:00")],
            "2024-10-10 03:30",
        ),
        ({"promised_days": 1}, [("2024-10-08 12:00", "2024-10-09 12:00")], "2024-10-11"),
        ({"promised_days": 0}, [], "2024-10-09"),
        ({"promised_hours": 48}, [("2024-10-08 13:00", "2024-10-08 15:30")], "2024-10-10 14:30"),
    ],
)
def test_a_pause_moves_the_end_of_a_limit_by_the_hour(
    tmp_path: Path, limit: dict, pauses: list[tuple[str, str]], due: str
) -> None:
    marks = [event("A", stage, at) for pair in pauses for stage, at in zip(("paused", "resumed"), pair, strict=True)]
    last = {"case_no": "B", "accepted_at": "2024-10-31 12:00"}
    ledger = ledger_of(tmp_path, [{"case_no": "A", "accepted_at": "2024-10-08 12:00", **limit}, last], marks)
    facts = ledger.run(ledger.table("case_facts").select("case_no", "due_at")).set_index("case_no")["due_at"]
    assert facts["A"] == pd.Timestamp(due)


def test_a_limit_of_no_days_accepted_on_a_day_off_ends_with_the_next_working_day(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, [{"case_no": "A", "accepted_at": "2024-10-05 12:00", "promised_days": 0}])
    assert ledger.run(ledger.table("case_facts").select("due_at"))["due_at"].iloc[0] == pd.Timestamp("2024-10-09")


def test_a_clock_still_stopped_is_not_overdue(tmp_path: Path) -> None:
    ledger = ledger_of(
        tmp_path,
        [
            {"case_no": "A", "accepted_at": "2024-10-08 12:00", "promised_days": 1},
            {"case_no": "B", "accepted_at": "2024-10-25 12:00", "promised_days": 5},
            {"case_no": "C", "accepted_at": "2024-10-25 12:00", "promised_days": 5, "closed_at": "2024-10-25 13:00"},
        ],
        [event("A", "paused", "2024-10-08 13:00")],
    )
    assert row("overdue_open", ledger)["value"] == 0
    assert row("backlog", ledger)["value"] == 2


def test_a_case_closed_while_stopped_is_judged(tmp_path: Path) -> None:
    ledger = ledger_of(
        tmp_path,
        [
            {"case_no": "A", "accepted_at": "2024-10-08 12:00", "promised_days": 1},
            {"case_no": "B", "accepted_at": "2024-10-25 12:00"},
        ],
        [event("A", "paused", "2024-10-08 13:00"), event("A", "closed", "2024-10-09 13:00")],
    )
    assert (row("on_time_rate", ledger)["numerator"], row("on_time_rate", ledger)["denominator"]) == (1, 1)


def test_limits_in_hours_run_in_natural_hours(tmp_path: Path) -> None:
    ledger = ledger_of(
        tmp_path,
        [
            {"case_no": "A", "accepted_at": "2024-10-11 17:00", "promised_hours": 24, "closed_at": "2024-10-12 18:00"},
            {"case_no": "B", "accepted_at": "2024-10-20 17:00"},
        ],
    )
    assert row("on_time_rate", ledger)["numerator"] == 0


def test_the_list_in_force_on_the_day_of_acceptance_gives_the_limit(tmp_path: Path) -> None:
    item = {"item_no": "01001", "item_name": "咨询", "module": "finance", "department": "区金融工作局"}
    ledger = ledger_of(
        tmp_path,
        [
            {"case_no": "old", "accepted_at": "2024-10-08 09:00", "item_no": "01001"},
            {"case_no": "new", "accepted_at": "2024-10-15 09:00", "item_no": "01001"},
            {"case_no": "none", "accepted_at": "2024-10-15 09:00", "item_no": None},
        ],
        items=[
            {**item, "version": "甲", "promised_days": 5, "in_force_from": "2024-07-01", "in_force_to": "2024-10-14"},
            {**item, "version": "乙", "promised_days": 3, "in_force_from": "2024-10-15", "in_force_to": None},
            {
                **item,
                "item_no": "01002",
                "version": "乙",
                "promised_days": 3,
                "in_force_from": "2024-10-15",
                "in_force_to": None,
            },
        ],
    )
    facts = ledger.run(ledger.table("case_facts").select("case_no", "promised_days", "module", "department")).set_index(
        "case_no"
    )
    assert facts.loc[["old", "new"], "promised_days"].tolist() == [5, 3]
    assert facts.loc["new", "module"] == "finance"
    coverage, off = row("list_coverage", ledger), row("off_list_rate", ledger)
    assert (coverage["numerator"], coverage["denominator"]) == (1, 2)
    assert (off["numerator"], off["denominator"]) == (1, 3)


@pytest.fixture
def handed(tmp_path: Path) -> Ledger:
    """Two cases handed over: P once, taken on the next working day; Q twice, sent back, then late."""
    cases = [
        {"case_no": n, "accepted_at": "2024-10-08 09:00", "first_department": "甲局", "department": d}
        for n, d in (("P", "乙局"), ("Q", "丙局"), ("R", "甲局"))
    ]
    return ledger_of(
        tmp_path,
        [*cases, {"case_no": "Z", "accepted_at": "2024-10-30 09:00", "first_department": "甲局", "department": "甲局"}],
        [
            event("P", "transferred", "2024-10-08 10:00", department="甲局", to_department="乙局"),
            event("P", "received", "2024-10-09 16:00", department="乙局"),
            event("P", "consulted", "2024-10-09 17:00", department="乙局"),
            event("P", "closed", "2024-10-10 10:00", department="乙局"),
            event("Q", "transferred", "2024-10-08 10:00", department="甲局", to_department="乙局"),
            event("Q", "returned", "2024-10-09 10:00", department="乙局"),
            event("Q", "transferred", "2024-10-09 11:00", department="甲局", to_department="丙局"),
            event("Q", "received", "2024-10-14 11:00", department="丙局"),
            event("Q", "supervised", "2024-10-15 11:00", department="督办"),
            event("Q", "closed", "2024-10-16 11:00", department="丙局"),
            event("R", "processing", "2024-10-08 10:00", department="甲局"),
            event("R", "closed", "2024-10-08 16:00", department="甲局"),
            event("R", "followed_up", "2024-10-09 16:00", result="solved"),
            event("P", "followed_up", "2024-10-11 16:00", result="unsolved"),
            event("Q", "followed_up", "2024-10-17 16:00", result="unreached"),
        ],
    )


@pytest.mark.parametrize(
    ("metric", "numerator", "denominator"),
    [
        ("transfer_rate", 2, 4),
        ("multi_transfer_rate", 1, 4),
        ("first_closure_rate", 1, 3),
        ("timely_receipt_rate", 1, 3),  # P in time; Q's first sent back unreceived, its second four days late
        ("return_rate", 1, 3),
        ("consult_rate", 1, 4),
        ("supervise_rate", 1, 4),
        ("solved_rate", 1, 2),  # 未联系上 counts in neither
        ("follow_up_rate", 3, 3),
        ("closure_rate", 3, 4),
    ],
)
def test_rates_of_the_closed_loop(handed: Ledger, metric: str, numerator: int, denominator: int) -> None:
    found = row(metric, handed)
    assert (found["numerator"], found["denominator"]) == (numerator, denominator)


def test_first_response_is_the_first_act_of_a_department(handed: Ledger) -> None:
    # R after 1 h, Q after 25 h (sent back), P after 31 h, Z none yet (as-of just after 30 October 09:00)
    assert row("first_response", handed)["value"] == pytest.approx(25 / 24, abs=1e-3)


@pytest.fixture
def rated(tmp_path: Path) -> Ledger:
    """Five grades; two low: one called back and put right in time, one not at all, one too young."""
    grades = {"A": 5, "B": 4, "C": 3, "D": 2, "E": 1, "F": 1}
    days = dict.fromkeys(grades, "2024-10-08 15:00") | {"F": "2024-10-31 15:00"}
    more = {"D": {"called_back_at": "2024-10-09 10:00", "rectified_at": "2024-10-20 10:00", "comment": "太慢"}}
    return ledger_of(
        tmp_path,
        [
            {"case_no": n, "accepted_at": "2024-10-08 09:00", "closed_at": "2024-10-08 12:00"}
            for n in (*grades, "G", "H")
        ],
        ratings=[
            {
                "case_no": n,
                "grade": g,
                "rated_at": days[n],
                "called_back_at": None,
                "rectified_at": None,
                "comment": None,
                **more.get(n, {}),
            }
            for n, g in grades.items()
        ],
    )


@pytest.mark.parametrize(
    ("metric", "numerator", "denominator"),
    [
        ("satisfaction", 3, 6),
        ("strict_satisfaction", 2, 6),
        ("rating_coverage", 6, 8),
        ("called_back_rate", 1, 2),
        ("rectified_rate", 1, 2),
    ],
)
def test_satisfaction_official_and_strict(rated: Ledger, metric: str, numerator: int, denominator: int) -> None:
    found = row(metric, rated)
    assert (found["numerator"], found["denominator"]) == (numerator, denominator)


def test_fewer_than_thirty_ratings_are_a_small_sample(rated: Ledger) -> None:
    assert row("satisfaction", rated)["small"]


def test_load_per_officer_counts_officer_days(tmp_path: Path) -> None:
    rota = [{"day": f"2024-10-{d:02d}", "module": "finance", "officer_no": o} for d in (8, 9) for o in ("01", "02")]
    ledger = ledger_of(
        tmp_path,
        [
            {
                "case_no": str(i),
                "accepted_at": "2024-10-08 09:00",
                "module": "finance",
                "closed_at": None if i else "2024-10-09 09:00",
            }
            for i in range(6)
        ],
        rota=rota,
    )
    accepted, open_ = row("load_accepted", ledger), row("load_open", ledger)
    assert (accepted["numerator"], accepted["denominator"], accepted["value"]) == (6, 4, 1.5)
    assert (open_["numerator"], open_["denominator"], open_["value"]) == (5, 2, 2.5)
    with pytest.raises(NotMeasurable, match="只能按服务模块"):
        compute("load_open", ledger, OCTOBER, by=("channel",))


def test_what_is_missing_is_said_not_shown_as_zero(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, [{"case_no": "A", "accepted_at": "2024-10-08 09:00"}])
    for metric in ("on_time_rate", "satisfaction", "handling_median", "backlog", "reopen_rate", "load_open"):
        assert "台账里没有" in unmet(metric, ledger)
        with pytest.raises(NotMeasurable):
            compute(metric, ledger, OCTOBER)
    assert row("demand", ledger)["value"] == 1


def test_a_missing_group_is_shown_as_such(limits: Ledger) -> None:
    frame = compute("demand", limits, OCTOBER, by=("module",))
    assert frame["module"].isna().tolist() == [True]
    assert row("demand", limits, OCTOBER.narrowed(module="（未填）"))["value"] == 2
    assert row("demand", limits, OCTOBER.narrowed(module="finance"))["value"] == 0


def test_empty_buckets_are_zero_for_counts_and_nothing_for_rates(limits: Ledger) -> None:
    days = Slice(dt.date(2024, 10, 10), dt.date(2024, 10, 12))
    assert compute("demand", limits, days, grain="day")["value"].tolist() == [0, 1, 0]
    assert compute("closure_rate", limits, days, grain="day")["value"].isna().tolist() == [True, False, True]
