"""How a text file divides its rows: told from heads and evenness, never from the text inside."""

from __future__ import annotations

import itertools

import pytest

from analytics.ingest.dialect import dialect_of
from analytics.ingest.readers import read_file
from analytics.settings import Settings

TEXTS = (
    "您好，我是业主，昨天去窗口，材料退回",
    "材料；时限；费用；窗口；电话",
    "科技路|0号|A座|3层",
    "a;b;c;d",
    "甲^乙^丙",
    "见 http://x/?a=1&b=2",
)


@pytest.mark.parametrize(
    ("delimiter", "text"), [(d, t) for d, t in itertools.product(",\t;|，；", TEXTS) if d not in t]
)
@pytest.mark.parametrize("heads", [("工单编号", "受理时间", "诉求内容"), ("Protocolo", "Data", "Descrição")])
def test_the_text_inside_does_not_matter(delimiter: str, text: str, heads: tuple[str, ...]) -> None:
    rows = [heads, *((f"A{i}", "2026-03-01", text) for i in range(6))]
    content = "\n".join(delimiter.join(row) for row in rows)
    assert dialect_of(content).delimiter == delimiter


def test_title_lines_above_the_heads_do_not_matter() -> None:
    content = "某区，2026年，服务台账，一季度\n填报：甲，乙，丙\n工单编号;受理时间;内容\nA;2026-3-1;x，y\n"
    assert dialect_of(content).delimiter == ";"


def test_quoted_delimiters_do_not_matter() -> None:
    content = "工单编号\t内容\t受理时间\n" + 'A\t"a,b,c,d,e\nf,g,h,i,j"\t2026-3-1\n' * 5
    assert dialect_of(content).delimiter == "\t"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_line_ends_and_encodings(ends: str, encoding: str) -> None:
    text = ends.join(["工单编号,受理时间,诉求内容", "A1,2024-7-5,漏水", "A2,2024-7-6,停电", ""])
    (sheet,) = read_file("a.csv", text.encode(encoding), Settings())
    assert [row for row in sheet.rows if any(row)] == [
        ["工单编号", "受理时间", "诉求内容"],
        ["A1", "2024-7-5", "漏水"],
        ["A2", "2024-7-6", "停电"],
    ]


def test_a_return_inside_a_line_stays_in_its_cell() -> None:
    content = "工单编号,受理时间,诉求内容\nA1,2024-7-5,漏水\r很急\nA2,2024-7-6,停电\n"
    (sheet,) = read_file("a.csv", content.encode(), Settings())
    assert sheet.rows[1][2] == "漏水\n很急"
    assert len(sheet.rows) == 3


def test_a_character_cut_in_two_costs_nothing_else() -> None:
    lines = "工单编号,受理时间,诉求内容\n" + "".join(f"A{i},2024-7-5,漏水很急请尽快处理谢谢\n" for i in range(9))
    for encoding in ("utf-8", "gb18030"):
        content = lines.encode(encoding) + "A9,2024-7-5,停电".encode(encoding)[:-1] + b"\n"
        (sheet,) = read_file("a.csv", content, Settings())
        assert (len(sheet.rows), sheet.rows[1][2]) == (11, "漏水很急请尽快处理谢谢")
        assert sheet.rows[10][2].startswith("停")


def test_two_encodings_in_one_file_are_read_line_by_line() -> None:
    content = "工单编号,受理时间,诉求内容\nA1,2024-7-5,漏水很急\n".encode() + "A2,2024-7-5,停电多日\n".encode("gb18030")
    (sheet,) = read_file("a.csv", content, Settings())
    assert [row[2] for row in sheet.rows] == ["诉求内容", "漏水很急", "停电多日"]
    assert any("混用" in n for n in sheet.notes)


def test_accents_of_the_west_do_not_become_chinese() -> None:
    content = "Protocolo;Data;Descrição\n1;2024-07-05;Reclamação de água\n".encode("cp1252")
    (sheet,) = read_file("a.csv", content, Settings())
    assert sheet.rows[1][2] == "Reclamação de água"
