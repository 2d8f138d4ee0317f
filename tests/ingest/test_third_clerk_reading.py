"""What a third clerk's files held that reading lost or took for something else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.ingest import parsing
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
