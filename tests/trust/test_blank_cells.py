"""A file whose cells are almost all empty is small and its table is not: what holds nothing is cut off, or the file is refused."""

from __future__ import annotations

import io
import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from analytics.ingest import RefusedFile
from analytics.ingest.readers import read_file
from analytics.settings import load_settings
from analytics.untrusted import bounds
from analytics.untrusted.bounds import Room, TooLargeError, cut_to_what_is_held
from tests.ingest.books import packed

HEADS = ["工单编号", "受理时间", "诉求内容"]
CASE = ["A1", "2026-05-01 09:00", "园区路灯不亮"]


def of_nothing(columns: int, rows: int) -> bytes:
    """Return a Parquet file of three columns that hold something in one row, and columns of nulls beside them."""
    table = {head: pa.array([cell] + [None] * (rows - 1)) for head, cell in zip(HEADS, CASE, strict=True)}
    table |= {f"备用{i}": pa.nulls(rows) for i in range(columns)}
    target = io.BytesIO()
    parquet.write_table(pa.table(table), target)
    return target.getvalue()


def workbook(sheets: int = 1, *, last: str = "", rows: int = 2) -> bytes:
    """Return a workbook whose sheets hold a case each, and a cell formatted, not filled, at ``last``."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for _ in range(sheets):
        sheet = book.create_sheet()
        sheet.append(HEADS)
        sheet.append(CASE)
        if last:
            sheet[last] = " "
        if rows > 2:
            sheet.cell(rows, 1, "A2")
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def blank_lines(columns: int, rows: int) -> bytes:
    line = "," * (columns - 1)
    return "\n".join([",".join(HEADS) + line[2:], ",".join(CASE) + line[2:] + "x", *[line] * rows]).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("空列.parquet", of_nothing(1900, 5000)),
        ("宽.parquet", of_nothing(2500, 1)),
        ("宽.json", json.dumps([dict(zip(HEADS, CASE, strict=True)) | {f"k{i}": 1 for i in range(2500)}]).encode()),
        ("空记录.json", json.dumps([{f"k{i}": 1 for i in range(1500)} | {"工单编号": "A1"}, *[{}] * 4000]).encode()),
        ("宽.csv", blank_lines(2500, 1)),
        ("远.xlsx", workbook(last="GR25000")),
        ("许多表.xlsx", workbook(12, last="GR3000")),
        ("许多文件.zip", packed({f"{i}.json": json.dumps([dict.fromkeys(HEADS, "x") | {f"k{j}": 1 for j in range(900)},
                                                       *[{}] * 2000]).encode() for i in range(4)})),
    ],
)  # fmt: skip
def test_what_is_almost_all_empty_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(RefusedFile, match=r"列|空格|限度"):
        read_file(name, content, load_settings())


def test_a_sheet_formatted_to_its_far_edge_is_read_without_it() -> None:
    book = openpyxl.Workbook()
    for row in (HEADS, CASE):
        book.active.append(row)
    book.active["XFD3"].number_format = "0.00"
    book.active["XFD3"] = ""
    target = io.BytesIO()
    book.save(target)
    (sheet,) = read_file("格式.xlsx", target.getvalue(), load_settings())
    assert [list(row) for row in sheet.rows] == [HEADS, CASE]


def test_nought_and_no_are_held_and_not_cut() -> None:
    rows: list[list[object]] = [["", "a", "", None], [0, "", False, ""], [None, "", "", ""]]
    cut_to_what_is_held(rows)
    assert rows == [["", "a", ""], [0, "", False]]


def test_sheets_share_one_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FREE_CELLS", 100)
    room = Room()
    room.take([["a"] * 10] * 9)
    room.take([["a"] * 10] * 5)  # all of it held
    with pytest.raises(TooLargeError):
        room.take([["", None] * 50] * bounds.CELLS_EACH * 2)


def test_a_ledger_of_many_columns_is_no_hostile_file() -> None:
    heads = HEADS + [f"附加{i}" for i in range(250)]
    lines = [
        ",".join(heads),
        *(",".join([f"A{n}", "2026-05-01 09:00", "园区路灯不亮"] + [""] * 250) for n in range(20_000)),
    ]
    (sheet,) = read_file("宽.csv", "\n".join(lines).encode(), load_settings())
    assert len(sheet.rows) == 20_001
