"""Files of every common shape, and files that are not what they say."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest.readers import TextRows, read_bytes, read_file
from analytics.ingest.refusing import RefusedFile
from analytics.settings import Settings
from tests.ingest.books import HEADS, ROWS, book, old_book, saved

SETTINGS = Settings()
TEXT = '工单编号,受理时间,诉求内容\nA1,2024-7-5,"漏水,急"\n'


def cells(name: str, content: bytes, settings: Settings = SETTINGS) -> list[list[object]]:
    (sheet,) = read_file(name, content, settings)
    return list(sheet.rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_encodings(encoding: str) -> None:
    head, row = cells("a.csv", TEXT.encode(encoding))
    assert head == ["工单编号", "受理时间", "诉求内容"]
    assert row == ["A1", "2024-7-5", "漏水,急"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "，"])
def test_delimiters(delimiter: str) -> None:
    text = (
        delimiter.join(["工单编号", "受理时间", "内容"])
        + "\n"
        + delimiter.join(["A1", "2024-7-5 9:00", "漏水、很急"])
        + "\n"
    )
    assert cells("a.txt", text.encode())[1] == ["A1", "2024-7-5 9:00", "漏水、很急"]


def test_line_breaks_inside_quotes_stay_in_the_cell() -> None:
    assert cells("a.csv", b'a,b\n1,"x\ny"\n')[1] == ["1", "x\ny"]


CELLS = st.text(alphabet='a中é,"\n\r \t;', max_size=6)


def written(rows: list[tuple[str, str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@given(st.one_of(st.text(alphabet='a中é,"\n\r \t;', max_size=40), st.lists(st.tuples(CELLS, CELLS)).map(written)))
def test_columns_at_a_time_are_what_the_csv_module_reads(text: str) -> None:
    content = f"编号,内容\n{text}".encode()
    try:
        (sheet,) = read_file("a.csv", content, SETTINGS)
    except RefusedFile:
        return
    if isinstance(sheet.rows, TextRows):  # an empty line is one of empty cells there; either is no row
        rows = list(csv.reader(io.StringIO(content.decode()), delimiter=","))
        assert list(sheet.rows) == [row or [""] * len(rows[0]) for row in rows]


@pytest.mark.parametrize(
    ("body", "even"), [("1,2\n", True), ("1,2\n3\n", False), ("1,2,3\n", False), ('1,"a\r"\n', False)]
)
def test_rows_of_one_length_are_read_column_by_column(body: str, even: bool) -> None:
    (sheet,) = read_file("a.csv", f"编号,内容\n{body}".encode(), SETTINGS)
    assert isinstance(sheet.rows, TextRows) == even


def test_merged_cells_are_filled_downwards() -> None:
    made = openpyxl.Workbook()
    for row in ([*HEADS], *ROWS, ["A3", "2024-7-6", "停电", None, None, None, None]):
        made.active.append(row)
    made.active.merge_cells("D3:D4")
    (sheet,) = read_file("a.xlsx", saved(made), SETTINGS)
    assert [r[3] for r in sheet.rows[2:4]] == ["项目服务", "项目服务"]
    assert any("合并单元格" in n for n in sheet.notes)


def test_hidden_rows_and_sheets_are_read_and_said() -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(ROWS)))
    made.active.row_dimensions[2].hidden = True
    other = made.create_sheet("隐藏的")
    other.append(["工单编号", "受理时间", "诉求内容"])
    other.append(["B1", "2024-7-5", "x"])
    other.sheet_state = "hidden"
    first, second = read_file("a.xlsx", saved(made), SETTINGS)
    assert any("1 行处于隐藏" in n for n in first.notes)
    assert any("隐藏的工作表" in n for n in second.notes)


def test_a_formula_gives_its_value() -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["工单编号", "受理时间", "诉求内容"])
        sheet.write_row(1, 0, ["A1", "2024-7-5"])
        sheet.write_formula(1, 2, '="漏"&"水"', value="漏水")
    assert cells("a.xlsx", buffer.getvalue())[1][2] == "漏水"


def test_an_old_xls() -> None:
    assert cells("a.xls", old_book(ROWS))[1][0] == "A1"


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 150_000_000)
    return buffer.getvalue()


def entity() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(ROWS))) as old, zipfile.ZipFile(buffer, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part == "xl/workbook.xml":
                content = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + content
            new.writestr(part, content)
    return buffer.getvalue()


OLE = bytes.fromhex("D0CF11E0A1B11AE1")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "空的"),
        ("a.csv", b"\n \r\n", "空的"),
        ("a.xlsx", b"", "空的"),
        ("a.xls", b"<html><table></table></html>", "网页.*没有表格"),
        ("a.xlsx", b"%PDF-1.7 ...", "PDF"),
        ("a.xlsx", book(ROWS)[:900], "损坏"),
        ("a.xlsx", OLE + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"), "密码"),
        ("a.docx", b"PK\x03\x04", "损坏"),
        ("a.csv", b"\x89PNG\x00\x00\x01\xff\xfe\xfa\xff", "图片"),
        ("a.csv", b"\x00\x01\x02\x00\xff\xfe\xfa\xff", "文本"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(RefusedFile, match=reason) as refused:
        read_file(name, content, SETTINGS)
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", TEXT.encode()),
        ("a.csv", book(ROWS)),
        ("a.xls", book(ROWS)),
        ("a.xlsx", old_book(ROWS)),
        ("a", TEXT.encode()),
    ],
)
def test_what_a_file_is_its_content_says(name: str, content: bytes) -> None:
    assert cells(name, content)[1][0] == "A1"


def test_a_zip_bomb_is_refused() -> None:
    with pytest.raises(RefusedFile, match="压缩炸弹"):
        read_file("a.xlsx", bomb(), SETTINGS)


def test_external_entities_are_refused() -> None:
    with pytest.raises(RefusedFile, match="外部实体"):
        read_file("a.xlsx", entity(), SETTINGS)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(300 * 1024**2)
    with pytest.raises(RefusedFile, match="300 MB，超过 250 MB"):
        read_bytes(path, SETTINGS)
    with pytest.raises(RefusedFile, match="超过 0 MB"):
        read_file("a.csv", TEXT.encode(), replace(SETTINGS, max_file_mb=0))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="找不到"):
        read_bytes(tmp_path / "none.csv", SETTINGS)
