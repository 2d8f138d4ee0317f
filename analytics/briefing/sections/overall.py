"""一、总体情况: how much came, what drove it, what was closed, and the five figures beside their past."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Cell, Column, Figure, Section, Sentence, Series, Table
from analytics.briefing.period import containing
from analytics.briefing.sections.cells import cell
from analytics.metrics import CATALOGUE
from analytics.metrics.slices import Slice, buckets
from analytics.wording import change

MAIN = ("demand", "closures", "backlog", "on_time_rate", "overdue_open", "handling_median", "satisfaction")
DRIVERS = 2
#: How many periods the first figure goes back.
#: How one and several of a grain are called.
UNITS = {"week": ("周", "周"), "month": ("月", "个月"), "quarter": ("季度", "个季度")}
BACK = {"week": 12, "month": 12, "quarter": 8, "own": 12}


def overall(e: Evidence) -> Section:
    """Return the first part; a ledger without closing times still says what came."""
    said = [_came(e), *_against(e), *_drivers(e), *_kept_up(e), *_quality(e)]
    return Section("overall", "总体情况", tuple(said), tuple(_figure(e)), (_table(e),))


def _came(e: Evidence) -> Sentence:
    p, demand = e.period, e.metric("demand")
    parts: list[object] = [f"{p.now}受理企业诉求 ", demand]
    days = e.days(e.now)
    if days.value and p.grain != "quarter":
        each = e.derived(
            "per_day",
            "件",
            (demand.value or 0) / days.value,
            demand,
            days,
            text=f"{(demand.value or 0) / days.value:.1f} 件",
        )
        parts += ["（", days, "，日均 ", each, "）"]
    return e.say("overall.came", *parts, "。")


def _against(e: Evidence) -> list[Sentence]:
    """Say the change against the period before and a year ago, with what it is compared with."""
    p, said = e.period, []
    if e.before is None:
        said.append(e.say("overall.before", f"台账中没有{p.before}的记录，不作环比。"))
    else:
        said.append(e.say("overall.before", f"受理量环比{_compared(e, e.before, p.before)}。"))
    if e.year_ago is not None:
        said.append(e.say("overall.year", f"同比{_compared(e, e.year_ago, p.year_ago)}。"))
    return said


def _compared(e: Evidence, slice: Slice, name: str) -> str:
    """Return 增加 12.3%（上周 768 件，4 个工作日）; unequal working days are named, for the change is judged by day."""
    old, days = e.metric("demand", slice), e.days(slice)
    fair = f"，{days}，按工作日折算" if days.value != e.days(e.now).value else ""
    return f"{e.moved('demand', slice)}（{name} {old}{fair}）"


def _drivers(e: Evidence) -> list[Sentence]:
    """Name the modules that most of a real change came from."""
    if e.before is None or not e.can("demand") or e.ledger.lacks(("module",)) or not e.changed("demand", e.before):
        return []
    now = e.rows(("demand",), e.now, ("module",)).set_index("module")["value"]
    old = e.rows(("demand",), e.before, ("module",)).set_index("module")["value"]
    gain = now.sub(old, fill_value=0)
    gain = gain[gain.index.notna()]
    total = float(now.sum() - old.sum())
    same = gain[gain * total > 0].sort_values(key=abs, ascending=False).head(DRIVERS)
    if same.empty:
        return []
    told = []
    for module, value in same.items():
        where = (("module", str(module)),)
        a, b = e.metric("demand", e.now, where=where), e.metric("demand", e.before, where=where)
        told.append(
            f"{e.label('module', module)}（{e.derived('difference', '件', float(value), a, b, text=f'{value:+,.0f} 件')}）"
        )
    way = "增量" if total > 0 else "减量"
    return [e.say("overall.drivers", f"{way}主要来自{'、'.join(told)}。")]


def _kept_up(e: Evidence) -> list[Sentence]:
    if not e.can("closures", "backlog"):
        return [e.say("overall.closed", "台账没有办结时间，办结与积压无从统计。")]
    closed, left = e.metric("closures"), e.metric("backlog")
    parts: list[object] = [f"{e.period.now}办结 ", closed, "，期末在办 ", left]
    if e.before is not None:
        moved = e.moved("backlog", e.before)
        parts.append(f"，与{e.period.before}末{moved}" if moved == "基本持平" else f"，比{e.period.before}末{moved}")
    return [e.say("overall.closed", *parts, "。")]


def _quality(e: Evidence) -> list[Sentence]:
    """Say the two rates once, each with its denominator; their parts come later."""
    said = []
    for code, lead in (("on_time_rate", "期内到期"), ("satisfaction", "收到评价")):
        if not e.can(code):
            said.append(e.say(f"overall.{code}", f"台账里缺少计算{CATALOGUE[code].name}所需的记录。"))
            continue
        rate, whole = e.metric(code), e.metric(code, part="denominator")
        if not whole.value:
            said.append(e.say(f"overall.{code}", f"{e.period.now}没有{lead}的工单，{CATALOGUE[code].name}无从计算。"))
            continue
        parts: list[object] = [f"{lead} ", whole, f"，{CATALOGUE[code].name} ", rate]
        if e.before is not None and "样本不足" not in rate.text:
            parts += ["，环比", e.moved(code, e.before)]
        said.append(e.say(f"overall.{code}", *parts, "。"))
    return said


def _table(e: Evidence) -> Table:
    columns = [Column("指标"), Column(e.period.now)]
    slices = [e.now]
    for slice, name in ((e.before, e.period.before), (e.year_ago, e.period.year_ago)):
        if slice is not None:
            columns += [Column(name), Column("环比" if slice is e.before else "同比")]
            slices.append(slice)
    columns.append(Column("目标"))
    body: list[tuple[Cell, ...]] = []
    for code in (c for c in MAIN if e.can(c)):
        metric, target = CATALOGUE[code], e.settings.targets.get(code)
        row: list[Cell] = [f"{metric.name}（{metric.unit}）"]
        for slice in slices:
            value = e.metric(code, slice)
            row.append(cell(e.row(code, slice)) if value.value is not None else None)
            if slice is not e.now:
                now = e.metric(code)
                small = e.row(code, slice)["small"] or e.row(code, e.now)["small"]
                row.append(None if small else change(now.value, value.value, metric.unit))
        row.append(target)
        body.append(tuple(row))
    note = "环比、同比按同等时龄计算：对比期也只看到与本期相同的天数为止。"
    return Table("main", f"{e.period.now}主要指标", tuple(columns), tuple(body), note)


def _figure(e: Evidence) -> list[Figure]:
    if not e.can("demand"):
        return []
    grain = "week" if e.period.grain == "own" else e.period.grain
    last = containing(e.now.end, grain)
    first = last
    for _ in range(BACK[e.period.grain] - 1):
        if first.whole_before().start < e.first_day(e.now.where):
            break
        first = first.whole_before()
    span = e.now.over(first.start, e.now.end)
    rows = e.rows(("demand", "closures", "backlog"), span, (), grain)
    starts = [pd.Timestamp(d) for d in buckets(first.start, e.now.end, grain)]
    wide = rows.pivot(index="period", columns="metric", values="value").reindex(starts)
    series = [
        Series(name, tuple(None if pd.isna(v) else float(v) for v in wide[code]), marks)
        for code, name, marks in (
            ("demand", "受理", "bar"),
            ("closures", "办结", "bar"),
            ("backlog", "期末在办", "line"),
        )
        if code in wide
    ]
    labels = tuple(_axis(d.date(), grain) for d in starts)
    alt = f"{labels[0]}至{labels[-1]}每{UNITS[grain][0]}的" + "、".join(s.name for s in series)
    end = " 最后一段未满。" if e.period.unfinished(e.ledger) else ""
    return [
        Figure(
            "flows",
            f"近 {len(labels)} {UNITS[grain][1]}受理、办结与在办" + end.rstrip("。"),
            alt + "。" + end,
            "columns",
            "件",
            labels,
            tuple(series),
        )
    ]


def _axis(day: dt.date, grain: str) -> str:
    if grain == "week":
        return f"{day:%m-%d}"
    return f"{day:%y-%m}" if grain == "month" else f"{day.year}Q{(day.month + 2) // 3}"
