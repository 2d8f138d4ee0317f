"""Footers are no cases, and rows that an unquoted delimiter has moved are kept out."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.ingest.reasons import SHIFTED
from tests.ingest.books import book
from tests.ingest.stored import held, imported

HEADS = ["工单编号", "受理时间", "诉求内容", "承办部门", "办结时间", "满意度"]
GOOD = [
    ["A1", "2026-03-01", "漏水", "城管局", "2026-03-03", "满意"],
    ["A2", "2026-03-02", "停电", "供电局", "2026-03-04", "一般"],
    ["A3", "2026-03-03", "噪音", "城管局", "", ""],
]


def lines(*rows: list[str] | str) -> str:
    return "\n".join(r if isinstance(r, str) else ",".join(r) for r in (HEADS, *GOOD, *rows)) + "\n"


@pytest.mark.parametrize(
    "footer",
    [
        ["合计", "2026-03-31", "3 件", "", "", ""],
        ["总计", "2026-03-31", "3", "3", "", ""],
        ["制表人：张三", "2026-03-31", "审核人：李四", "", "", ""],
        ["打印时间", "2026-03-31", "第 1 页", "", "", ""],
        ["打印时间：2026-03-31 10:00", "", "", "", "", ""],
        ["小 计", "2026-03-31", "2 件", "", "", ""],
        ["", "合计", "3 件", "", "", ""],
        ["填表日期：", "2026-03-31", "单位负责人：王五", "", "", ""],
        ["导出人：admin", "2026-03-31", "导出时间", "2026-03-31", "", ""],
    ],
)
def test_a_footer_is_no_case_and_is_named(tmp_path: Path, footer: list[str]) -> None:
    for name, content in (("a.csv", lines(footer)), ("a.xlsx", book([*GOOD, footer], HEADS))):
        result = imported(tmp_path / name, name, content)
        assert (result.read, result.accepted, result.quarantined) == (3, 3, 0), name
        (told,) = [w for w in result.warnings if "不是工单" in w]
        assert "第 5 行" in told
        assert footer[0].replace(" ", "")[:2] in told.replace(" ", "") or "合计" in told


def test_a_footer_among_the_rows_and_a_case_that_only_begins_like_one(tmp_path: Path) -> None:
    rows = [["小计", "2026-03-31", "3 件", "", "", ""], ["A5", "2026-03-05", "合计多收了三元", "合计部门", "", ""]]
    result = imported(tmp_path, "a.csv", lines(*rows))
    assert held(tmp_path).index.tolist() == ["A1", "A2", "A3", "A5"]
    assert result.read == 4


@pytest.mark.parametrize(
    "row",
    [
        "A4,2026-03-04,漏水,很急,城管局,2026-03-05,满意",  # more cells than heads
        "A4,2026-03-04,漏水,很急,城管局,,",  # as many cells more, all of them empty
        "A4,2026-03-04,漏水,很急,城管局,2026-03-05",  # the last column's cell was not written
        "A4,2026-03-04,漏水,很急,城管局,",
        "A4,2026-03-04,漏水,很急,没见过的局,2026-03-05",
    ],
)
def test_a_row_moved_by_a_comma_is_kept_out(tmp_path: Path, row: str) -> None:
    result = imported(tmp_path, "a.csv", lines(row))
    assert held(tmp_path).index.tolist() == ["A1", "A2", "A3"]
    assert [(q.row_no, q.kind) for q in result.quarantine] == [(5, SHIFTED)]
    assert "引号" in result.quarantine[0].reason
    assert not result.left_empty


def test_an_unknown_word_alone_moves_no_row(tmp_path: Path) -> None:
    rows = ["A4,2026-03-04,漏水,城管局,快了,喵", "A5,2026-03-04,漏水,城管局,2026-03-05,未评价"]
    result = imported(tmp_path, "a.csv", lines(*rows))
    assert (result.accepted, result.quarantined) == (5, 0)


def test_a_delimiter_at_the_end_of_every_row_moves_none(tmp_path: Path) -> None:
    text = ",".join(HEADS) + "\n" + "".join(",".join(r) + ",\n" for r in GOOD)
    assert imported(tmp_path, "a.csv", text).accepted == 3


def test_a_name_in_a_moved_row_is_masked(tmp_path: Path) -> None:
    text = "工单编号,受理时间,诉求内容,联系人,办结时间\nA1,2026-03-01,漏水,欧阳修,2026-03-02\nA2,2026-03-01,停电,急,欧阳修\n"
    (kept_out,) = imported(tmp_path, "a.csv", text).quarantine
    assert kept_out.kind == SHIFTED
    assert "欧阳修" not in kept_out.reason


def test_a_phone_in_a_moved_row_is_masked(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.csv", lines("A4,2026-03-04,请打,13812345678,城管局,2026-03-05"))
    assert "13812345678" not in str([q.reason for q in result.quarantine])


@pytest.mark.parametrize("number", ["示例：QF20260001", "样例", "例：A0", "（示例）", "填写示例", "例如 A0"])
def test_a_sample_row_of_a_template_is_no_case_and_is_named(tmp_path: Path, number: str) -> None:
    sample = [number, "2026-03-01", "请写清诉求", "城管局", "", ""]
    text = "\n".join(",".join(r) for r in (HEADS, sample, *GOOD)) + "\n"
    for name, content in (("a.csv", text), ("a.xlsx", book([sample, *GOOD], HEADS))):
        result = imported(tmp_path / name, name, content)
        assert held(tmp_path / name).index.tolist() == ["A1", "A2", "A3"]
        assert result.quarantined == 0
        assert any(f"第 2 行“{number}”" in w for w in result.warnings)


def test_a_sample_row_may_say_so_before_its_number(tmp_path: Path) -> None:
    rows = [
        ["示例", "QF20260001", "2026-03-01", "请写清"],
        ["1", "A1", "2026-03-01", "漏水"],
        ["2", "例4-1", "2026-03-01", "停电"],
    ]
    heads = ["序号", "工单编号", "受理时间", "诉求内容"]
    text = "\n".join(",".join(r) for r in (heads, *rows)) + "\n"
    for name, content in (("a.csv", text), ("a.xlsx", book(rows, heads))):
        imported(tmp_path / name, name, content)
        assert held(tmp_path / name).index.tolist() == ["A1", "例4-1"]  # a number may begin with the word


def test_a_text_in_the_first_column_may_begin_with_the_word(tmp_path: Path) -> None:
    text = "诉求内容,工单编号,受理时间\n示例合同在哪里下载,A1,2026-03-01\n例：某企业停电,A2,2026-03-01\n"
    imported(tmp_path, "a.csv", text)
    assert held(tmp_path).index.tolist() == ["A1", "A2"]
