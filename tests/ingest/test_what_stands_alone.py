"""What a clerk's files lost without a word: older versions, columns without their partner, sheets passed over, spoilt marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.store import Store
from tests.ingest.books import book_of
from tests.ingest.stored import imported

HEADS = "工单编号,受理时间,诉求内容,承办部门,更新时间,满意度,评价内容,回访结果,回访时间,转办时间"
NEW = "A1,2026-05-01,内容,新局,2026-06-10 10:00,满意,挺好,已解决,2026-06-09,2026-05-02 09:00"
OLD = "A1,2026-05-01,内容,旧局,2026-06-01 10:00,不满意,太慢,未解决,2026-05-20,2026-05-03 09:00"


def kept(folder: Path, question: str) -> list[tuple]:
    with Store(folder).draft() as draft:
        return draft.con.execute(question).fetchall()


def check_new(folder: Path) -> None:
    assert kept(folder, "SELECT department FROM cases") == [("新局",)]
    assert kept(folder, "SELECT grade, comment FROM ratings") == [(4, "挺好")]
    events = kept(folder, "SELECT stage, happened_at::DATE::VARCHAR, result FROM events ORDER BY stage")
    assert events == [("followed_up", "2026-06-09", "solved"), ("transferred", "2026-05-02", None)]


@pytest.mark.parametrize("rows", [(NEW, OLD), (OLD, NEW)])
def test_of_several_versions_the_newest_says_everything(rows: tuple[str, str], tmp_path: Path) -> None:
    imported(tmp_path, "台账.csv", "\n".join([HEADS, *rows]))
    check_new(tmp_path)


def test_an_older_version_that_comes_later_changes_nothing_and_is_told(tmp_path: Path) -> None:
    imported(tmp_path, "新.csv", f"{HEADS}\n{NEW}")
    result = imported(tmp_path, "旧.csv", f"{HEADS}\n{OLD}")
    check_new(tmp_path)
    assert "1 行的更新时间早于台账里已有的，没有改动台账" in "".join(result.warnings)


def test_what_only_an_older_version_says_is_kept(tmp_path: Path) -> None:
    later = "A1,2026-05-01,内容,新局,2026-06-10 10:00,,,,,"
    imported(tmp_path, "台账.csv", "\n".join([HEADS, later, OLD]))
    assert kept(tmp_path, "SELECT grade FROM ratings") == [(2,)]


@pytest.mark.parametrize(
    ("heads", "row", "told"),
    [
        ("回访结果", "未解决", "列「回访结果」有 1 格没有记入"),
        ("评价内容", "推诿扯皮", "列「评价内容」有 1 格没有记入"),
        ("差评整改时间", "2026-06-01", "列「差评整改时间」有 1 格没有记入"),
        ("满意度,评价内容", ",太慢", "列「评价内容」有 1 格没有记入"),
    ],
)
def test_what_says_nothing_without_another_column_is_named(heads: str, row: str, told: str, tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", f"工单编号,受理时间,诉求内容,{heads}\nA1,2026-05-01,内容,{row}")
    assert told in "".join(result.to_check)


def test_with_its_partner_it_is_kept_and_not_named(tmp_path: Path) -> None:
    heads = "工单编号,受理时间,诉求内容,满意度,评价内容,回访结果,回访时间"
    result = imported(tmp_path, "台账.csv", f"{heads}\nA1,2026-05-01,内容,满意,好,已解决,2026-05-03")
    assert result.to_check == []
    assert kept(tmp_path, "SELECT comment FROM ratings") == [("好",)]


CASES = [["工单编号", "受理时间", "诉求内容"], ["A1", "2026-05-01", "内容"]]


@pytest.mark.parametrize("other", [[["工单编号", "答复意见"], ["A1", "已办"]], [["工单号", "满意度"], ["A1", "满意"]]])
def test_a_sheet_of_case_numbers_that_is_not_read_is_a_loss(other: list[list[object]], tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.xlsx", book_of(台账=CASES, 别的=other))
    assert "别的" in "".join(result.left_out)


def test_other_sheets_are_named(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.xlsx", book_of(台账=CASES, 说明=[["本表由各局填报"], ["有问题请联系"]]))
    assert result.left_out == []
    assert "没有读入的工作表或文件（没有台账的列）：说明" in "".join(result.warnings)


def test_marks_of_nothing_and_numbers_as_fractions(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.csv", "工单编号,受理时间,诉求内容,承办部门\n20260501001.0,2026-05-01,内容,\\N")
    assert kept(tmp_path, "SELECT case_no, department FROM cases") == [("20260501001", None)]
    assert "编号末尾多出的 .0 已去掉" in [r.kind for r in result.repairs]
    again = imported(tmp_path, "b.csv", "工单编号,受理时间,诉求内容,承办部门\n20260501001,2026-05-01,内容,甲局")
    assert (again.accepted, again.updated) == (0, 1)


def test_a_score_of_nought_is_no_score(tmp_path: Path) -> None:
    rows = "\n".join(f"A{i},2026-05-01,内容{i},{grade}" for i, grade in enumerate((5, 4, 0, 1)))
    imported(tmp_path, "台账.csv", f"工单编号,受理时间,诉求内容,满意度\n{rows}")
    assert kept(tmp_path, "SELECT grade FROM ratings ORDER BY case_no") == [(5,), (4,), (1,)]


def test_scores_beyond_five_say_why_they_are_not_read(tmp_path: Path) -> None:
    rows = "\n".join(f"A{i},2026-05-01,内容{i},{grade}" for i, grade in enumerate((5, 4, 10)))
    result = imported(tmp_path, "台账.csv", f"工单编号,受理时间,诉求内容,满意度\n{rows}")
    assert "1 到 5 以外的分" in "".join(result.warnings)
    assert "code_synonyms" not in "".join(result.warnings)


def test_a_spreadsheets_own_subtotals_are_no_cases(tmp_path: Path) -> None:
    rows = [["承办部门", *CASES[0]], ["科技局", *CASES[1]], ["科技局 计数", None, None, 1], ["总计数", None, None, 1]]
    rows += [["甲局", "A2", "2026-05-02", "请汇总"], ["甲局 汇总", None, None, 1]]
    result = imported(tmp_path, "台账.xlsx", book_of(台账=rows))
    assert (result.accepted, result.quarantined) == (2, 0)
    assert "“甲局 汇总”" in "".join(result.warnings)


def test_a_year_out_of_reach_is_said_to_be_it(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", "工单编号,受理时间,诉求内容\nA1,2026-05-05,内容\nA2,1926-05-05,内容")
    assert "“1926-05-05”的年份不在 2004 到 2035 年之间" in result.quarantine[0].reason
