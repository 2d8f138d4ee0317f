"""Limits become working days or natural hours: the unit in the cell wins over the head's."""

import pytest

from analytics.ingest.limits import HOURS, NATURAL, WORKING, limits, one_limit, unit_of_head


@pytest.mark.parametrize(
    ("cell", "days", "hours"),
    [
        ("5", 5, None),
        ("5.0", 5, None),
        ("5个工作日内", 5, None),
        ("五个工作日", 5, None),
        ("十五工作日", 15, None),
        ("二十三天", 23, None),
        ("1-3个工作日", 3, None),
        ("3～5个工作日", 5, None),
        ("3天至5天", 5, None),
        ("5天（工作日）", 5, None),
        ("不超过5个工作日", 5, None),
        ("工作日5天", 5, None),
        ("５ 个 工作日", 5, None),
        ("10天", 10, None),
        ("5 working days", 5, None),
        ("48小时", None, 48),
        ("48小时内办结", None, 48),
        ("24h", None, 24),
        ("5个自然日", None, 120),
        ("5日（自然日）", None, 120),
        ("即办件", 0, None),
        ("当场办结", 0, None),
        ("即办", 0, None),
        ("无", None, None),
        ("不限", None, None),
    ],
)
def test_spellings_of_a_limit(cell: str, days: int | None, hours: int | None) -> None:
    assert one_limit(cell, WORKING) == (days, hours)


@pytest.mark.parametrize(
    "cell",
    ["2.5", "2个月", "延期至10日", "30分", "5个工作日48小时", "5-3个工作日", "办结", "尽快", "2024-07-05", "-3", "1e9"],
)
def test_what_no_limit_says_is_told(cell: str) -> None:
    assert one_limit(cell, WORKING) is None
    assert limits([cell], WORKING)[2][0]


@pytest.mark.parametrize(
    ("head", "column", "unit"),
    [
        ("承诺时限(工作日)", "promised_days", WORKING),
        ("承诺时限", "promised_days", WORKING),
        ("承诺时限（自然日）", "promised_days", NATURAL),
        ("时限(小时)", "promised_hours", HOURS),
    ],
)
def test_a_bare_number_is_read_by_its_head(head: str, column: str, unit: str) -> None:
    assert unit_of_head(head, column) == unit
    assert one_limit("2", unit) == {WORKING: (2, None), NATURAL: (None, 48), HOURS: (None, 2)}[unit]


def test_a_whole_column() -> None:
    days, hours, bad = limits(["48小时", "5", None, "尽快", "无"], WORKING)
    assert days.tolist()[1] == 5
    assert hours.tolist()[0] == 48
    assert bad.tolist() == [False, False, False, True, False]
