"""Several tables on one sheet: heads that come again, other tables below, tables side by side; nothing read in wrong columns."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analytics.ingest import ByHand, RefusedFile
from tests.ingest.books import saved
from tests.ingest.stored import held, imported


def workbook(rows: list[list]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    return saved(made)


def lines(rows: list[list]) -> bytes:
    width = max(map(len, rows))
    return "\n".join(",".join(map(str, [*row, *[""] * (width - len(row))])) for row in rows).encode()


FIRST = [
    ["工单编号", "受理时间", "诉求内容", "承办部门"],
    ["A1", "2026-03-01", "漏水", "城管局"],
    ["A2", "2026-03-02", "停电", "供电局"],
]
SWAPPED = [
    ["工单编号", "诉求内容", "承办部门", "受理时间"],
    ["A3", "噪音", "环保局", "2026-03-03"],
    ["A4", "停车", "城管局", "昨天"],
]


@pytest.mark.parametrize(("name", "made"), [("a.xlsx", workbook), ("a.csv", lines)])
def test_heads_that_come_again_in_another_order(tmp_path: Path, name: str, made) -> None:
    result = imported(tmp_path, name, made([*FIRST, *SWAPPED]))
    cases = held(tmp_path)
    assert cases["department"].to_dict() == {"A1": "城管局", "A2": "供电局", "A3": "环保局"}
    assert cases.loc["A3", "accepted_at"] == pd.Timestamp("2026-03-03")
    assert (result.read, [q.row_no for q in result.quarantine]) == (4, [6])
    assert "昨天" in result.quarantine[0].reason
    assert result.quarantine[0].cells[:4] == ["A4", "昨天", "停车", "城管局"]
    assert any("第 4 行又是表头" in w for w in result.warnings)


def test_the_same_heads_on_every_page_are_no_rows(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.csv", lines([*FIRST, FIRST[0], ["A5", "2026-03-05", "占道", "城管局"], FIRST[0]]))
    assert (result.read, result.accepted) == (3, 3)


def test_heads_mapped_by_hand_that_come_again(tmp_path: Path) -> None:
    head = ["Protocolo", "Abertura", "Texto"]
    said = ByHand({"工单编号": "Protocolo", "受理时间": "Abertura", "诉求内容": "Texto"})
    rows = [head, ["1", "2026-03-01", "Buraco"], head, ["2", "2026-03-02", "Luz"]]
    result = imported(tmp_path, "a.csv", lines(rows), said)
    assert (result.read, result.accepted) == (2, 2)


@pytest.mark.parametrize(("name", "made"), [("a.xlsx", workbook), ("a.csv", lines)])
def test_another_table_below_is_read_as_what_it_is(tmp_path: Path, name: str, made) -> None:
    below = [
        ["二、环节记录"],
        ["工单编号", "环节", "发生时间"],
        ["A1", "转办", "2026-03-01 10:00"],
        ["A2", "转办", "前天"],
    ]
    result = imported(tmp_path, name, made([*FIRST, [], *below]))
    assert held(tmp_path, "events")["stage"].tolist() == ["transferred"]
    assert [q.row_no for q in result.quarantine] == [8]


def test_the_same_kind_of_table_with_other_heads_below(tmp_path: Path) -> None:
    below = [["流水号", "内容", "登记时间"], ["B1", "漏电", "2026-03-04"]]
    assert imported(tmp_path, "a.csv", lines([*FIRST, *below])).accepted == 3
    assert held(tmp_path).loc["B1", "content"] == "漏电"


def test_a_table_below_that_is_none_of_ours_is_named(tmp_path: Path) -> None:
    below = [["部门", "电话", "备注"], ["城管局", "029-88888888", "x"]]
    result = imported(tmp_path, "a.xlsx", workbook([*FIRST, [], *below]))
    assert (result.accepted, result.quarantined) == (2, 0)
    assert any("第 5 行" in t and "没有读入" in t for t in result.left_out)


def test_tables_side_by_side_are_both_read(tmp_path: Path) -> None:
    left = [["工单编号", "受理时间", "诉求内容"], ["A1", "2026-03-01", "漏水"], ["A2", "2026-03-02", "停电"]]
    right = [["工单编号", "受理时间", "诉求内容"], ["B1", "2026-04-01", "噪音"], ["B2", "大后天", "停车"]]
    rows = [[*a, None, *b] for a, b in zip(left, right, strict=True)]
    result = imported(tmp_path, "a.xlsx", workbook(rows))
    assert held(tmp_path).index.tolist() == ["A1", "A2", "B1"]
    assert [q.row_no for q in result.quarantine] == [3]


def test_a_summary_beside_a_table_is_named_and_taken_for_no_column(tmp_path: Path) -> None:
    rows = [
        ["工单编号", "受理时间", "诉求内容", None, "部门", "件数"],
        ["A1", "2026-03-01", "漏水", None, "城管局", 2],
        *([f"A{i}", "2026-03-01", "漏水", None, None, None] for i in range(2, 5)),
    ]
    result = imported(tmp_path, "a.xlsx", workbook(rows))
    assert held(tmp_path)["department"].isna().all()
    assert any("部门、件数" in t for t in result.left_out)


def test_a_column_left_blank_between_two_is_no_border(tmp_path: Path) -> None:
    rows = [
        ["工单编号", "受理时间", "诉求内容", None, "承办部门", "办结时间"],
        ["A1", "2026-03-01", "漏水", None, "城管局", "2026-03-02"],
        ["A2", "2026-03-01", "停电", None, "供电局", None],
        ["A3", "2026-03-02", "停水", None, None, None],
    ]
    result = imported(tmp_path, "a.xlsx", workbook(rows))
    assert (result.left_out, held(tmp_path)["department"].tolist()[:2]) == ([], ["城管局", "供电局"])


def test_cells_under_no_head_are_named(tmp_path: Path) -> None:
    rows = [
        ["工单编号", "受理时间", "诉求内容", None],
        ["A1", "2026-03-01", "漏水", "加急"],
        ["A2", "2026-03-02", "停电", None],
    ]
    result = imported(tmp_path, "a.xlsx", workbook(rows))
    assert result.accepted == 2
    assert any("第 4 列没有表头" in w and "1 格" in w for w in result.warnings)


def test_a_second_column_of_one_head_is_named(tmp_path: Path) -> None:
    rows = [
        ["工单编号", "受理时间", "诉求内容", "办结时间", "办结时间"],
        ["A1", "2026-03-01", "x", "2026-03-02", "2026-03-09"],
    ]
    result = imported(tmp_path, "a.xlsx", workbook(rows))
    assert "第 5 列有 1 格与它不同，没有读入" in "".join(result.to_check)


def test_a_statistic_that_looks_like_a_list_of_departments_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="只认得一个"):
        imported(tmp_path, "a.xlsx", workbook([["部门", "1月", "2月", "3月"], ["城管局", 1, 2, 3]]))


def test_one_of_which_few_heads_are_known_is_doubted(tmp_path: Path) -> None:
    rows = [["部门", "牵头模块", "1月", "2月", "3月"], ["城管局", "金融服务", 1, 2, 3]]
    account = imported(tmp_path, "a.xlsx", workbook(rows)).account()
    assert account.state == "amber"
    assert "5 列里只对上 2 列" in account.to_check[0]


def test_a_text_that_is_a_head_by_chance_is_a_row(tmp_path: Path) -> None:
    rows = [*FIRST, ["A7", "2026-03-04", "内容", "部门"]]
    assert imported(tmp_path, "a.csv", lines(rows)).accepted == 3
    assert held(tmp_path).loc["A7", "content"] == "内容"
