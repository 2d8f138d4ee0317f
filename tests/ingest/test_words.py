"""Words as clerks write them: limits, ratings, heads of departments, telephones, credit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.ingest.limits import HOURS, NATURAL, WORKING, one_limit
from tests.ingest.stored import held, imported, repairs


@pytest.mark.parametrize(
    ("text", "unit", "limit"),
    [
        ("两周", WORKING, (None, 336)),
        ("1个星期内", WORKING, (None, 168)),
        ("半天", WORKING, (1, None)),
        ("半天", NATURAL, (None, 12)),
        ("半个工作日", WORKING, (1, None)),
        ("30分钟", WORKING, (None, 1)),
        ("90分钟内", HOURS, (None, 2)),
        ("半小时", WORKING, (None, 1)),
        ("1.5小时", WORKING, (None, 2)),
        ("2.5个工作日", WORKING, (3, None)),
        ("1.5天", NATURAL, (None, 36)),
        ("三个工作日", WORKING, (3, None)),
        ("3个工作日", HOURS, (3, None)),
        ("一个月", WORKING, None),
        ("两天半", WORKING, None),
    ],
)
def test_limits(text: str, unit: str, limit: tuple | None) -> None:
    assert one_limit(text, unit) == limit


def test_limits_that_were_rounded_are_counted(tmp_path: Path) -> None:
    lines = "工单编号,受理时间,诉求内容,承诺时限\nA1,2026-03-01,一,30分钟\nA2,2026-03-01,二,半天\nA3,2026-03-01,三,两周\nA4,2026-03-01,四,5.0\n"
    result = imported(tmp_path, "a.csv", lines)
    assert repairs(result) == {"比小时、工作日更细的时限已向上取整": 2}
    assert held(tmp_path)["promised_hours"].fillna(0).astype(int).to_dict() == {"A1": 1, "A2": 0, "A3": 336, "A4": 0}


@pytest.mark.parametrize(
    ("word", "grade"),
    [("不太满意", 2), ("较满意", 4), ("比较满意", 4), ("较不满意", 2), ("十分满意", 5), ("5星", 5), ("★★★★★", 5), ("★★★☆☆", 3), ("4.0", 4), ("4.0分", 4), ("一般满意", 3)],
)  # fmt: skip
def test_ratings(tmp_path: Path, word: str, grade: int) -> None:
    imported(tmp_path, "a.csv", f"工单编号,受理时间,诉求内容,满意度\nA1,2026-03-01,一,{word}\n")
    assert held(tmp_path, "ratings")["grade"].to_dict() == {"A1": grade}


@pytest.mark.parametrize("lead", ["主办单位", "牵头单位", "主责部门", "主办科室"])
@pytest.mark.parametrize("co", ["配合单位", "会办", "会办单位", "协办", "协同部门"])
def test_heads_of_departments(tmp_path: Path, lead: str, co: str) -> None:
    imported(tmp_path, "a.csv", f"工单编号,受理时间,诉求内容,{lead},{co}\nA1,2026-03-01,一,城管局,环保局、住建局\n")
    case = held(tmp_path).loc["A1"]
    assert (case["department"], case["co_departments"]) == ("城管局", "环保局、住建局")


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("008613812345678", "13812345678"),
        ("86-138 1234 5678", "13812345678"),
        ("029-8888 1234", "029-88881234"),
        ("（029）88881234", "029-88881234"),
        ("+86-29-88881234", "029-88881234"),
        ("029-88881234转123", "029-88881234转123"),
        ("02988881234 分机 123", "029-88881234转123"),
        ("0917-3261234 ext.12", "0917-3261234转12"),
        ("13812345678/13912345678", "13812345678/13912345678"),
        ("不详", "不详"),
        ("400-800-1234", "400-800-1234"),
    ],
)
def test_telephones(tmp_path: Path, written: str, phone: str) -> None:
    result = imported(tmp_path, "a.csv", f"工单编号,受理时间,诉求内容,联系电话\nA1,2026-03-01,一,{written}\n")
    assert held(tmp_path).loc["A1", "contact_phone"] == phone
    assert repairs(result).get("电话、信用代码的写法已统一", 0) == (written != phone)


@pytest.mark.parametrize(
    "written", ["91610113ma6u0abc1x", "91610113 MA6U 0ABC1X", "91610113-MA6U0ABC1-X", "91610113ＭＡ6U0ABC1X"]
)
def test_credit_codes_are_one(tmp_path: Path, written: str) -> None:
    result = imported(tmp_path, "a.csv", f"工单编号,受理时间,诉求内容,统一社会信用代码\nA1,2026-03-01,一,{written}\n")
    assert held(tmp_path).loc["A1", "credit_code"] == "91610113MA6U0ABC1X"
    assert sum(repairs(result).values()) >= 1
    assert "91610113" not in str(result.account().as_json())
