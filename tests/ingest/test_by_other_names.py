"""What other programs call a time, how a database's client draws a table, and tables that lie on their side."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from analytics import ingest
from analytics.ingest.clocks import one_time
from analytics.ingest.validation import validate
from analytics.settings import load_settings

NINE = dt.datetime(2026, 5, 1, 9)
NOW = dt.datetime(2026, 6, 1)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01 01:00:00 UTC",
        "2026/5/1 1:00 gmt",
        "Fri, 01 May 2026 01:00:00 GMT",
        "2026-05-01 01:00 UTC+0",
        "2026-05-01 09:00:00 CST",
        "2026-05-01 09:00 北京时间",
        "北京时间：2026年5月1日上午9点",
        "2026-05-01 09:00:00 UTC+8",
        "Fri May 01 2026 09:00:00 GMT+0800 (中国标准时间)",
    ],
)
def test_a_time_that_names_its_zone(text: str) -> None:
    assert one_time(text) == NINE


@pytest.mark.parametrize(
    "text", ["2026-05-01 UTC", "2026-05-01 09:00 UTC+3", "2026-05-01 09:00 JST", "UTC", "北京时间"]
)
def test_a_zone_that_is_not_known_or_has_no_clock_is_no_guess(text: str) -> None:
    assert one_time(text) is None


def test_a_table_that_a_database_client_drew_keeps_its_rows_and_their_numbers() -> None:
    ruler = "+----------+---------------------+----------+"
    lines = [
        "mysql> select * from t;",
        ruler,
        "| 工单编号 | 受理时间            | 诉求内容 |",
        ruler,
        "| A1       | 2026-05-01 09:00:00 | 路灯不亮 |",
        "| A2       | 2026-05-01 25:00:00 | 贷款难   |",
        ruler,
        "2 rows in set (0.00 sec)",
    ]
    (plan,) = ingest.plan_files([("查询.txt", "\n".join(lines).encode())], load_settings())
    checked = validate(plan, NOW)
    assert list(checked.good["case_no"]) == ["A1"]
    assert list(checked.bad["row_no"]) == [6]


def book_of(rows: list[list[object]]) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


ON_ITS_SIDE = [
    ["工单编号", "A1", "A2"],
    ["受理时间", NINE, NINE],
    ["诉求内容", "路灯不亮", "贷款难"],
    ["企业名称", "甲", "乙"],
]
FORM = [
    ["企业诉求登记表"],
    ["工单编号：", "A1", "受理时间：", NINE],
    ["企业名称", "甲公司", "承办部门", "住建局"],
    ["诉求内容", "路灯不亮"],
]


@pytest.mark.parametrize(("rows", "word"), [(ON_ITS_SIDE, "转置"), (FORM, "一件一张的登记表")])
def test_heads_below_one_another_are_told_with_the_way_out(rows: list[list[object]], word: str) -> None:
    (plan,) = ingest.plan_files([("台账.xlsx", book_of(rows))], load_settings())
    assert plan.missing or plan.is_hardly_known
    assert word in (str(plan.refusal()) if plan.missing else plan.hardly_known())
    assert "甲公司" not in ingest.remedy(plan.sheet)


def test_a_table_whose_first_column_names_heads_is_none_of_these() -> None:
    rows = [["事项", "数量", "说明"], ["受理时间", 1, "x"], ["诉求内容", 2, "y"]]
    (plan,) = ingest.plan_files([("统计.xlsx", book_of(rows))], load_settings())
    assert ingest.remedy(plan.sheet) == ""
