"""The few things that need a decision today, each with its evidence and the cases behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import pandas as pd

from analytics import model
from analytics.issues.alarm_list import BURST, rising
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute, compute_many, unmet
from analytics.metrics.query import BANDS
from analytics.remedies.pending import pending
from analytics.settings import Settings
from analytics.wording import SMALL, cases, likelihood, number

WINDOW_DAYS = 28
LOPSIDED = 2.0
GROWTH = 1.15
LEAST_BACKLOG = 20


@dataclass(frozen=True)
class Finding:
    """One sentence for a leader; metric, part, where and days name the ``cases`` behind it, so many; ``card`` its card."""

    sentence: str
    evidence: str
    metric: str
    cases: int
    part: str = "denominator"
    where: tuple[tuple[str, str], ...] = ()
    days: tuple[dt.date, dt.date] | None = None
    card: str = ""
    alarm: str = ""


Rule = Callable[[Ledger, Slice, Settings], Iterator[Finding]]


def findings(ledger: Ledger, slice: Slice, most: int = 3, settings: Settings | None = None) -> list[Finding]:
    """Return what needs a decision at the as-of, gravest first (RULES); the slice's filters apply.

    Looks at the four weeks before the as-of, whatever period the slice shows. Rules whose
    metrics the ledger cannot give are passed over.
    """
    settings = settings or ledger.settings
    today = (ledger.as_of - dt.timedelta(microseconds=1)).date()
    recent = slice.over(today - dt.timedelta(days=WINDOW_DAYS - 1), today)
    measurable = (rule for rule, needs in RULES if not any(unmet(n, ledger) for n in needs))
    found = (finding for rule in measurable for finding in rule(ledger, recent, settings))
    return list(islice(found, most))


def unchecked(ledger: Ledger) -> list[str]:
    """Return the metrics for want of which rules could not be checked on this ledger, each once."""
    return list(dict.fromkeys(n for _, needs in RULES for n in needs if unmet(n, ledger)))


def _value(code: object) -> str:
    """Return a dimension's value as a filter names it."""
    return model.UNKNOWN if code is None or code != code else str(code)


def _long_overdue(ledger: Ledger, recent: Slice, settings: Settings) -> Iterator[Finding]:
    frame = compute("overdue_open", ledger, recent, by=("department", "overdue_band"), settings=settings)
    total = frame["value"].sum()
    long = frame[frame["overdue_band"].isin(BANDS[2:])]
    count = long["value"].sum()
    if count == 0:
        return
    worst = long.groupby("department", dropna=False)["value"].sum().sort_values(ascending=False)
    name = model.label_of("department", worst.index[0])
    yield Finding(
        f"{number(count)}已超期 10 个工作日以上仍未办结，其中{name} {number(worst.iloc[0])}，需督办或会商。",
        f"超期未办共 {number(total)}",
        "overdue_open",
        int(count),
        where=(("overdue_band", "|".join(BANDS[2:])),),
    )


def _below_target(ledger: Ledger, recent: Slice, settings: Settings) -> Iterator[Finding]:
    target = settings.targets.get("on_time_rate")
    frame = compute("on_time_rate", ledger, recent, by=("module",), settings=settings)
    frame = frame[~frame["small"]]
    if target is None or frame.empty:
        return
    worst = frame.sort_values("high").iloc[0]
    if worst["high"] < target:
        name, late = model.label_of("module", worst["module"]), worst["denominator"] - worst["numerator"]
        yield Finding(
            f"{name}近四周按期办结率 {number(worst['value'], '%')}，明显低于目标 {number(target, '%')}，需查明原因。",
            f"到期 {number(worst['denominator'])}，未按期 {number(late)}，95% 区间 {worst['low'] * 100:.1f}–{worst['high'] * 100:.1f}%",
            "on_time_rate",
            int(late),
            "rest",
            (("module", _value(worst["module"])),),
            (recent.start, recent.end),
        )


def _uneven_load(ledger: Ledger, recent: Slice, settings: Settings) -> Iterator[Finding]:
    if {d for d, _ in recent.where} - {"module"}:
        return
    frame = compute("load_open", ledger, recent, by=("module",), settings=settings).dropna(subset=["value"])
    if len(frame) < 3:
        return
    heaviest, usual = frame.sort_values("value").iloc[-1], frame["value"].median()
    if usual > 0 and heaviest["value"] >= LOPSIDED * usual:
        name = model.label_of("module", heaviest["module"])
        yield Finding(
            f"{name}服务队人均在办 {number(heaviest['value'], '件/人')}，是各队中位数的 {heaviest['value'] / usual:.1f} 倍，需增派人手或分流。",
            f"积压 {number(heaviest['numerator'])}，轮值 {heaviest['denominator']:.0f} 人；各队中位数 {number(usual, '件/人')}",
            "backlog",
            int(heaviest["numerator"]),
            where=(("module", _value(heaviest["module"])),),
        )


def _rising_problem(ledger: Ledger, recent: Slice, settings: Settings) -> Iterator[Finding]:
    """The newest problem beyond what chance explains; it is judged over the whole ledger, so no filter may be set."""
    if recent.where:
        return
    news = rising(ledger)
    if news.empty:
        return
    worst = news.sort_values("cases", ascending=False).iloc[0]
    found = worst["level"] != BURST
    yield Finding(
        f"「{worst['name']}」正在抬头：{worst['since']:%m月%d日}当周起 {cases(worst['cases'], worst['repeats'])}，同样的时间预期 {worst['expected']:.1f} 件，"
        + ("宜按一类问题查明原因。" if found else "尚未归入任何具体问题，宜尽快归类并查明原因。"),
        f"偶然出现的可能 {likelihood(worst['chance'])}",
        "demand",
        int(worst["cases"]),
        days=(worst["since"].date(), recent.end),
        alarm=str(worst["id"]),
    )


def _near(burst: pd.Series) -> tuple[tuple[str, str], ...]:
    """Return the type that most cases of a burst lie in: no dimension names the burst itself."""
    return (("issue_type", str(burst["type_id"])),) if burst["type_id"] else ()


def _on_the_board(ledger: Ledger, recent: Slice, settings: Settings) -> Iterator[Finding]:
    """The gravest thing on the board of remedies; the board is the whole district's, so no filter may be set."""
    if recent.where:
        return
    for waiting in pending(ledger)[:1]:
        where = (("issue_type", waiting.type_id),) if waiting.type_id else ()
        theirs = compute("demand", ledger, recent.narrowed(**dict(where)), settings=settings)
        yield Finding(
            f"治理台账：{waiting.sentence}",
            waiting.evidence,
            "demand",
            int(theirs["value"].iloc[0]),
            where=where,
            days=(recent.start, recent.end),
            card=waiting.card.id,
        )


def _growing_backlog(ledger: Ledger, recent: Slice, settings: Settings) -> Iterator[Finding]:
    frame = compute_many(("demand", "closures", "backlog"), ledger, recent, by=("module",), settings=settings)
    wide = frame.pivot_table(index="module", columns="metric", values="value", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=["demand", "closures", "backlog"], fill_value=0)
    wide = wide[(wide["backlog"] >= LEAST_BACKLOG) & (wide["demand"] > GROWTH * wide["closures"])]
    if wide.empty:
        return
    worst = (wide["demand"] - wide["closures"]).idxmax()
    row = wide.loc[worst]
    yield Finding(
        f"{model.label_of('module', worst)}近四周受理多于办结 {number(row['demand'] - row['closures'])}，积压在增加。",
        f"受理 {number(row['demand'])}，办结 {number(row['closures'])}，积压 {number(row['backlog'])}",
        "backlog",
        int(row["backlog"]),
        where=(("module", str(worst)),),
    )


def _unrectified(ledger: Ledger, recent: Slice, settings: Settings) -> Iterator[Finding]:
    season = recent.over(recent.end - dt.timedelta(days=89), recent.end)
    row = compute("rectified_rate", ledger, season, settings=settings).iloc[0]
    left = row["denominator"] - row["numerator"]
    if row["denominator"] > 0 and left > 0:
        yield Finding(
            f"近 90 天有 {number(left)}差评超过 {settings.rectify_days} 个工作日未整改或超期整改，需逐件落实。",
            f"差评整改率 {SMALL if row['small'] else number(row['value'], '%')}（{row['numerator']:.0f}/{row['denominator']:.0f}）",
            "rectified_rate",
            int(left),
            "rest",
            days=(season.start, season.end),
        )


def _due_soon(ledger: Ledger, recent: Slice, settings: Settings) -> Iterator[Finding]:
    frame = compute("at_risk", ledger, recent, by=("department",), settings=settings)
    total = frame["value"].sum()
    if total == 0:
        return
    most = frame.sort_values("value").iloc[-1]
    yield Finding(
        f"未来 {settings.at_risk_days} 个工作日内有 {number(total)}到期，最多的是{model.label_of('department', most['department'])}（{number(most['value'])}）。",
        f"积压中临期 {number(total)}",
        "at_risk",
        int(total),
    )


#: Gravest first; a rule says at most one thing.
RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (_long_overdue, ("overdue_open",)),
    (_below_target, ("on_time_rate",)),
    (_rising_problem, ("demand",)),
    (_on_the_board, ("demand",)),
    (_uneven_load, ("load_open",)),
    (_growing_backlog, ("backlog",)),
    (_unrectified, ("rectified_rate",)),
    (_due_soon, ("at_risk",)),
)
