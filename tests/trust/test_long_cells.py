"""No cell, head or line takes more than its length: patterns that share blanks or quotes among them took minutes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pytest

from analytics import ingest
from analytics.ingest import RefusedFile
from analytics.ingest.readers import read_file
from analytics.ingest.validation import validate
from analytics.settings import load_settings

NOW = dt.datetime(2026, 11, 27)
ROW = {
    "工单编号": "A1",
    "受理时间": "2026-05-01",
    "诉求内容": "内容",
    "承办部门": "甲局",
    "企业名称": "乙公司",
    "信用代码": "91110000MA00000000",
    "联系电话": "029-88881234",
    "承诺时限": "3",
    "满意度": "满意",
    "服务模块": "金融服务",
    "办结时间": "2026-05-03",
    "转办时间": "2026-05-02",
}
#: What ends a test that hangs is the suite's limit on one test; each of these took from minutes to days.
FILLERS = (" ", "1", "\t", "年", "12:", "上午", "(", "★", "·", "一", "\u200b ", '"')


def lines(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("filler", FILLERS)
def test_a_long_cell_in_any_column(filler: str) -> None:
    rows = [{**ROW, "工单编号": f"A{i}", head: f"{ROW[head]}{filler * 20_000}x"} for i, head in enumerate(ROW)]
    (plan,) = ingest.plan_files([("台账.csv", lines([ROW, *rows]))], load_settings())
    parsed = validate(plan, NOW)
    assert len(parsed.good) + len(parsed.bad) == len(rows) + 1
    assert parsed.good["case_no"].iloc[0] == "A1"


def test_many_cells_of_many_blanks() -> None:
    rows = [{**ROW, "工单编号": f"A{i}", "办结时间": f"2026{' ' * 90}{i}"} for i in range(3_000)]
    (plan,) = ingest.plan_files([("台账.csv", lines(rows))], load_settings())
    assert len(validate(plan, NOW).good) == 3_000


@pytest.mark.parametrize("line", ['"a,', '"\n', '" ', '"",', "a\n"])
def test_a_text_of_one_thing_over_and_over(line: str) -> None:
    content = f"工单编号,受理时间,诉求内容\n{line * (60_000 // len(line))}".encode()
    (sheet,) = read_file("台账.csv", content, load_settings())
    assert sheet.rows


def test_a_line_of_commas_is_no_ledger() -> None:
    with pytest.raises(RefusedFile, match="列或更多"):
        read_file("台账.csv", b"a," * 30_000, load_settings())


def test_a_time_padded_with_blanks_is_a_time() -> None:
    rows = [{**ROW, "受理时间": f"{' ' * 300}2026-05-01   下午  3点{' ' * 300}"}]
    (plan,) = ingest.plan_files([("台账.csv", lines(rows))], load_settings())
    assert validate(plan, NOW).good["accepted_at"].iloc[0] == dt.datetime(2026, 5, 1, 15)


def test_a_wide_head_over_many_short_lines_is_no_ledger() -> None:
    head = ",".join(f"列{i}" for i in range(1_900))
    with pytest.raises(RefusedFile, match="放不下"):
        read_file("台账.csv", (head + "\n1,2" * 5_000).encode(), load_settings())


@pytest.mark.parametrize("inner", [False, True])
def test_records_without_a_common_key_are_no_list(inner: bool) -> None:
    records: list[dict[str, object]] = [{f"键{i}": i} for i in range(20_000)]
    if inner:
        records = [{"工单编号": "A1", "步骤": records}]
    with pytest.raises(RefusedFile, match="很少相同"):
        read_file("台账.json", json.dumps(records).encode(), load_settings())


HOSTILE = {
    "a script that is none": b"-- " * 4000 + b"x",
    "comments without end": b"/*" * 4000,
    "half a pair of surrogates": b'[{"\xe5\xb7\xa5\xe5\x8d\x95\xe7\xbc\x96\xe5\x8f\xb7":"\\ud800","b":"2026-05-01"}]',
    "columns of two kinds": '{"工单编号":["A"],"受理时间":{"0":"2026-05-01"},"诉求内容":["x"]}'.encode(),
    "parts within parts": b"".join(
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(1500)
    )
    + b"text/html",
    "lists of lists": json.dumps([[f"k{i}" for i in range(20_003)], *([1, 2, 3] for _ in range(20_000))]).encode(),
    "one long cell over many rows": (
        "<table><tr><th>工单编号<th>受理时间<th>诉求内容<tr>" + f'<td rowspan="2000">{"漏水" * 50_000}</td></table>'
    ).encode(),
    "many tables": b"<table><tr><td>a<td>b<td>c</table>" * 1000,
    "lists within records": json.dumps(
        [{f"k{i}": i for i in range(8000)} | {f"l{i}": [{"a": 1}] for i in range(2000)}]
    ).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_stranger_sends_ends_in_words_or_rows(name: str) -> None:
    try:
        told = [
            validate(p, NOW).frame.shape
            for p in ingest.plan_files([("台账", HOSTILE[name])], load_settings())
            if not p.missing
        ]
    except RefusedFile as error:
        told = [error.reason]
    assert all(told)
