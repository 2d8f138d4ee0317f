"""What a third clerk's files held that reading lost or took for something else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.ingest import ByHand, parsing
from analytics.ingest.refusing import RefusedFile
from analytics.model import STAGES
from analytics.store import Store
from tests.ingest.books import book
from tests.ingest.stored import held, imported

HEAD = "工单编号,受理时间,诉求内容,承办部门"
ROWS = ("Q1,2026-07-05 09:12,贷款,区财政局", "Q2,2026-07-06 09:12,用电,区工信局")
TABLE = "\n".join((HEAD, *ROWS)) + "\n"


@pytest.mark.parametrize("end", [b"\x1a", b"\x00\x00", b"\x1a" + b"\x00" * 3000, b"\x1a\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_marks_behind_the_last_line_are_no_row(tmp_path: Path, end: bytes, encoding: str) -> None:
    end = end.decode().encode(encoding)
    result = imported(tmp_path, "a.csv", TABLE.encode(encoding) + end)
    assert (result.accepted, result.quarantined) == (2, 0)
    assert held(tmp_path)["department"].tolist() == ["区财政局", "区工信局"]


def test_a_mark_right_behind_the_last_cell(tmp_path: Path) -> None:
    assert imported(tmp_path, "a.csv", TABLE.rstrip("\n") + "\x1a").accepted == 2
    assert held(tmp_path)["department"].tolist() == ["区财政局", "区工信局"]


@pytest.mark.parametrize(
    ("words", "grades"),
    [
        (["5", "3.5", "4", "1"], [5, None, 4, 1]),  # half a grade is none, and says nothing of the others
        (["5", "90", "4"], [None, None, None]),
        (["1", "0.8", "0.6"], [None, None, None]),  # a share, on no scale from one to five
        (["非常满意（5分）", "满意(4分)", "不满意 2"], [5, 4, 2]),
        (["1-非常满意", "2.满意", "5、非常不满意"], [5, 4, 1]),  # the word counts, whichever way the figures run
        (["满 意", "非 常 满 意", "基本 满意"], [4, 5, 3]),
        (["⭐⭐⭐", "⭐️⭐️⭐️⭐️", "🌟", "★★☆☆☆"], [3, 4, 1, 2]),
        (["满意1次", "5-3", "12-满意"], [None, None, None]),
    ],
)
def test_grades_as_they_are_written(words: list[str], grades: list[int | None]) -> None:
    value, bad = parsing.codes(words, "grade")
    assert [None if pd.isna(v) else int(v) for v in value] == grades
    assert bad.tolist() == [g is None for g in grades]


def test_what_is_said_of_half_a_grade(tmp_path: Path) -> None:
    rows = "".join(f"Q{i},2026-07-05,贷款,{g}\n" for i, g in enumerate(["5", "3.5", "4"]))
    result = imported(tmp_path, "a.csv", "工单编号,受理时间,诉求内容,满意度\n" + rows)
    assert [(e.word, e.count) for e in result.left_empty] == [("3.5", 1)]
    assert not any("1 到 5 以外" in w for w in result.warnings)


def test_a_day_and_a_clock_under_bare_heads_are_one_time(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.csv", "编号,日期,时间,诉求内容\nX1,2026.7.5,9:12,贷款\nX2,2026.7.6,下午2点半,用电\n")
    assert held(tmp_path)["accepted_at"].astype(str).tolist() == ["2026-07-05 09:12:00", "2026-07-06 14:30:00"]
    assert any("「日期」与「时间」已合成一个时间" in w for w in result.warnings)


def test_two_bare_heads_under_one_word(tmp_path: Path) -> None:
    rows = [["", "日期", "时间", ""], ["X1", "2026.7.5", "9:12", "贷款"]]
    imported(tmp_path, "a.xlsx", book(rows, ["工单编号", "受理时间", "", "诉求内容"]))
    assert held(tmp_path)["accepted_at"].astype(str).tolist() == ["2026-07-05 09:12:00"]


def test_a_clock_without_its_day_says_which_column_is_empty(tmp_path: Path) -> None:
    rows = [["X1", "2026-07-05", "09:12", "贷款"], ["X2", "", "10:00", "用电"]]
    for name, content in (("a.xlsx", book(rows, HEADS_OF_TWO)), ("a.csv", _csv(HEADS_OF_TWO, *rows))):
        result = imported(tmp_path / name, name, content)
        (kept_out,) = result.quarantine
        assert "列「受理日期」是空的，只写了时刻“10:00" in kept_out.reason


HEADS_OF_TWO = ["工单编号", "受理日期", "受理时间", "诉求内容"]


def _csv(*rows: list[str]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)


@pytest.mark.parametrize("head", ["办结时限", "办理时限", "承诺时限(小时)"])
def test_a_limit_that_is_a_time_is_the_time_by_which_a_case_is_due(tmp_path: Path, head: str) -> None:
    rows = [["X1", "2026-07-05", "贷款", "2026-07-12 17:30:00"], ["X2", "2026-07-06", "用电", "2026-07-13前"]]
    result = imported(tmp_path, "a.csv", _csv(["工单编号", "受理时间", "诉求内容", head], *rows))
    due = held(tmp_path)["due_at"].astype(str).tolist()
    assert due[0] == "2026-07-12 17:30:00"
    assert due[1].startswith("2026-07-13")
    assert not result.left_empty
    assert any(f"列「{head}」里是时间，不是天数，作办理期限读入" in w for w in result.warnings)


def test_a_limit_in_days_stays_one_and_a_column_of_due_times_comes_first(tmp_path: Path) -> None:
    heads = ["工单编号", "受理时间", "诉求内容", "办结时限", "办理期限"]
    imported(
        tmp_path / "a", "a.csv", _csv(heads[:4], ["X1", "2026-07-05", "贷款", "5"], ["X2", "2026-07-05", "水", "46215"])
    )
    assert held(tmp_path / "a")["promised_days"].tolist() == [5, 46215]
    result = imported(tmp_path / "b", "a.csv", _csv(heads, ["X1", "2026-07-05", "贷款", "2026-07-12", "2026-07-13"]))
    assert str(held(tmp_path / "b")["due_at"].iloc[0]).startswith("2026-07-13")
    assert [e.word for e in result.left_empty] == ["2026-07-12"]


@pytest.mark.parametrize(
    ("heads", "told"),
    [
        ("工单编号,节点名称,处理人,开始时间,结束时间", "--table 环节记录 --map 环节=节点名称 发生时间=开始时间"),
        ("工单编号,操作类型,经办人,操作时间,备注", "--table 环节记录 --map 环节=操作类型 发生时间=操作时间"),
        ("工单编号,回访日期,回访人,回访结果", "每行填“回访”"),
        ("工单编号,转出部门,接收部门,转办时间", "--table 环节记录 --map 发生时间=转办时间"),
    ],
)
def test_a_table_of_steps_is_told_how_it_goes_in(tmp_path: Path, heads: str, told: str) -> None:
    with pytest.raises(RefusedFile) as refused:
        imported(tmp_path, "a.csv", f"{heads}\nS1,x,x,2026-07-05,x\n")
    assert told in str(refused.value)
    assert "最像「环节记录」" in str(refused.value)


@pytest.mark.parametrize("heads", ["工单编号,办结时间,回访时间,满意度", "编码,企业名称,节点名称,时间"])
def test_what_lacks_the_text_of_cases_is_no_table_of_steps_for_that(tmp_path: Path, heads: str) -> None:
    with pytest.raises(RefusedFile) as refused:
        imported(tmp_path, "a.csv", f"{heads}\nS1,x,x,2026-07-05\n")
    assert "--table 环节记录" not in str(refused.value)


def test_the_way_that_is_told_works_and_names_every_step_that_may_be(tmp_path: Path) -> None:
    store = Store(tmp_path)
    imported(store, "a.csv", TABLE)
    text = "工单编号,节点名称,处理人,处理部门,开始时间\nQ1,派单,王,中心,2026-07-05 09:20\nQ1,科室承办,李,局,2026-07-06 09:20\n"
    by_hand = ByHand(heads={"环节": "节点名称", "发生时间": "开始时间"}, table="环节记录")
    result = imported(store, "b.csv", text, by_hand)
    assert (result.accepted, result.quarantined) == (1, 1)
    assert all(label in result.quarantine[0].reason for label in STAGES.values())
