"""The service list: versions side by side, use, limits that do not fit, what it lacks; worked out by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from analytics.issues import IssueDesk
from analytics.items.usage import HARD, SHORTEN, uncovered, unused, used
from analytics.items.versions import changes, in_force, versions
from analytics.ledger import Ledger
from analytics.metrics import NotMeasurable, Slice, compute
from analytics.store import Store
from tests.issues.test_discovery import texts_of_three_kinds
from tests.small import ledger_of

YEAR = Slice(dt.date(2024, 1, 1), dt.date(2024, 12, 31))


def item(number: str, version: str = "一版", days: int = 10, **more: object) -> dict:
    return {
        "version": version,
        "item_no": number,
        "item_name": f"事项{number}",
        "module": "legal",
        "department": "甲局",
        "promised_days": days,
        "online": "线下",
        "in_force_from": "2024-01-01" if version == "一版" else "2024-07-01",
        "in_force_to": "2024-06-30" if version == "一版" else None,
    } | more


def case(number: int, item_no: str | None, days: int) -> dict:
    """A case of Monday 2024-08-05 09:00 that took so many working days."""
    accepted = dt.datetime(2024, 8, 5, 9)
    closed = accepted + dt.timedelta(days=days + 2 * (days // 5))
    return {
        "case_no": f"C{number:03d}",
        "accepted_at": accepted,
        "closed_at": closed,
        "item_no": item_no,
        "module": "legal",
    }


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    items = [
        *(item(n) for n in ("01", "02", "03")),
        item("01", "二版", days=8),
        item("02", "二版", department="乙局", online="线上"),
        item("04", "二版"),
    ]
    cases = [case(i, "01", 2) for i in range(20)] + [case(20 + i, "02", 12) for i in range(20)]
    cases += [case(40 + i, None, 3) for i in range(4)]
    return ledger_of(tmp_path, cases, items=items)


def test_the_list_of_a_day_is_that_of_its_version(ledger: Ledger) -> None:
    assert versions(ledger) == ["一版", "二版"]
    assert in_force(ledger, dt.date(2024, 6, 30))["item_no"].tolist() == ["01", "02", "03"]
    later = in_force(ledger, dt.date(2024, 7, 1)).set_index("item_no")
    assert later["promised_days"].to_dict() == {"01": 8, "02": 10, "04": 10}
    assert in_force(ledger, dt.date(2023, 12, 31)).empty


def test_two_versions_side_by_side(ledger: Ledger) -> None:
    found = changes(ledger, "一版", "二版")
    assert found[["item_no", "change", "before", "after"]].astype(object).where(
        found.notna(), None
    ).to_numpy().tolist() == [
        ["04", "新增", None, None],
        ["03", "取消", None, None],
        ["01", "承诺时限", "10", "8"],
        ["02", "牵头部门", "甲局", "乙局"],
        ["02", "线上/线下", "线下", "线上"],
    ]
    assert changes(ledger, "二版", "二版").empty


def test_limits_are_judged_by_what_cases_needed(ledger: Ledger) -> None:
    found = used(ledger, YEAR).set_index("item_no")
    assert found["demand"].to_dict() == {"01": 20, "02": 20, "04": 0}
    assert found["handling_p90"].round(1).to_dict()["01"] == 2.0
    assert found["verdict"].to_dict() == {"01": SHORTEN, "02": HARD, "04": ""}
    assert unused(ledger, YEAR.start, YEAR.end)["item_no"].tolist() == ["04"]


def test_few_cases_give_no_verdict(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, [case(i, "01", 2) for i in range(3)], items=[item("01", "二版")])
    assert used(ledger, YEAR)["verdict"].tolist() == [""]


def test_what_no_item_covers_is_a_draft_by_type(tmp_path: Path) -> None:
    rows = texts_of_three_kinds()
    for number, row in enumerate(rows):
        row |= {"department": "甲局", "module": "relief", "item_no": "01" if number % 3 else None}
        row["closed_at"] = row["accepted_at"] + dt.timedelta(hours=5)
    ledger = ledger_of(tmp_path, rows, items=[item("01", "二版", in_force_from="2024-01-01")])
    with pytest.raises(NotMeasurable, match="还没有归类"):
        uncovered(ledger, YEAR, {})
    desk = IssueDesk(Store(tmp_path))
    desk.discover(ledger)
    seen = desk.attach(ledger)
    names = desk.findings(ledger).types["name"].to_dict()
    found = uncovered(seen, YEAR, names)
    assert found["cases"].tolist() == [20]
    assert found["share"].tolist() == [1.0]
    assert found[["module", "department", "promised_days"]].iloc[0].tolist() == ["relief", "甲局", 1]
    assert found["name"].iloc[0] == names[found["type_id"].iloc[0]]
    assert found["cases"].sum() == compute("off_list_rate", ledger, YEAR)["numerator"].iloc[0]
