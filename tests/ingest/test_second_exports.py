"""What a second export says of known cases: nothing is counted twice, lost or taken for another without a word."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest

from analytics.store import Store
from tests.ingest.stored import held, imported

HEAD = "工单编号,受理时间,诉求内容,承办部门"


def rows_of(folder: Path, table: str, *columns: str) -> list[tuple]:
    with Store(folder).draft() as draft:
        return draft.con.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL").fetchall()


def test_another_matter_under_a_known_number_is_named(tmp_path: Path) -> None:
    imported(
        tmp_path,
        "一.csv",
        f"{HEAD}\nQ1,2026-05-05 09:12,贴息未到账,区财政局\nQ2,2026-05-05 09:12,园区道路积水,区水务局",
    )
    result = imported(
        tmp_path,
        "二.csv",
        f"{HEAD}\nQ1,2026-05-05 09:12,员工宿舍停水,区水务局\nQ2,2026-05-05 09:12,园区道路仍有积水,区水务局",
    )
    (told,) = result.to_check
    assert "1 件工单的诉求" in told
    assert "Q1" in told


def test_a_row_that_says_when_it_was_updated_corrects_the_words(tmp_path: Path) -> None:
    head = HEAD + ",更新时间"
    imported(tmp_path, "一.csv", f"{head}\nQ1,2026-05-05 09:12,贴息未到账,甲局,2026-05-05 10:00")
    assert imported(tmp_path, "二.csv", f"{head}\nQ1,2026-05-05 09:12,宿舍停水,甲局,2026-05-06 10:00").to_check == []


@pytest.mark.parametrize("stage", [("转办时间", "转办", "transferred"), ("回访时间", "回访", "followed_up")])
@pytest.mark.parametrize("wide_first", [True, False])
def test_a_step_told_by_the_case_and_by_a_table_is_one(
    stage: tuple[str, str, str], wide_first: bool, tmp_path: Path
) -> None:
    head, word, code = stage
    wide = f"{HEAD},{head}\nQ1,2026-05-05 09:00,贴息,区财政局,2026-05-06 10:00"
    table = f"工单编号,环节,发生时间\nQ1,{word},2026-05-06 10:00:00\nQ1,{word},2026-05-08 10:00:00"
    if not wide_first:
        imported(tmp_path, "零.csv", f"{HEAD}\nQ1,2026-05-05 09:00,贴息,区财政局")
    for name, content in [("一.csv", wide), ("二.csv", table)][:: 1 if wide_first else -1]:
        assert imported(tmp_path, name, content).to_check == []
    days = [at.day for s, at in rows_of(tmp_path, "events", "stage", "happened_at") if s == code]
    assert days == [6, 8]
    again = imported(tmp_path, "二.csv", table)
    assert (again.accepted, again.updated) == (0, 0)


def test_a_case_does_not_say_whom_its_steps_went_to(tmp_path: Path) -> None:
    imported(tmp_path, "零.csv", f"{HEAD}\nQ1,2026-05-05 09:00,贴息,区财政局")
    imported(tmp_path, "一.csv", "工单编号,环节,发生时间,转往部门\nQ1,转办,2026-05-06 10:00,区财政局")
    imported(tmp_path, "二.csv", f"{HEAD},转办时间\nQ1,2026-05-05 09:00,贴息,区金融局,2026-05-06 10:00")
    assert rows_of(tmp_path, "events", "stage", "to_department") == [("transferred", "区财政局")]


def test_another_time_of_a_step_that_has_room_for_one_is_named(tmp_path: Path) -> None:
    head = HEAD + ",转办时间"
    imported(
        tmp_path, "一.csv", f"{head}\nQ1,2026-05-05 09:00,贴息,甲局,2026-05-05\nQ2,2026-05-05,积水,甲局,2026-05-06"
    )
    result = imported(
        tmp_path, "二.csv", f"{head}\nQ1,2026-05-05 09:00,贴息,乙局,2026-05-10\nQ2,2026-05-05,积水,甲局,2026-05-06"
    )
    (told,) = result.to_check
    assert "1 件工单的转办时间" in told
    assert "Q1" in told


def test_a_grade_without_time_does_not_take_back_a_later_one(tmp_path: Path) -> None:
    ledger = f"{HEAD},办结时间,满意度\nQ1,2026-05-05 09:00,贴息,甲局,2026-05-08 10:00,满意"
    imported(tmp_path, "一.csv", ledger)
    imported(tmp_path, "二.csv", "工单编号,评价等级,评价时间\nQ1,不满意,2026-05-10 10:00")
    result = imported(tmp_path, "三.csv", ledger)
    assert rows_of(tmp_path, "ratings", "grade", "rated_at") == [(2, dt.datetime(2026, 5, 10, 10))]
    assert any("更晚的评价" in w for w in result.warnings)


def test_a_grade_of_a_case_that_is_open_is_told_to_bear_its_acceptance(tmp_path: Path) -> None:
    result = imported(tmp_path, "一.csv", f"{HEAD},满意度\nQ1,2026-05-05 09:00,贴息,甲局,满意")
    assert any("按受理时间计" in w for w in result.warnings)


@pytest.mark.parametrize(
    ("known", "later"),
    [
        ("测试甲有限公司反映贴息未到账", "测试****公司反映贴息未到账"),
        ("用电紧张请协调变压器增容", "用电紧张..."),
        ("用电紧张请协调变压器增容", "用电紧张请协调…"),
    ],
)
def test_a_masked_or_cut_text_keeps_the_whole_one(known: str, later: str, tmp_path: Path) -> None:
    imported(tmp_path, "一.csv", f"{HEAD}\nQ1,2026-05-05 09:00,{known},甲局")
    assert imported(tmp_path, "二.csv", f"{HEAD}\nQ1,2026-05-05 09:00,{later},甲局").unchanged == 1
    assert held(tmp_path)["content"]["Q1"] == known


def test_a_text_that_says_something_new_before_its_mask_is_taken(tmp_path: Path) -> None:
    imported(tmp_path, "一.csv", f"{HEAD}\nQ1,2026-05-05 09:00,用电紧张请协调变压器增容,甲局")
    imported(tmp_path, "二.csv", f"{HEAD}\nQ1,2026-05-05 09:00,用电已经不紧张，请协调张**退费,甲局")
    assert held(tmp_path)["content"]["Q1"] == "用电已经不紧张，请协调张**退费"


def test_a_number_in_another_case_is_named(tmp_path: Path) -> None:
    imported(tmp_path, "一.csv", f"{HEAD}\nQF-0001,2026-05-05,贴息未到账,甲局")
    (told,) = imported(tmp_path, "二.csv", f"{HEAD}\nqf-0001,2026-05-05,贴息未到账,甲局").to_check
    assert "大小写" in told


def test_the_unit_of_a_limit_may_be_its_format(tmp_path: Path) -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append([*HEAD.split(","), "办理时限"])
    for number, code in (("Q1", '0"小时"'), ("Q2", '0"个工作日"'), ("Q3", "0")):
        book.active.append([number, "2026-05-05 09:00", "贴息未到账", "甲局", 48])
        book.active.cell(book.active.max_row, 5).number_format = code
    book.save(out)
    imported(tmp_path, "一.xlsx", out.getvalue())
    assert rows_of(tmp_path, "cases", "case_no", "promised_days", "promised_hours") == [
        ("Q1", None, 48),
        ("Q2", 48, None),
        ("Q3", 48, None),
    ]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_as_above_is_what_stands_above(ending: str, tmp_path: Path) -> None:
    rows = [
        ["Q1", "2026-05-05", "贴息未到账", "甲局"],
        ["Q2", "同上", "道路积水", "同上"],
        ["Q3", "2026-05-07", "停电", "〃"],
    ]
    if ending == "csv":
        result = imported(tmp_path, "一.csv", "\n".join([HEAD, *map(",".join, rows)]))
    else:
        book, out = openpyxl.Workbook(), io.BytesIO()
        for row in [HEAD.split(","), *rows]:
            book.active.append(row)
        book.save(out)
        result = imported(tmp_path, "一.xlsx", out.getvalue())
    assert held(tmp_path)["department"].tolist() == ["甲局"] * 3
    assert [at.day for at in held(tmp_path)["accepted_at"]] == [5, 5, 7]
    assert sum(r.count for r in result.repairs) == 3


def test_what_says_nothing_is_left_empty_and_counted(tmp_path: Path) -> None:
    head = HEAD + ",办理期限"
    result = imported(
        tmp_path,
        "一.csv",
        f"{head}\nQ1,2026-05-05 09:00,贴息,待定,2026-05-01\nQ2,2026-05-05 09:00,停电,甲局,2026-05-05",
    )
    row = held(tmp_path).loc["Q1"]
    assert row[["department", "due_at"]].isna().all()
    assert held(tmp_path)["due_at"].notna()["Q2"]
    assert {e.head: e.count for e in result.left_empty} == {"承办部门": 1, "办理期限": 1}
