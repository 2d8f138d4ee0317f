"""Numbers in words."""

import datetime as dt

import pytest

from analytics.wording import change, days, number


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234, "件", "1,234 件"),
        (0.8876, "%", "88.8%"),
        (4.06, "个工作日", "4.1 个工作日"),
        (None, "件", "—"),
        (float("nan"), "%", "—"),
    ],
)
def test_number(value: float | None, unit: str, text: str) -> None:
    assert number(value, unit) == text


@pytest.mark.parametrize(
    ("now", "before", "unit", "text"),
    [
        (0.885, 0.89, "%", "-0.5 个百分点"),
        (110, 100, "件", "+10.0%"),
        (3, 0, "件", "+3 件"),
        (4.14, 4.11, "个工作日", "持平"),
        (5.0, 5.0, "件", "持平"),
        (None, 1, "件", None),
    ],
)
def test_change(now: float | None, before: float | None, unit: str, text: str | None) -> None:
    assert change(now, before, unit) == text


def test_days() -> None:
    assert days(dt.date(2026, 11, 1), dt.date(2026, 11, 30)) == "2026年11月1日至11月30日"
    assert days(dt.date(2025, 12, 29), dt.date(2026, 1, 4)) == "2025年12月29日至2026年1月4日"
    assert days(dt.date(2026, 1, 4), dt.date(2026, 1, 4)) == "2026年1月4日"
