"""Where several rows become one, or one row another's, what differs is kept or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.store import Store
from tests.ingest.books import book_of
from tests.ingest.stored import held, imported

HEAD = "工单编号,受理时间,诉求内容"


def test_one_number_on_two_sheets_for_two_things(tmp_path: Path) -> None:
    content = book_of(
        一月=[HEAD.split(","), ["1", "2026-01-05", "漏水"], ["2", "2026-01-05", "停电"]],
        二月=[HEAD.split(","), ["1", "2026-01-05", "噪音"], ["2", "2026-01-05", "停电"]],
    )
    result = imported(tmp_path, "a.xlsx", content)
    assert held(tmp_path)["content"].to_dict() == {"1": "漏水", "2": "停电"}
    (kept_out,) = result.quarantine
    assert "工作表「二月」第 2 行" in kept_out.reason
    assert "另一件" in kept_out.reason


def test_departments_of_one_case_on_two_sheets_are_told(tmp_path: Path) -> None:
    head = [*HEAD.split(","), "承办部门"]
    content = book_of(
        城管=[head, ["1", "2026-01-05", "油烟", "城管局"]], 环保=[head, ["1", "2026-01-05", "油烟", "环保局"]]
    )
    account = imported(tmp_path, "a.xlsx", content).account()
    assert any("承办部门" in t and "“1”" in t and "城管局 → 环保局" in t for t in account.to_check)


def test_steps_of_one_day_are_as_many_as_there_are(tmp_path: Path) -> None:
    store = Store(tmp_path)
    imported(store, "a.csv", HEAD + "\nG1,2026-03-01,油烟\n")
    steps = "工单编号,环节,发生时间,经办部门\nG1,办理,2026-03-02,城管局\nG1,办理,2026-03-02,环保局\nG1,办理,2026-03-02,环保局\n"
    result = imported(store, "b.csv", steps)
    assert sorted(held(store, "events")["department"]) == ["城管局", "环保局"]
    assert (result.accepted, result.unchanged) == (2, 1)
    assert imported(store, "b.csv", steps).unchanged == 3


def test_two_ratings_of_one_case_are_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    imported(store, "a.csv", HEAD + "\nG1,2026-03-01,油烟\n")
    account = imported(
        store, "b.csv", "工单编号,评价等级,评价时间\nG1,满意,2026-03-05\nG1,不满意,2026-03-06\n"
    ).account()
    assert any("G1" in t and "评价等级" in t for t in account.to_check)


def test_two_enterprises_of_one_code_are_told_and_the_code_masked(tmp_path: Path) -> None:
    lines = "统一社会信用代码,企业名称\n91610113MA6U0ABC1X,甲公司\n91610113MA6U0ABC1X,乙公司\n"
    store = Store(tmp_path)
    imported(store, "c.csv", HEAD + "\nG1,2026-03-01,油烟\n")
    account = imported(store, "a.csv", lines).account()
    (told,) = account.to_check
    assert "企业名称" in told
    assert "MA6U0ABC1X" not in told


def test_departments_that_a_row_names_already_are_kept(tmp_path: Path) -> None:
    lines = HEAD + ",承办部门,协办部门\n1,2026-03-01,油烟,城管局,街道办\n1,2026-03-01,油烟,环保局,\n"
    imported(tmp_path, "a.csv", lines)
    assert held(tmp_path).loc["1", "co_departments"] == "环保局、街道办"


def test_what_departments_of_one_case_say_otherwise_is_told(tmp_path: Path) -> None:
    lines = HEAD + ",承办部门,答复意见,满意度\n1,2026-03-01,油烟,城管局,已清,满意\n1,2026-03-01,油烟,环保局,未清,满意\n"
    account = imported(tmp_path, "a.csv", lines).account()
    assert any("答复意见（1 件）" in t and "满意度" not in t for t in account.to_check)


def test_what_rows_of_one_case_say_otherwise_is_told(tmp_path: Path) -> None:
    lines = (
        HEAD
        + ",满意度,街道\n1,2026-03-01,油烟,满意,甲街道\n1,2026-03-01,油烟,不满意,\n2,2026-03-01,停电,满意,\n2,2026-03-01,停电,满意,\n"
    )
    account = imported(tmp_path, "a.csv", lines).account()
    (told,) = account.to_check
    assert "1 件" in told
    assert "评价等级（1 件）" in told
    assert "所属街道" not in told


@pytest.mark.parametrize("second", ["内容,编号,登记时间\n噪音,B1,2026-03-05\n停车,B2,2026-03-06\n", "编号,登记时间\n"])
def test_exports_of_other_widths_one_after_another(tmp_path: Path, second: str) -> None:
    first = HEAD + ",承办部门,街道\nA1,2026-03-01,漏水,城管局,甲\nA2,2026-03-02,停电,供电局,乙\n"
    result = imported(tmp_path, "a.csv", first + second)
    assert result.quarantined == 0
    assert result.accepted == (4 if "噪音" in second else 2)


def test_a_workbook_is_not_read_twice_for_one_thing(tmp_path: Path) -> None:
    rows = [HEAD.split(","), ["1", "2026-01-05", "漏水"]]
    result = imported(tmp_path, "a.xlsx", book_of(甲=rows, 乙=rows))
    assert (result.accepted, result.unchanged, result.account().to_check) == (1, 1, ())
