"""Lists behind numbers: as many cases as the number says."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analytics.caselist import LIST_COLUMNS, ListRequest, case_story, count_cases, list_cases
from analytics.exporting import case_table, deadline
from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, Slice, compute
from analytics.metrics.evidence import FEW
from analytics.metrics.measures import Flow, Stock
from tests.small import event, ledger_of

SLICE = Slice(dt.date(2026, 9, 1), dt.date(2026, 11, 24), (("module", ("finance", "legal")),))
#: Most that was open at its end has been closed since, some of it done over.
LONG_AGO = Slice(dt.date(2025, 1, 6), dt.date(2025, 9, 30))
ONE_A_CASE = [
    c
    for c, m in CATALOGUE.items()
    if (isinstance(m.measure, Flow | Stock) and not isinstance(m.measure, Flow))
    or (
        isinstance(m.measure, Flow)
        and m.measure.table in ("case_facts", "rating_facts", "call_backs", "rectifications")
    )
]


@pytest.mark.parametrize("slice", [SLICE, LONG_AGO], ids=["now", "long ago"])
@pytest.mark.parametrize("metric", ONE_A_CASE)
def test_the_list_is_as_long_as_the_number(metric: str, slice: Slice, demo_ledger: Ledger) -> None:
    row = compute(metric, demo_ledger, slice).iloc[0]
    assert count_cases(demo_ledger, slice, ListRequest(metric)) == row["n"]
    if CATALOGUE[metric].is_rate:
        assert count_cases(demo_ledger, slice, ListRequest(metric, "numerator")) == row["numerator"]
        assert count_cases(demo_ledger, slice, ListRequest(metric, "rest")) == row["denominator"] - row["numerator"]


def test_search_wants_every_word(demo_ledger: Ledger) -> None:
    both = list_cases(demo_ledger, SLICE, ListRequest(words="贷款 银行", limit=50))
    assert len(both) > 0
    story = case_story(demo_ledger, both["case_no"].iloc[0])
    assert "贷款" in story.case["title"] + story.case["content"]
    assert count_cases(demo_ledger, SLICE, ListRequest(words="绝没有这样的词")) == 0
    assert count_cases(demo_ledger, SLICE, ListRequest(words="%' OR 1=1 --")) == 0


def test_sorting_and_paging(demo_ledger: Ledger) -> None:
    whole = list_cases(demo_ledger, SLICE, ListRequest(sort="due_at", descending=False, limit=100))
    assert whole["due_at"].dropna().is_monotonic_increasing
    page = list_cases(demo_ledger, SLICE, ListRequest(sort="due_at", descending=False, limit=40, offset=40))
    assert page["case_no"].tolist() == whole["case_no"].iloc[40:80].tolist()
    assert tuple(whole.columns) == LIST_COLUMNS


@pytest.mark.parametrize("slice", [SLICE, SLICE.narrowed(module="finance", street="没有这条街")])
def test_few_are_listed_as_many_are(slice: Slice, demo_ledger: Ledger) -> None:
    department = str(list_cases(demo_ledger, SLICE, ListRequest(limit=1))["department"].iloc[0])
    for viewer in (demo_ledger.viewer, replace(demo_ledger.viewer, department=department)):
        ledger = replace(demo_ledger, viewer=viewer)
        many = list_cases(ledger, slice, ListRequest(sort="due_at", limit=FEW + 1))
        few = list_cases(ledger, slice, ListRequest(sort="due_at", limit=FEW))
        pd.testing.assert_frame_equal(few, many.head(FEW), check_dtype=len(few) > 0)
        assert len(few) > 0 or slice != SLICE


def test_one_case_tells_its_story(demo_ledger: Ledger) -> None:
    number = list_cases(demo_ledger, SLICE, ListRequest("reopen_rate", "numerator", limit=1))["case_no"].iloc[0]
    story = case_story(demo_ledger, number)
    assert story.events["happened_at"].is_monotonic_increasing
    assert {"accepted", "closed", "reopened", "followed_up"} <= set(story.events["stage"])
    assert case_story(demo_ledger, "没有") is None


def test_a_deadline_is_the_end_of_its_day(demo_ledger: Ledger) -> None:
    import pandas as pd

    assert deadline(pd.Timestamp("2026-11-25")) == "2026-11-24 24:00"
    assert deadline(pd.Timestamp("2026-11-25 09:30")) == "2026-11-25 09:30"
    assert deadline(pd.NaT) is None
    table = case_table(list_cases(demo_ledger, SLICE, ListRequest(limit=5)))
    assert {"工单编号", "办理期限", "服务模块"} <= set(table.columns)


def test_an_open_case_has_no_closing_department(tmp_path: Path) -> None:
    cases = [
        {"case_no": "A", "accepted_at": "2024-03-04 09:00", "department": "甲局"},
        {"case_no": "B", "accepted_at": "2024-03-04 10:00", "department": "甲局"},
    ]
    events = [event(n, "closed", "2024-03-05 09:00", department="甲局") for n in "AB"]
    events.append(event("A", "reopened", "2024-03-06 09:00"))
    ledger = ledger_of(tmp_path, cases, events)
    shown = list_cases(ledger, Slice(dt.date(2024, 3, 1), dt.date(2024, 3, 31)), ListRequest()).set_index("case_no")
    assert shown["closing_department"].where(shown["closing_department"].notna(), None).to_dict() == {
        "A": None,
        "B": "甲局",
    }
