"""Nothing is overwritten by less of the same, and what a file does not say plainly is named."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from analytics.cli import main
from analytics.ingest import RefusedFile
from analytics.ingest.records import STRAY_QUOTE
from analytics.store import Store
from tests.ingest.books import book_of, saved
from tests.ingest.stored import held, imported

HEAD = "工单编号,受理时间,诉求内容"


def grades(folder: Path) -> dict[str, int]:
    with Store(folder).draft() as draft:
        return dict(draft.con.execute("SELECT case_no, grade FROM ratings ORDER BY 1").fetchall())


@pytest.mark.parametrize(("full", "masked"), [("13812348000", "138****8000"), ("张三丰", "张＊＊")])
def test_a_masked_value_keeps_the_whole_one(full: str, masked: str, tmp_path: Path) -> None:
    head = "联系电话" if full.isdigit() else "联系人"
    imported(tmp_path, "一.csv", f"{HEAD},{head}\nA1,2026-05-01,内容,{full}")
    result = imported(tmp_path, "二.csv", f"{HEAD},{head}\nA1,2026-05-01,内容,{masked}")
    assert result.unchanged == 1
    column = "contact_phone" if full.isdigit() else "contact_name"
    assert held(tmp_path)[column]["A1"] == full


@pytest.mark.parametrize("later", ["2026-05-01 09:05", "2026-05-01"])
def test_a_coarser_time_keeps_the_finer_one(later: str, tmp_path: Path) -> None:
    imported(tmp_path, "一.csv", f"{HEAD}\nA1,2026-05-01 09:05:33,内容")
    result = imported(tmp_path, "二.csv", f"{HEAD}\nA1,{later},内容")
    assert (result.unchanged, result.to_check) == (1, [])
    assert held(tmp_path)["accepted_at"]["A1"] == dt.datetime(2026, 5, 1, 9, 5, 33)


@pytest.mark.parametrize(("old", "new"), [("000123", "123"), ("QY001", "工单编号：QY001"), ("QY-003", "QY003（重复）")])
def test_a_known_number_under_another_spelling_is_named(old: str, new: str, tmp_path: Path) -> None:
    imported(tmp_path, "一.csv", f"{HEAD}\n{old},2026-05-01 09:00,漏水\nB1,2026-05-02,停电")
    result = imported(tmp_path, "二.csv", f"{HEAD}\n{new},2026-05-01 10:00,漏水\nB2,2026-05-02,停电了")
    (told,) = result.to_check
    assert "1 件新工单的编号" in told


def test_numbers_alike_of_different_cases_are_not_spoken_of(tmp_path: Path) -> None:
    imported(tmp_path, "一.csv", f"{HEAD}\n000123,2026-05-01,漏水")
    assert imported(tmp_path, "二.csv", f"{HEAD}\n123,2026-05-01,停电").to_check == []


def test_bytes_and_lists_of_parquet_are_texts(tmp_path: Path) -> None:
    out = io.BytesIO()
    columns = {
        "工单编号": [b"A1"],
        "受理时间": [b"2026-05-01"],
        "诉求内容": ["漏水".encode()],
        "承办部门": [["甲局", "乙局"]],
    }
    parquet.write_table(pa.table(columns), out)
    imported(tmp_path, "台账.parquet", out.getvalue())
    row = held(tmp_path).loc["A1"]
    assert (row["content"], row["department"]) == ("漏水", "甲局；乙局")


def test_a_percentage_is_no_grade(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    for row in ([*HEAD.split(","), "满意度"], ["A1", "2026-05-01", "内容", 1], ["A2", "2026-05-01", "内容", 0.8]):
        made.active.append(row)
    for place, style in (("D2", "0%"), ("D3", "0.00%")):
        made.active[place].number_format = style
    result = imported(tmp_path, "台账.xlsx", saved(made))
    assert grades(tmp_path) == {}
    assert {e.word for e in result.left_empty} == {"100%", "80%"}


def test_yes_and_no_are_no_grades(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", f"{HEAD},满意度\nA1,2026-05-01,内容,1\nA2,2026-05-01,内容,0")
    assert grades(tmp_path) == {}
    assert "只有 1 和 0" in "".join(result.warnings)


def test_a_number_that_became_a_day_is_lost(tmp_path: Path) -> None:
    rows = [HEAD.split(","), ["5-11", "2026-05-01", "内容"], [dt.datetime(2026, 5, 12), "2026-05-01", "内容"]]
    result = imported(tmp_path, "台账.xlsx", book_of(台账=rows))
    (kept_out,) = result.quarantine
    assert "当成了日期" in kept_out.reason


def test_a_last_line_that_was_cut_off_is_named(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", f"{HEAD},承办部门\nA1,2026-05-01,内容,甲局\nA2,2026-05-02")
    assert result.accepted == 1
    assert "没有传完" in result.quarantine[0].reason


def test_a_file_that_ends_within_a_character_is_named(tmp_path: Path) -> None:
    result = imported(
        tmp_path, "台账.csv", f"{HEAD}\nA1,2026-05-01,内容很多很多很多很多很多很多很多很多字".encode()[:-1]
    )
    assert "没有传完" in result.left_out[0]


def test_a_whole_line_without_its_end_is_a_row(tmp_path: Path) -> None:
    assert imported(tmp_path, "台账.csv", f"{HEAD}\nA1,2026-05-01,内容").accepted == 1


def test_what_counts_seconds_is_named(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", f"{HEAD}\nA1,1777626000000,内容")
    assert "1777626000000 → 2026-05-01 17:00" in "".join(result.warnings)


TRADITIONAL = "工單編號,受理時間,訴求內容\nA1,2026-05-01,企業反映貸款續期困難，請協調銀行辦理，員工宿舍漏水請維修\n"


def test_big5_is_named_and_not_read_as_gbk(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="Big5"):
        imported(tmp_path, "台帳.csv", TRADITIONAL.encode("big5"))


def test_gbk_is_read_as_gbk(tmp_path: Path) -> None:
    text = f"{HEAD},承办部门\nA1,2026-05-01,喆鑫镕公司反映，电费过高；㙓,區政府"
    imported(tmp_path, "台账.csv", text.encode("gb18030"))
    assert held(tmp_path)["department"]["A1"] == "區政府"


def test_a_script_of_sql_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="SQL"):
        imported(tmp_path, "台账.sql", "-- dump\nINSERT INTO cases VALUES ('A1','2026-05-01','内容');\n")


def test_a_comment_before_lines_of_json(tmp_path: Path) -> None:
    lines = "// 导出\n" + "\n".join(
        f'{{"工单编号":"A{i}","受理时间":"2026-05-01","诉求内容":"第{i}件"}}' for i in (1, 2)
    )
    imported(tmp_path, "台账.jsonl", lines)
    assert list(held(tmp_path).index) == ["A1", "A2"]


ROWS = (
    "A1,13800138000,2026-05-01 09:00,漏水,610113199001011234\nA2,13900139000,2026-05-02 09:00,贷款,610113199001011235"
)


def test_a_table_without_heads_shows_nobodys_number(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile) as caught:
        imported(tmp_path, "台账.csv", ROWS)
    assert "没有表头" in str(caught.value)
    assert not any(cell in str(caught.value) for cell in ("13800138000", "610113199001011234"))


def test_a_table_without_heads_keeps_its_first_row(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "台账.csv").write_text(ROWS, "utf-8")
    store = tmp_path / "store"
    said = ["--map", "工单编号=A", "受理时间=C", "诉求内容=D"]
    assert main(["import", str(tmp_path / "台账.csv"), "--store", str(store), *said]) == 0
    assert list(held(store).index) == ["A1", "A2"]
    told = "".join(capsys.readouterr())
    assert "第一行也当作工单" in told
    assert "13800138000" not in told


@pytest.mark.parametrize(
    ("head", "column"), [("服务态度满意度", "评价等级"), ("实际办结时间", "办结时间"), ("牵头责任单位", "承办部门")]
)
def test_a_column_that_plainly_holds_more_is_not_passed_over_in_silence(head: str, column: str, tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", f"{HEAD},{head}\nA1,2026-05-01,内容,x")
    (told,) = result.to_check
    assert f"--map {column}={head}" in told


@pytest.mark.parametrize("cell", ["住建局、水务局", "牵头：住建局；配合：水务局", "住建局(主办) 水务局(协办)"])
def test_several_departments_in_one_cell_are_named(cell: str, tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", f'{HEAD},承办部门\nA1,2026-05-01,内容,"{cell}"\nA2,2026-05-01,内容,住建局')
    (told,) = result.to_check
    assert "1 格写了不止一个部门" in told


def test_a_row_of_words_alone_goes_on_with_the_one_above(tmp_path: Path) -> None:
    rows = [HEAD.split(","), ["A1", "2026-05-01", "前一半"], [None, None, "后一半"], ["A2", "2026-05-02", "内容"]]
    result = imported(tmp_path, "台账.xlsx", book_of(台账=rows))
    assert "接着第 2 行" in result.quarantine[0].reason
    assert "1 件的文字多半没有完" in result.to_check[0]
    assert "第 2 行" in result.to_check[0]


def test_rulers_are_no_rows(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.txt", "工单编号|受理时间|诉求内容\n---|---|---\nA1|2026-05-01|内容\n")
    assert (result.accepted, result.quarantined) == (1, 0)


def test_a_head_of_two_lines_is_one_word(tmp_path: Path) -> None:
    rows = [["工单\n编号", "受理\n时间", "诉求内容", "满意\n程度"], ["A1", "2026-05-01", "内容", "满意"]]
    imported(tmp_path, "台账.xlsx", book_of(台账=rows))
    assert grades(tmp_path) == {"A1": 4}


def test_two_quotes_that_begin_a_text_are_told(tmp_path: Path) -> None:
    text = f'{HEAD},承办部门\nA1,2026-05-01,""手工""双引号"",甲局\nA2,2026-05-02,"{{""型"":""贷""}}",乙局\n'
    result = imported(tmp_path, "台账.csv", text)
    assert held(tmp_path)["content"].to_dict() == {"A1": '"手工"双引号"', "A2": '{"型":"贷"}'}
    assert [(r.kind, r.count) for r in result.repairs] == [(STRAY_QUOTE, 1)]


@pytest.mark.parametrize("nothing", ["0000-00-00 00:00:00", "1900-01-01", "9999-12-31 23:59:59", "0001-01-01T00:00:00"])
def test_what_systems_write_for_no_time_is_none(nothing: str, tmp_path: Path) -> None:
    result = imported(
        tmp_path, "台账.csv", f"{HEAD},办结时间\nA1,2026-05-01,内容,{nothing}\nA2,2026-05-01,内容,2026-05-03"
    )
    assert (result.accepted, result.left_empty) == (2, [])
    assert held(tmp_path)["closed_at"].isna().to_dict() == {"A1": True, "A2": False}


def test_an_accepted_time_of_nothing_is_missing(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", f"{HEAD}\nA1,0000-00-00,内容\nA2,2026-05-01,内容")
    assert (result.accepted, result.quarantined) == (1, 1)


PAGE = '{{"code": 0, "data": {{"page": {0}, "rows": [{{"工单编号": "Q{0}", "受理时间": [2026, 5, {0}, 9, 30], "诉求内容": "漏水"}}]}}}}'


def test_pages_of_an_interface_are_one_list(tmp_path: Path) -> None:
    imported(tmp_path, "台账.json", f"[{PAGE.format(1)}, {PAGE.format(2)}]")
    assert held(tmp_path)["accepted_at"].astype(str).to_dict() == {
        "Q1": "2026-05-01 09:30:00",
        "Q2": "2026-05-02 09:30:00",
    }


def test_what_mongodb_wraps(tmp_path: Path) -> None:
    imported(
        tmp_path,
        "台账.json",
        '[{"工单编号": {"$numberLong": "20260501000000001"}, "受理时间": {"$date": {"$numberLong": "1777683600000"}}, "诉求内容": "x"}]',
    )
    assert str(held(tmp_path)["accepted_at"]["20260501000000001"]) == "2026-05-02 09:00:00"
