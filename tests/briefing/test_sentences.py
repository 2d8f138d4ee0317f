"""The rules behind the sentences, on ledgers made by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from analytics.briefing.compose import Request, compose
from analytics.briefing.facts import Briefing
from analytics.briefing.period import Period, containing, last_whole, parse
from analytics.metrics import Slice
from analytics.metrics.comparison import rate_of_arrival_changed, spread_of_arrivals, working_days
from analytics.metrics.decomposition import decompose
from analytics.store import StoreError
from tests.small import ledger_of

WEEK = parse("2024-W10")  # 4 to 10 March


def cases(day: str, count: int, **more: object) -> list[dict]:
    return [
        {"case_no": f"{day}-{more.get('department', '')}-{more.get('mark', '')}{i}", "accepted_at": f"{day} 09:00"}
        | {k: v for k, v in more.items() if k != "mark"}
        for i in range(count)
    ]


def briefing(folder: Path, rows: list[dict], period: Period = WEEK, **others: list[dict]) -> Briefing:
    ledger = ledger_of(folder, rows, as_of=f"{period.end + dt.timedelta(days=1)}T00:00", **others)
    return compose(ledger, Request(period), None)


def said(made: Briefing, id: str) -> str:
    found = [s.text for section in made.sections for s in section.sentences if s.id == id]
    return found[0] if found else ""


def steady(per_day: int = 8) -> list[dict]:
    """Ten weeks before the one looked at, so many cases a working day, and one case after it."""
    rows = []
    for week in range(10):
        monday = dt.date(2023, 12, 25) + dt.timedelta(weeks=week)
        rows += cases(
            f"{monday}", per_day * working_days(Slice(monday, monday + dt.timedelta(days=6)), dt.datetime(2030, 1, 1))
        )
    return [*rows, {"case_no": "later", "accepted_at": "2024-03-11 09:00"}]


def test_what_comes_after_the_week_does_not_reach_its_briefing(tmp_path: Path) -> None:
    kept = [c | {"closed_at": "2024-03-06 09:00"} for c in cases("2024-03-05", 9, department="乙局", promised_days=2)]
    rows = [*steady(), *cases("2024-03-04", 20, department="甲局", promised_days=2), *kept]
    later = [r | ({"closed_at": "2024-03-18 09:00"} if r["accepted_at"].startswith("2024-03-04") else {}) for r in rows]
    later += cases("2024-03-18", 5)
    grades = [{"case_no": f"2024-03-04-甲局-{i}", "grade": 1, "rated_at": "2024-03-19 09:00"} for i in range(5)]
    then = briefing(tmp_path / "then", rows)
    since = briefing(tmp_path / "since", later, ratings=grades)
    assert said(since, "limits.overdue") == "期末超期未办 20 件；较多的是甲局 20 件。"
    for id in ("overall.came", "overall.before", "limits.rate", "limits.overdue", "advice.overdue"):
        assert said(since, id) == said(then, id) != ""


def test_a_small_change_is_no_news(tmp_path: Path) -> None:
    made = briefing(tmp_path, [*steady(), *cases("2024-03-04", 41)])
    assert said(made, "overall.before") == "受理量环比基本持平（上周 40 件）。"


def test_a_change_within_chance_that_the_table_shows_is_told_with_its_size(tmp_path: Path) -> None:
    made = briefing(tmp_path, [*steady(), *cases("2024-03-04", 47)])
    assert said(made, "overall.before") == "受理量环比增加 17.5%，在正常波动以内（上周 40 件）。"


def test_a_large_change_is_said_with_its_size_and_what_drove_it(tmp_path: Path) -> None:
    rows = [*steady(), *cases("2024-03-04", 60, module="finance"), *cases("2024-03-05", 20, module="legal", mark="b")]
    made = briefing(tmp_path, rows)
    assert said(made, "overall.before") == "受理量环比增加 100.0%（上周 40 件）。"
    assert said(made, "overall.drivers") == "增量主要来自金融服务（+60 件）、法治服务（+20 件）。"


def test_a_holiday_week_is_compared_by_working_day(tmp_path: Path) -> None:
    """The Spring Festival of 2024 left W07 one working day, and W06 five."""
    holiday = parse("2024-W07")
    rows = [r for r in steady() if r["accepted_at"] < "2024-02-12"] + cases("2024-02-18", 8, mark="h")
    rows += [{"case_no": "later", "accepted_at": "2024-02-19 09:00"}]
    made = briefing(tmp_path, rows, holiday)
    assert said(made, "overall.before") == "受理量环比基本持平（上周 40 件，5 个工作日，按工作日折算）。"


def test_few_grades_are_no_rate(tmp_path: Path) -> None:
    rows = [*steady(), *(c | {"closed_at": "2024-03-06 09:00"} for c in cases("2024-03-04", 40))]
    grades = [{"case_no": f"2024-03-04--{i}", "grade": 5, "rated_at": "2024-03-07 09:00"} for i in range(3)]
    made = briefing(tmp_path, rows, ratings=grades)
    assert said(made, "overall.satisfaction") == "收到评价 3 件，满意率 样本不足（3 件）。"


def test_what_a_ledger_lacks_is_said_and_nothing_is_zero(tmp_path: Path) -> None:
    made = briefing(tmp_path, [*steady(), *cases("2024-03-04", 40)])
    assert "没有承诺时限" in said(made, "limits.lacking")
    assert "没有好差评" in said(made, "ratings.lacking")
    assert "没有服务模块" in said(made, "modules.lacking")
    assert "还没有归类" in said(made, "problems.lacking")


def test_overdue_cases_are_named_with_their_department_and_next_step(tmp_path: Path) -> None:
    late = cases("2024-03-04", 3, department="甲局", promised_days=2)
    kept = [c | {"closed_at": "2024-03-05 09:00"} for c in cases("2024-03-04", 20, department="乙局", promised_days=2)]
    made = briefing(tmp_path, [*steady(), *late, *kept])
    assert said(made, "limits.rate").startswith("到期 23 件，按期办结 20 件，按期办结率 87.0%")
    assert said(made, "limits.overdue") == "期末超期未办 3 件；较多的是甲局 3 件。"
    assert said(made, "advice.overdue").startswith("对超期未办的 3 件逐件落实下一步：督办，责任到人 3 件")


def test_a_week_without_cases_says_so(tmp_path: Path) -> None:
    made = briefing(tmp_path, [*steady(), {"case_no": "z", "accepted_at": "2024-04-15 09:00"}], parse("2024-W12"))
    assert any("没有受理记录" in n for n in made.notices)
    assert said(made, "overall.came").startswith("本周受理企业诉求 0 件")


def test_half_a_week_says_so(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, [*steady()[:-1], *cases("2024-03-04", 20), *cases("2024-03-06", 2)])
    made = compose(ledger, Request(WEEK), None)
    assert any(n.startswith("本周未满：数据截至 2024年3月6日") for n in made.notices)


def test_a_week_that_has_not_begun_is_refused(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, steady())
    with pytest.raises(StoreError, match="还没有开始"):
        compose(ledger, Request(parse("2024-W20")), None)


def test_the_first_week_of_a_ledger_has_nothing_to_compare_with(tmp_path: Path) -> None:
    made = briefing(tmp_path, [*cases("2024-03-04", 20), {"case_no": "z", "accepted_at": "2024-03-12 09:00"}])
    assert said(made, "overall.before") == "台账自 2024年3月 起，上周的记录不完整，不作环比。"


def test_a_rates_change_is_split_into_mix_and_rates(tmp_path: Path) -> None:
    """甲 keeps 90% and 乙 50% in both weeks; only their shares change, so all of it is mix."""
    rows = []
    for day, first, second in (("2024-02-26", 80, 20), ("2024-03-04", 20, 80)):
        for department, count, kept in (("甲局", first, 0.9), ("乙局", second, 0.5)):
            for i in range(count):
                closed = f"{day} 17:00" if i < kept * count else None
                rows.append({"case_no": f"{day}{department}{i}", "accepted_at": f"{day} 09:00", "department": department, "promised_days": 2, "closed_at": closed})  # fmt: skip
    rows.append({"case_no": "later", "accepted_at": "2024-03-11 09:00"})
    ledger = ledger_of(tmp_path, rows, as_of="2024-03-11T00:00")
    week, before = WEEK.slice, Slice(dt.date(2024, 2, 26), dt.date(2024, 3, 3))
    parts = decompose("on_time_rate", ledger, week, before, "department")
    assert parts["rate"].sum() == pytest.approx(0)
    assert parts["mix"].sum() == pytest.approx(0.58 - 0.82)
    made = compose(ledger, Request(WEEK), None)
    assert said(made, "limits.why").startswith(
        "按部门拆分，这一变化中各部门自身升降的影响为 +0.0 个百分点，部门间工单构成变化的影响为 -24.0 个百分点"
    )
    facts = {f.id: f for f in made.facts}
    effects = [f for f in made.facts if f.op.endswith("_effect_department")]
    now, before_it = (facts[i].value for i in effects[0].of)
    assert sum(f.value for f in effects) == pytest.approx((now - before_it) * 100)


def test_arrivals_are_compared_by_working_day_and_usual_spread() -> None:
    assert not rate_of_arrival_changed(100, 110, 5, 5)
    assert rate_of_arrival_changed(100, 160, 5, 5)
    assert not rate_of_arrival_changed(40, 100, 2, 5)
    assert not rate_of_arrival_changed(100, 160, 5, 5, spread=6)
    assert not rate_of_arrival_changed(0, 0, 5, 5)


def test_growth_is_no_spread() -> None:
    assert spread_of_arrivals([100, 110, 120, 130, 140, 150], [5] * 6) == 1.0
    assert spread_of_arrivals([100, 200, 100, 200, 100, 200], [5] * 6) == pytest.approx(100**2 / 300)
    assert spread_of_arrivals([100, 200], [5, 5]) == 1.0


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-W47", "2026-11-16", "2026-11-22"),
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026-11-01..2026-11-15", "2026-11-01", "2026-11-15"),
    ],
)
def test_periods_are_read_and_written(text: str, start: str, end: str) -> None:
    found = parse(text)
    assert (f"{found.start}", f"{found.end}", found.key) == (start, end, text)


@pytest.mark.parametrize("text", ["2026-W60", "2026-13", "x", "2026-11-15..2026-11-01", "2026-11-01..x"])
def test_a_period_that_is_none_is_refused_in_chinese(text: str) -> None:
    with pytest.raises(StoreError):
        parse(text)


def test_the_last_whole_week_ends_before_the_day() -> None:
    assert last_whole("week", dt.datetime(2026, 11, 23, 9)).key == "2026-W47"
    assert last_whole("month", dt.datetime(2026, 11, 1)).key == "2026-10"
    assert containing(dt.date(2026, 5, 9), "quarter").whole_before().key == "2026-Q1"
