"""Quotes that are open, doubled or missing: no line disappears inside another."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.ingest.readers import read_file
from analytics.ingest.sheets import Sheet
from analytics.settings import Settings

HEAD = "工单编号,受理时间,诉求内容,承办部门,满意度"


def sheet_of(*lines: str) -> Sheet:
    (sheet,) = read_file("a.csv", "\n".join([HEAD, *lines, ""]).encode(), Settings())
    return sheet


def row(number: int, text: str = "漏水") -> str:
    return f"GD{number:03},2026-03-{number:02} 09:00,{text},城管局,满意"


def numbers(sheet: Sheet) -> list[object]:
    return [r[0] for r in list(sheet.rows)[1:]]


def test_two_open_quotes_do_not_swallow_the_rows_between() -> None:
    sheet = sheet_of(row(1), row(2, '"物业说不管'), row(3), row(4, '"停电'), row(5))
    assert numbers(sheet) == ["GD001", "GD002", "GD003", "GD004", "GD005"]
    assert sheet.rows[2][2] == "物业说不管"
    assert sum(sheet.repairs.values()) == 2


def test_an_open_quote_before_one_that_is_closed() -> None:
    sheet = sheet_of(row(1, '"物业说不管'), row(2), row(3, '"停电,很急"'), row(4))
    assert numbers(sheet) == ["GD001", "GD002", "GD003", "GD004"]
    assert sheet.rows[3][2] == "停电,很急"


def test_an_open_quote_and_one_that_ends_a_cell_later() -> None:
    sheet = sheet_of(row(1, '"物业说不管'), row(2), row(3, '停电"'), row(4))
    assert numbers(sheet) == ["GD001", "GD002", "GD003", "GD004"]


def test_a_line_that_cannot_be_told_apart_is_doubtful_alone() -> None:
    sheet = sheet_of(row(1), row(2, '"物业说,不管'), row(3))
    assert numbers(sheet) == ["GD001", "GD002", "GD003"]
    assert list(sheet.doubtful) == [2]


def test_a_quoted_text_of_several_lines_stays_one_cell() -> None:
    sheet = sheet_of(row(1), row(2, '"物业说不管,\n第二行,有,逗,号\n第三行"'), row(3))
    assert numbers(sheet) == ["GD001", "GD002", "GD003"]
    assert sheet.rows[2][2] == "物业说不管,\n第二行,有,逗,号\n第三行"
    assert not sheet.repairs


def test_a_table_pasted_into_a_quoted_text_stays_in_it() -> None:
    pasted = f'"如下：\n{row(8)}\n{row(9)}\n请核实"'
    sheet = sheet_of(row(1), row(2, pasted), row(3))
    assert numbers(sheet) == ["GD001", "GD002", "GD003"]


def test_quotes_inside_a_text_that_nobody_doubled_are_kept() -> None:
    sheet = sheet_of(row(1), row(2, '"他说"不管"，让我等,很久"'), row(3))
    assert numbers(sheet) == ["GD001", "GD002", "GD003"]
    assert sheet.rows[2][2] == '他说"不管"，让我等,很久'
    assert sum(sheet.repairs.values()) == 1


CELL = st.text(alphabet='a中1,"\n ', max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8))
def test_what_is_quoted_rightly_comes_back_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    """Each row has a number and a time, as those of a ledger have: lines of a text do not look like that."""
    whole = [(f"GD{i}", "2026-03-01 09:00", *cells) for i, cells in enumerate(rows)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEAD.split(","), *whole])
    (sheet,) = read_file("a.csv", out.getvalue().encode(), Settings())
    assert [tuple(r) for r in list(sheet.rows)[1:]] == whole


@settings(deadline=None)
@given(st.integers(1, 6), st.data())
def test_whatever_quotes_stand_in_it_no_line_is_lost(count: int, data: st.DataObject) -> None:
    texts = [data.draw(st.text(alphabet='漏水"', max_size=6)) for _ in range(count)]
    sheet = sheet_of(*(row(i + 1, t) for i, t in enumerate(texts)))
    assert numbers(sheet) == [f"GD{i + 1:03}" for i in range(count)]
