"""Texts of several lines written without quotes: rejoined where that is certain, else kept out with all their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.ingest.line_breaks import REJOINED
from analytics.ingest.reasons import SHIFTED
from tests.ingest.stored import held, imported, repairs

MIDDLE = "工单编号,受理时间,诉求内容,承办部门"
LAST = "工单编号,受理时间,承办部门,诉求内容"


def file(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def test_a_text_in_the_middle_is_rejoined(tmp_path: Path) -> None:
    text = file(MIDDLE, "GD1,2024-01-01,第一行", "第二行,城管局", "GD2,2024-01-02,停电,住建局")
    result = imported(tmp_path, "台账.csv", text)
    assert (result.read, result.accepted) == (2, 2)
    assert repairs(result) == {REJOINED: 1}
    assert held(tmp_path).loc["GD1", ["content", "department"]].tolist() == ["第一行\n第二行", "城管局"]


def test_every_text_of_a_file_may_be_broken(tmp_path: Path) -> None:
    rows = [f"GD{n},2024-01-0{n},第一行\n\n第{n}行\n完,城管局" for n in range(1, 8)]
    result = imported(tmp_path, "台账.csv", file(MIDDLE, *rows))
    assert (result.read, result.accepted, repairs(result)) == (7, 7, {REJOINED: 7})
    assert held(tmp_path)["content"].tolist() == [f"第一行\n\n第{n}行\n完" for n in range(1, 8)]


def test_a_file_of_one_broken_row(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", file(MIDDLE, "GD1,2024-01-01,第一行", "第二行,城管局"))
    assert (result.read, result.accepted) == (1, 1)


def test_a_text_in_the_last_column_goes_on_in_lines_of_one_cell(tmp_path: Path) -> None:
    text = file(LAST, "GD1,2024-01-01,城管局,第一行", "第二行", "第三行", "GD2,2024-01-02,住建局,停电")
    result = imported(tmp_path, "台账.csv", text)
    assert (result.accepted, repairs(result)) == (2, {REJOINED: 1})
    assert held(tmp_path)["content"].tolist() == ["第一行\n第二行\n第三行", "停电"]


@pytest.mark.parametrize(
    "lines",
    [
        ("GD1,2024-01-01,第一行", "第二,行,城管局"),  # a delimiter in the text
        ("GD1,2024-01-01,第一,行", "第二行,城管局"),
        ("GD1,2024-01-01,第一行", "第二行"),  # cells lacking
    ],
)
def test_what_does_not_give_the_heads_cells_is_kept_out_with_all_its_lines(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    text = file(MIDDLE, "GD0,2024-01-01,噪音,住建局", *lines, "GD2,2024-01-02,停电,住建局")
    result = imported(tmp_path, "台账.csv", text)
    assert held(tmp_path).index.tolist() == ["GD0", "GD2"]
    assert [(q.row_no, q.kind) for q in result.quarantine] == [(3, SHIFTED), (4, SHIFTED)]
    assert all("第 3～4 行" in q.reason for q in result.quarantine)


def test_rows_that_end_early_are_rows(tmp_path: Path) -> None:
    text = file(
        MIDDLE, "GD1,2024-01-01,噪音", "GD2,2024-01-02,停电", "GD3,2024-01-03,漏水,住建局", "GD4,2024-01-04,停水"
    )
    result = imported(tmp_path, "台账.csv", text)
    assert (result.accepted, repairs(result)) == (4, {})


def test_a_total_under_the_table_belongs_to_no_row(tmp_path: Path) -> None:
    text = file(LAST, "GD1,2024-01-01,城管局,噪音", "GD2,2024-01-02,住建局,停电", "", "共 2 条")
    result = imported(tmp_path, "台账.csv", text)
    assert (result.accepted, result.quarantined) == (2, 0)
    assert any("第 5 行“共 2 条”" in w for w in result.warnings)
    assert held(tmp_path)["content"].tolist() == ["噪音", "停电"]


def test_a_line_between_rows_whose_last_cell_is_whole_stays_alone(tmp_path: Path) -> None:
    text = file(MIDDLE, "GD1,2024-01-01,噪音,城管局", "二月份", "GD2,2024-02-02,停电,城管局")
    result = imported(tmp_path, "台账.csv", text)
    assert (result.accepted, result.quarantined, repairs(result)) == (2, 1, {})


def test_a_broken_text_with_quotes_in_it(tmp_path: Path) -> None:
    text = file(MIDDLE, 'GD1,2024-01-01,他说"不管', "第二行,城管局", "GD2,2024-01-02,停电,住建局")
    result = imported(tmp_path, "台账.csv", text)
    assert result.accepted == 2
    assert held(tmp_path)["department"].tolist() == ["城管局", "住建局"]


def test_rows_keep_the_numbers_of_their_lines(tmp_path: Path) -> None:
    text = file(MIDDLE, "GD1,2024-01-01,第一行", "第二行,城管局", ",2024-01-02,停电,住建局")
    result = imported(tmp_path, "台账.csv", text)
    assert [q.row_no for q in result.quarantine] == [4]


def test_a_text_in_the_first_column_belongs_to_the_row_below(tmp_path: Path) -> None:
    text = file("诉求内容,受理时间,工单编号", "停电,2024-01-01,GD1", "第一行", "", "第二行,2024-01-02,GD2")
    result = imported(tmp_path, "台账.csv", text)
    assert (result.accepted, repairs(result)) == (2, {REJOINED: 1})
    assert held(tmp_path)["content"].tolist() == ["停电", "第一行\n\n第二行"]


def test_texts_in_the_first_and_the_last_column_leave_it_open(tmp_path: Path) -> None:
    text = file("诉求主题,受理时间,工单编号,诉求内容", "停电,2024-01-01,GD1,停了", "哪一行", "漏水,2024-01-02,GD2,漏了")
    result = imported(tmp_path, "台账.csv", text)
    assert (result.accepted, result.quarantined) == (0, 3)


def test_a_text_that_breaks_into_lines_of_as_many_cells_is_told_by_its_number(tmp_path: Path) -> None:
    whole = [f"GD{n},停电,2024-01-0{n}" for n in range(1, 6)]
    result = imported(
        tmp_path, "台账.csv", file("工单编号,诉求内容,受理时间", *whole, "GD6,第一,行", "第二行,完,2024-01-06")
    )
    assert (result.accepted, [q.row_no for q in result.quarantine]) == (5, [7, 8])
    assert all("第 7、8 行" in q.reason for q in result.quarantine)


def test_numbers_without_digits_are_numbers_where_others_are_like_them(tmp_path: Path) -> None:
    result = imported(
        tmp_path, "台账.csv", file("工单编号,诉求内容,受理时间", "甲,停电,2024-01-01", "GD2,停水,2024-01-02")
    )
    assert result.accepted == 2


def test_a_row_whose_number_stands_behind_its_text_takes_the_line_above_along(tmp_path: Path) -> None:
    head = "承办部门,诉求内容,工单编号,受理时间"
    text = file(
        head, "城管局,停电,GD1,2024-01-01", "城管局,第一|行,", "第二行,完,GD2,2024-01-02", "住建局,停水,GD3,2024-01-03"
    )
    result = imported(tmp_path, "台账.csv", text)
    assert held(tmp_path).index.tolist() == ["GD1", "GD3"]
    assert [q.row_no for q in result.quarantine] == [3, 4]
