"""Forms of a text table that no CSV has, and scripts and answers that hold JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.ingest import ByHand
from analytics.ingest.damage import LINKED
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.text_forms import in_plain_form
from tests.ingest.books import packed
from tests.ingest.stored import held, imported, repairs

HEADS = ["工单编号", "受理时间", "诉求内容", "承办部门"]
ROWS = [["Q1", "2026-07-05 09:12:00", "贷款,未到账", "区财政局"], ["Q2", "2026-07-06 10:00:00", "用电“难”", "区工信局"]]


def _stored(folder: Path) -> list[list[str]]:
    cases = held(folder)
    return [[number, str(r.accepted_at), r.content, r.department] for number, r in cases.iterrows()]


def _joined(delimiter: str, opening: str = "", closing: str = "") -> str:
    return "".join(delimiter.join(f"{opening}{c}{closing}" for c in row) + "\n" for row in (HEADS, *ROWS))


@pytest.mark.parametrize(
    "text",
    [
        _joined("||"),
        _joined("||").replace("\n", "\r\n"),
        _joined(",", "'", "'"),
        _joined(";", "“", "”"),
        _joined(",", "“", "”"),
        _joined("\t", "‘", "’"),
        "".join('"' + ",".join(f'""{c}""' for c in row) + '"\n' for row in (HEADS, *ROWS)),
        "".join('"' + "|".join(row) + '"\r\n' for row in (HEADS, *ROWS)),
    ],
)
def test_other_quotes_and_two_bars(tmp_path: Path, text: str) -> None:
    result = imported(tmp_path, "a.txt", text)
    assert _stored(tmp_path) == ROWS
    assert not result.quarantined


def test_empty_cells_between_two_bars(tmp_path: Path) -> None:
    imported(
        tmp_path,
        "a.txt",
        "工单编号||受理时间||承办部门||诉求内容||办结时间\nQ1||2026-07-05||||贷款||\nQ2||2026-07-05||局||水||2026-07-08\n",
    )
    cases = held(tmp_path)
    assert cases["content"].tolist() == ["贷款", "水"]
    assert cases["department"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        _joined(","),
        "工单编号|受理时间||诉求内容\nQ1|2026-07-05|x|贷款\n",  # a column without a head
        "工单编号,受理时间,诉求内容\n“Q1”,2026-07-05,“贷款”\n",
        "'工单编号',受理时间,诉求内容\n'Q1',2026-07-05,贷款\n",
        '"诉求内容,很急"\n"贷款,未到账"\n',
        "",
    ],
)
def test_what_is_plain_already_stays(text: str) -> None:
    assert in_plain_form(text) == (text, [])


@pytest.mark.parametrize("count", ["(2 rows)", "（2 行记录）", "(2 行)"])
def test_a_table_as_psql_draws_it(tmp_path: Path, count: str) -> None:
    text = (
        " 工单编号 |      受理时间       | 诉求内容 | 承办部门 \n----------+---------------------+----------+----------\n"
        " Q1       | 2026-07-05 09:12:00 | 贷款+1   | 财政局\n Q2       | 2026-07-05 10:12:00 | 第一行  +| 工信局+\n"
        "          |                     | 第二行   | 二科\n Q3       | 2026-07-05 10:12:00 | 水       | 局+\n"
        f" Q4       | 2026-07-05 10:12:00 | 电       | 局\n{count}\n\nTime: 12.3 ms\n"
    )
    result = imported(tmp_path, "a.txt", text)
    assert (result.read, result.quarantined) == (4, 0)
    cases = held(tmp_path)
    assert cases["content"].tolist() == ["贷款+1", "第一行\n第二行", "水", "电"]
    assert cases["department"].tolist() == ["财政局", "工信局\n二科", "局+", "局"]


def test_what_mysql_prints_upright_is_refused_with_the_way_to_export(tmp_path: Path) -> None:
    text = "*************************** 1. row ***************************\n工单编号: Q1\n受理时间: 2026-07-05\n"
    with pytest.raises(RefusedFile, match=r"\\G.*mysql --batch"):
        imported(tmp_path, "a.txt", text)


def test_a_link_in_a_cell_is_its_shown_text(tmp_path: Path) -> None:
    text = (
        "工单编号,受理时间,诉求内容\n"
        '"=HYPERLINK(""http://oa/1"",""Q1"")",2026-07-05,"=HYPERLINK(""http://oa/a?b=(1)"";""贷款""""急""""的"")"\n'
        "Q2,2026-07-05,写着 =HYPERLINK( 的一句话\n"
    )
    result = imported(tmp_path, "a.csv", text)
    cases = held(tmp_path)
    assert cases.index.tolist() == ["Q1", "Q2"]
    assert cases["content"].tolist() == ['贷款"急"的', "写着 =HYPERLINK( 的一句话"]
    assert repairs(result)[LINKED] == 2


_RECORDS = '[{"工单编号":"Q1","受理时间":"2026-07-05","诉求内容":"贷款"},{"工单编号":"Q2","受理时间":"2026-07-05","诉求内容":"水"}]'


@pytest.mark.parametrize(
    "text",
    [
        f'callback({{"rows":{_RECORDS}}});',
        f'/**/jQuery.cb_1({{"data":{_RECORDS}}})\n',
        f"var data = {_RECORDS};\n",
        f"window.list={_RECORDS}",
        f"export default {_RECORDS};",
        f"// 导出\nconst rows = {_RECORDS};",
    ],
)
def test_json_in_a_script(tmp_path: Path, text: str) -> None:
    imported(tmp_path, "a.js", text)
    assert held(tmp_path).index.tolist() == ["Q1", "Q2"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"code":401,"msg":"token已过期","data":null}', "代码 401，“token已过期”"),
        ('{"code":200,"msg":"ok","data":[]}', "没有工单列表"),
        ('{"status":500,"error":"请联系 13800138000","path":"/api"}', "代码 500"),
        ('{"errcode":40001,"errmsg":""}', "代码 40001"),
    ],
)
def test_an_answer_without_a_list_is_refused_as_one(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RefusedFile) as refused:
        imported(tmp_path, "a.json", text)
    assert told in str(refused.value)
    assert "最像" not in str(refused.value)
    assert "13800138000" not in str(refused.value)


def test_an_answer_with_one_case_is_a_case(tmp_path: Path) -> None:
    imported(tmp_path, "a.json", '{"code":0,"data":{"工单编号":"Q1","受理时间":"2026-07-05","诉求内容":"贷款"}}')
    assert held(tmp_path).index.tolist() == ["Q1"]


def test_what_lies_beside_an_open_workbook_is_no_table(tmp_path: Path) -> None:
    for name in ("~$台账.xlsx", ".~台账.xlsx"):
        with pytest.raises(RefusedFile, match=r"临时文件.*关闭 Excel"):
            imported(tmp_path, name, b"\x04user" + b" " * 160)


def test_ofd_is_named_alone_and_passed_over_in_an_archive(tmp_path: Path) -> None:
    ofd = packed({"OFD.xml": "<x/>", "Doc_0/Document.xml": "<x/>"})
    with pytest.raises(RefusedFile, match=r"OFD.*不是表格"):
        imported(tmp_path, "a.ofd", ofd)
    result = imported(tmp_path, "a.zip", packed({"a.csv": _joined(";"), "批复.ofd": ofd}))
    assert result.accepted == 2
    assert any("批复.ofd 没有读入：是 OFD" in told for told in result.left_out)


def test_one_record_with_a_status_may_be_mapped_by_hand(tmp_path: Path) -> None:
    by_hand = ByHand(heads={"工单编号": "ref", "受理时间": "opened", "诉求内容": "said"})
    imported(tmp_path, "a.json", '{"ref":"Q1","opened":"2026-07-05","said":"贷款","status":"Open","x":1}', by_hand)
    assert held(tmp_path).index.tolist() == ["Q1"]
