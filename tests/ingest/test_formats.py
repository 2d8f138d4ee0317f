"""Exports of web systems and other programs: told by content, read by kept libraries, guarded as workbooks are."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from analytics.ingest import RefusedFile
from analytics.ingest.readers import read_file
from analytics.settings import Settings
from tests.ingest.books import ROWS, book, packed
from tests.ingest.stored import held, imported

HEADS = ["工单编号", "受理时间", "诉求内容"]
BODY = [["A1", "2026-03-01 09:00", "漏水"], ["A2", "2026-03-02 10:00", "停电"]]


def rows_of(name: str, content: bytes) -> list[list[object]]:
    (sheet,) = read_file(name, content, Settings())
    return [list(r) for r in sheet.rows]


def page(body: str, charset: str = "utf-8") -> bytes:
    return f'<html><head><meta charset="{charset}"></head><body>{body}</body></html>'.encode(charset)


def table(rows: list[list[str]]) -> str:
    return "<table>" + "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in r)}</tr>" for r in rows) + "</table>"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16"])
def test_a_web_page_named_xls(charset: str) -> None:
    assert rows_of("台账.xls", page(table([HEADS, *BODY]), charset)) == [HEADS, *BODY]


def test_cells_of_a_web_page_that_span() -> None:
    body = (
        '<table><tr><td colspan="3">台账</td></tr><tr><th>工单编号</th><th>受理时间</th><th>诉求内容</th></tr>'
        "<tr><td rowspan=2>A1</td><td>2026-03-01</td><td>一<br>二</td></tr><tr><td>2026-03-02</td><td>三&nbsp;</td></tr></table>"
    )
    assert rows_of("a.xls", page(body)) == [
        ["台账", "", ""],
        HEADS,
        ["A1", "2026-03-01", "一\n二"],
        ["A1", "2026-03-02", "三"],
    ]


def test_tables_of_layout_are_no_sheets() -> None:
    body = f"<table><tr><td>菜单</td><td>{table([HEADS, *BODY])}</td></tr></table>"
    assert rows_of("a.xls", page(body)) == [HEADS, *BODY]


def test_a_span_beyond_measure_is_no_bomb() -> None:
    rows = rows_of("a.xls", page('<table><tr><td colspan="99999999" rowspan="999999">x</td><td>y</td></tr></table>'))
    assert len(rows) * len(rows[0]) < 5_000_000


def test_a_page_saved_as_one_file() -> None:
    content = (
        (
            b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n\r\n--x\r\n'
            b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        + page(table([HEADS, *BODY]))
        + b"\r\n--x--\r\n"
    )
    assert rows_of("a.xls", content) == [HEADS, *BODY]


def spreadsheet_2003(rows: str) -> bytes:
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="台账"><Table>{rows}</Table></Worksheet></Workbook>'.encode()


def test_an_xml_spreadsheet_with_places_and_merges() -> None:
    head = "<Row>" + "".join(f'<Cell><Data ss:Type="String">{h}</Data></Cell>' for h in HEADS) + "</Row>"
    first = '<Row ss:Index="3"><Cell ss:MergeDown="1"><Data ss:Type="Number">12</Data></Cell><Cell ss:Index="3"><Data ss:Type="String">漏&amp;水</Data></Cell></Row>'
    second = '<Row><Cell ss:Index="2"><Data ss:Type="DateTime">2026-03-01T09:00:00.000</Data></Cell></Row>'
    assert rows_of("a.xls", spreadsheet_2003(head + first + second)) == [
        HEADS,
        ["", "", ""],
        [12.0, "", "漏&水"],
        [12.0, "2026-03-01T09:00:00.000", ""],
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (spreadsheet_2003('<Row ss:Index="9999999"><Cell ss:Index="9999"><Data>x</Data></Cell></Row>'), "表外"),
        (spreadsheet_2003("<Row><Cell>"), "损坏"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + spreadsheet_2003("<Row/>")[21:], "不安全"),
        (b'<!DOCTYPE x [<!ENTITY e "x">]><html><table></table></html>', "不安全|XML"),
        (b"<?xml version='1.0'?><a/>", "XML 文档"),
        (page("<p>请先登录</p>"), "没有表格"),
        (b'{"code": 500, "msg": "error"', "JSON"),
        (b'[{"a": ' * 100_000, "JSON"),
        (b"PAR1" + b"x" * 50 + b"PAR1", "损坏"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"\x1f\x8b\x08", "gzip"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_what_it_is(content: bytes, reason: str) -> None:
    with pytest.raises(RefusedFile, match=reason):
        read_file("a.xls", content, Settings())


RECORDS = [dict(zip(HEADS, row, strict=True)) for row in BODY]


@pytest.mark.parametrize(
    "value",
    [
        RECORDS,
        {"code": 0, "data": RECORDS},
        {"code": 0, "data": {"total": 2, "rows": RECORDS}},
        {"columns": HEADS, "data": BODY},
        {"fields": [{"name": h} for h in HEADS], "records": BODY},
        [HEADS, *BODY],
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_json_in_its_shapes(value: object, encoding: str) -> None:
    assert rows_of("a.json", json.dumps(value, ensure_ascii=False).encode(encoding)) == [HEADS, *BODY]


def test_json_a_record_a_line_and_what_lies_one_level_down() -> None:
    lines = "\n".join(
        json.dumps(r | {"企业": {"名称": "甲", "行业": None}, "标签": ["急", "热"]}, ensure_ascii=False)
        for r in RECORDS
    )
    assert rows_of("a.jsonl", lines.encode())[:2] == [
        [*HEADS, "名称", "行业", "标签"],
        [*BODY[0], "甲", None, "急；热"],
    ]


def test_parquet_with_zones_and_long_numbers(tmp_path: Path) -> None:
    made = pa.table(
        {
            "工单编号": pa.array([202603010000001234, 2], pa.int64()),
            "受理时间": pa.array([dt.datetime(2026, 3, 1, 1), None], pa.timestamp("us", tz="UTC")).fill_null(
                dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
            ),
            "诉求内容": pa.array(["漏水", "停电"]).dictionary_encode(),
        }
    )
    buffer = io.BytesIO()
    parquet.write_table(made, buffer)
    assert imported(tmp_path, "a.parquet", buffer.getvalue()).accepted == 2
    assert f"{held(tmp_path).loc['202603010000001234', 'accepted_at']}" == "2026-03-01 09:00:00"


def ods(rows: list[list[str]]) -> bytes:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    body = "".join("<table:table-row>" + "".join(cell.format(c) for c in r) + "</table:table-row>" for r in rows)
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{names}office:1.0" xmlns:table="{names}table:1.0" xmlns:text="{names}text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="台账">{body}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    manifest = f'<manifest:manifest xmlns:manifest="{names}manifest:1.0"/>'
    return packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def test_ods() -> None:
    assert rows_of("a.ods", ods([HEADS, *BODY])) == [HEADS, *BODY]


def test_a_zip_of_tables(tmp_path: Path) -> None:
    lines = ",".join(HEADS) + "\nB1,2026-03-01,x\n"
    held_files = {
        "三月/台账.csv": lines.encode("gb18030"),
        "四月.xlsx": book(ROWS),
        "__MACOSX/._a": b"x",
        "说明.pdf": b"%PDF-1.7",
    }
    result = imported(tmp_path, "全年.zip", packed(held_files))
    assert result.accepted == 3
    assert any("说明.pdf 没有读入" in w for w in result.left_out)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.zip": packed({"b.csv": b"x"})}, "还有压缩包"),
        ({"说明.pdf": b"%PDF-1.7"}, "没有表格"),
        ({"word/document.xml": b"<x/>"}, "Word"),
        ({"a.csv": b"0" * 150_000_000}, "压缩炸弹"),
    ],
)
def test_a_zip_that_is_refused(files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(RefusedFile, match=reason):
        read_file("a.zip", packed(files), Settings())
