"""Two columns under one head, heads of two levels, a table told by one head of many, grades that run the other way."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from analytics.cli import main
from analytics.ingest import RefusedFile
from analytics.ingest.head_levels import joined_heads
from analytics.ingest.parsing import is_best_first
from analytics.store import Store
from tests.ingest.books import book_of
from tests.ingest.stored import held, imported

HEAD = "工单编号,受理时间,诉求内容"


@pytest.mark.parametrize("head", ["承办部门", "办结时间", "诉求内容"])
def test_what_stands_under_an_equal_head_is_named_by_its_place(head: str, tmp_path: Path) -> None:
    value = ("2026-05-03", "2026-05-09") if "时间" in head else ("甲局", "乙局")
    lines = [
        f"工单编号,受理时间,诉求主题,{head},{head}",
        f"A1,2026-05-01,主题,{','.join(value)}",
        f"A2,2026-05-01,主题二,{value[0]},",
    ]
    result = imported(tmp_path, "台账.csv", "\n".join(lines))
    (told,) = result.to_check
    assert "第 4、5 列的表头都是" in told
    assert "1 格" in told
    assert result.account().state == "amber"
    assert not [w for w in result.warnings if "没有用到的列" in w]


def test_equal_columns_are_not_spoken_of(tmp_path: Path) -> None:
    result = imported(
        tmp_path, "台账.csv", f"{HEAD},承办部门,承办部门\nA1,2026-05-01,内容,甲局,甲局\nA2,2026-05-01,内容,甲局,"
    )
    assert result.to_check == []


def test_a_day_and_its_time_under_one_head_are_one_time(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", "工单编号,受理时间,受理时间,诉求内容\nA1,2026-05-01,9:30,内容")
    assert result.to_check == []
    assert str(held(tmp_path)["accepted_at"]["A1"]) == "2026-05-01 09:30:00"


@pytest.mark.parametrize(
    ("upper", "lower", "joined"),
    [
        (["编号", "办理", "", "备注"], ["", "部门", "时间", ""], ["编号", "部门", "时间", "备注"]),
        (
            ["编号", "一级", "", "二级", ""],
            ["", "部门", "时间", "部门", "时间"],
            ["编号", "一级部门", "一级时间", "二级部门", "二级时间"],
        ),
        (["编号", "办理", ""], ["编号", "部门", "时间"], ["编号", "部门", "时间"]),
        (["编号", "内容", ""], ["A1", "停车难", "x"], None),
        (["编号", "内容", "时间"], ["甲", "乙", "丙"], None),
        (["编号", "内容", ""], ["", "", "备注"], ["编号", "内容", "备注"]),
    ],
)
def test_heads_of_two_levels(upper: list[str], lower: list[str], joined: list[str] | None) -> None:
    assert joined_heads(upper, lower) == joined


def test_a_ledger_under_heads_of_two_levels(tmp_path: Path) -> None:
    upper = [*HEAD.split(","), "办理情况", None, "评价", None]
    lower = [None, None, None, "承办部门", "办结时间", "评价等级", "评价内容"]
    rows = [["A1", "2026-05-01", "内容", "甲局", "2026-05-03", "满意", "好"]]
    result = imported(tmp_path, "台账.xlsx", book_of(台账=[upper, lower, *rows]))
    assert result.quarantine == []
    assert held(tmp_path).loc["A1", "department"] == "甲局"
    assert result.tables == {"cases": 1, "ratings": 1}


LIST = "单据编号,单据日期,摘要,部门,审核日期,单据状态\nYY-0001,2026-05-01,申请补贴,财务科,2026-05-02,已审核"


def test_one_head_of_many_makes_no_table(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="只认得一个"):
        imported(tmp_path, "单据.csv", LIST)


def test_one_head_of_many_where_a_person_says_which_table(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "单据.csv").write_text(LIST, "utf-8")
    store = str(tmp_path / "store")
    assert main(["import", str(tmp_path / "单据.csv"), "--store", store, "--table", "部门名录"]) == 0
    assert "请核对：" in capsys.readouterr().err


@pytest.mark.parametrize(
    "head",
    [
        "满意度（1非常满意-5非常不满意）",
        "评分(1＝最满意，5＝最不满意)",
        "评价等级 1.非常满意",
        "满意度（非常满意=1，满意=2）",
    ],
)
def test_grades_that_begin_with_the_best(head: str) -> None:
    assert is_best_first(head)


@pytest.mark.parametrize(
    "head", ["满意度", "满意度（5非常满意-1非常不满意）", "评分（1至5分）", "第1次评价 非常满意数"]
)
def test_grades_that_begin_with_the_worst(head: str) -> None:
    assert not is_best_first(head)


def test_the_best_first_is_stored_as_the_best(tmp_path: Path) -> None:
    imported(
        tmp_path,
        "台账.csv",
        f"{HEAD},满意度（1非常满意-5非常不满意）\nA1,2026-05-01,内容,1\nA2,2026-05-01,内容,5分\nA3,2026-05-01,内容,满意",
    )
    with Store(tmp_path).draft() as draft:
        grades = dict(draft.con.execute("SELECT case_no, grade FROM ratings").fetchall())
    assert grades == {"A1": 5, "A2": 1, "A3": 4}


@pytest.mark.parametrize(
    "text",
    [
        '{"工单编号": ["T1", "T2"], "受理时间": ["2026-05-01", "2026-05-02"], "诉求内容": ["一", "二"]}',
        '{"工单编号": {"0": "T1", "1": "T2"}, "受理时间": {"0": "2026-05-01", "1": "2026-05-02"}, "诉求内容": {"0": "一", "1": "二"}}',
        '{"0": {"工单编号": "T1", "受理时间": "2026-05-01", "诉求内容": "一"}, "1": {"工单编号": "T2", "受理时间": "2026-05-02", "诉求内容": "二"}}',
    ],
)
def test_json_by_columns_and_by_places(text: str, tmp_path: Path) -> None:
    imported(tmp_path, "台账.json", text)
    assert held(tmp_path)["content"].to_dict() == {"T1": "一", "T2": "二"}


def test_dashes_of_numbers_are_one_dash(tmp_path: Path) -> None:
    imported(tmp_path, "台账.csv", f"{HEAD}\nB-1,2026-05-01,内容")
    result = imported(tmp_path, "台账.csv", f"{HEAD}\nB–1,2026-05-01,内容")
    assert (result.accepted, result.unchanged) == (0, 1)


def test_a_text_beside_the_tables_of_an_archive_is_named(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("台账.csv", f"{HEAD}\nA1,2026-05-01,内容")
        archive.writestr("说明.txt", "本月导出，有问题请联系信息科")
    result = imported(tmp_path, "台账.zip", out.getvalue())
    assert "说明.txt" in "".join((*result.warnings, *result.left_out))
