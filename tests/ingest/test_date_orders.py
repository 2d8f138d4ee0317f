"""Month and day: told from columns as a whole, asked where spreadsheets may have exchanged them, never guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from analytics.ingest import ByHand, RefusedFile
from analytics.store import Store
from tests.ingest.books import book
from tests.ingest.stored import held, imported, repairs

HEADS = ["工单编号", "受理时间", "诉求内容"]
T = pd.Timestamp
#: What a spreadsheet of the other order makes of 05/02/2026, 13/02/2026 and 07/02/2026, days first.
SPOILT = [
    ["A1", dt.datetime(2026, 5, 2), "漏水"],
    ["A2", "13/02/2026", "停电"],
    ["A3", dt.datetime(2026, 7, 2), "噪音"],
]


def test_true_dates_beside_texts_of_the_other_order_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(
        RefusedFile, match=r"列「受理时间」.*13/02/2026.*2 格 Excel 日期.*2026-05-02.*弄反.*--date-order exchanged"
    ):
        imported(tmp_path, "a.xlsx", book(SPOILT, HEADS))


def test_they_are_exchanged_back_or_left_as_a_person_says(tmp_path: Path) -> None:
    result = imported(tmp_path / "a", "a.xlsx", book(SPOILT, HEADS), ByHand(order="exchanged"))
    assert held(tmp_path / "a")["accepted_at"].tolist() == [T("2026-02-05"), T("2026-02-13"), T("2026-02-07")]
    assert repairs(result) == {"Excel 弄反的月和日已换回": 2}
    store = Store(tmp_path / "b")
    imported(store, "a.xlsx", book(SPOILT, HEADS), ByHand(order="true"))
    assert held(store)["accepted_at"].tolist() == [T("2026-05-02"), T("2026-02-13"), T("2026-07-02")]
    again = [["B1", dt.datetime(2026, 3, 4), "漏水"], ["B2", "14/03/2026", "停电"]]
    assert imported(store, "b.xlsx", book(again, HEADS)).accepted == 2  # the answer is kept with the mapping


def test_true_dates_whose_day_is_no_month_are_in_doubt_with_nobody(tmp_path: Path) -> None:
    rows = [*SPOILT, ["A4", dt.datetime(2026, 3, 25), "停车"]]
    assert imported(tmp_path, "a.xlsx", book(rows, HEADS)).accepted == 4


def test_months_first_likewise(tmp_path: Path) -> None:
    rows = [["A1", dt.datetime(2026, 2, 5), "漏水"], ["A2", "02/13/2026", "停电"]]
    with pytest.raises(RefusedFile, match="弄反"):
        imported(tmp_path, "a.xlsx", book(rows, HEADS))


def test_texts_that_begin_with_the_year_are_no_contradiction(tmp_path: Path) -> None:
    rows = [["A1", dt.datetime(2026, 2, 5), "漏水"], ["A2", "2026/2/13", "停电"]]
    assert imported(tmp_path, "a.xlsx", book(rows, HEADS)).accepted == 2


def test_both_orders_in_one_column_are_not_guessed(tmp_path: Path) -> None:
    lines = "工单编号,受理时间,诉求内容,办结时间\nA1,13/02/2026,漏水,2026-03-05\nA2,02/14/2026,停电,2026-03-05\nA3,02/03/2026,噪音,2026-03-05\nA4,2026-02-03,停车,2026-03-05\n"
    result = imported(tmp_path, "a.csv", lines)
    assert (result.accepted, result.quarantined) == (1, 3)
    assert "两种写法都有" in result.quarantine[2].reason


def test_another_column_does_not_settle_a_contradiction(tmp_path: Path) -> None:
    lines = "工单编号,受理时间,诉求内容,办结时间\nA1,2026-02-01,漏水,13/02/2026\nA2,2026-02-01,停电,02/14/2026\nA3,2026-02-01,噪音,05/03/2026\n"
    result = imported(tmp_path, "a.csv", lines)
    assert held(tmp_path)["closed_at"].isna().all()
    assert sum(e.count for e in result.left_empty) == 3


@pytest.mark.parametrize("cell", ["7月5日", "7月5日 9:30", "07/05", "7-5", "7.5 上午"])
def test_a_day_without_its_year_is_not_guessed(tmp_path: Path, cell: str) -> None:
    lines = f"工单编号,受理时间,诉求内容\nA1,{cell},漏水\nA2,2026-02-01,停电\n"
    result = imported(tmp_path, "a.csv", lines)
    (kept_out,) = result.quarantine
    for said in ("a.csv第 2 行", "受理时间", f"“{cell}”", "没有写年份", "补上年份"):
        assert said in kept_out.reason
