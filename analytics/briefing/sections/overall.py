"""一、总体情况: demand and what drove its change, closures, the five main metrics and their past."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Cell, Column, Figure, Section, Sentence, Series, Table
from analytics.briefing.period import containing
from analytics.briefing.sections.cells import cell
from analytics.metrics import CATALOGUE
from analytics.metrics.comparison import Basis, step
from analytics.metrics.slices import Slice, buckets
from analytics.wording import SMALL, clock

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
    if e.days(e.now).value and p.grain != "quarter":
        parts += ["（", e.days(e.now), "，日均 ", e.per_day("demand", e.now), "）"]
    return e.say("overall.came", *parts, "。")


def _against(e: Evidence) -> list[Sentence]:
    """Say the change against the period before and a year ago, with what it is compared with."""
    said = []
    for made, id, word in ((e.previous, "overall.before", "环比"), (e.year, "overall.year", "同比")):
        if made.flows is not None:
            lead = "受理量" if made is e.previous else ""
            said.append(e.say(id, f"{lead}{word}{_compared(e, made.flows, made.name)}。"))
        elif made.reason:
            said.append(e.say(id, f"{made.reason}，不作{word}。"))
    return said


def _compared(e: Evidence, slice: Slice, name: str) -> str:
    """Return 每工作日增加 12.3%（上周 768 件，4 个工作日）; unequal working days are named, for the change is by day."""
    moved, uneven = e.moved("demand", slice), e.basis(slice).uneven
    fair = f"，{e.days(slice)}" + ("" if moved.startswith("每工作日") else "，按工作日折算") if uneven else ""
    return f"{moved}（{name} {e.metric('demand', slice)}{fair}）"


def _drivers(e: Evidence) -> list[Sentence]:
    """Name the modules that most of a real change came from; of unequal working days, beyond the pace of before."""
    if e.before is None or not e.can("demand") or e.ledger.lacks(("module",)) or not e.changed("demand", e.before):
        return []
    now = e.rows(("demand",), e.now, ("module",)).set_index("module")["value"]
    old = e.rows(("demand",), e.before, ("module",)).set_index("module")["value"]
    pace = e.previous.pace(CATALOGUE["demand"])
    gain = now.sub(old * pace, fill_value=0)
    gain = gain[gain.index.notna()]
    total = float(now.sum() - old.sum() * pace)
    same = gain[gain * total > 0].sort_values(key=abs, ascending=False).head(DRIVERS)
    if same.empty:
        return []
    told = []
    for module, value in same.items():
        where = (("module", str(module)),)
        a, b = e.metric("demand", e.now, where=where), e.metric("demand", e.before, where=where)
        op, of = ("paced", (a, b, e.days(e.now), e.days(e.before))) if e.previous.uneven else ("difference", (a, b))
        told.append(
            f"{e.label('module', module)}（{e.derived(op, '件', float(value), *of, text=f'{value:+,.0f} 件')}）"
        )
    way = "增量" if total > 0 else "减量"
    fair = "按相同工作日数折算，" if e.previous.uneven else ""
    return [e.say("overall.drivers", f"{fair}{way}主要来自{'、'.join(told)}。")]


def _kept_up(e: Evidence) -> list[Sentence]:
    if not e.can("closures", "backlog"):
        return [e.say("overall.closed", "台账没有办结时间，办结与积压无从统计。")]
    closed, left = e.metric("closures"), e.metric("backlog")
    parts: list[object] = [f"{e.period.now}办结 ", closed, "，期末积压 ", left]
    if e.before is not None:
        moved, then = e.moved("backlog", e.before), moment_before(e)
        parts.append(f"，{'比' if moved.startswith(('增加', '减少')) else '与'}{then}{moved}")
    return [e.say("overall.closed", *parts, "。")]


def moment_before(e: Evidence) -> str:
    """Name the moment that stocks are compared with: 4 周前（10月30日 17:30）."""
    then, weeks = e.previous.at_before, (e.previous.at - (e.previous.at_before or e.previous.at)).days // 7
    return f" {weeks} 周前（{clock(then, e.previous.at)}）" if then else ""


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
        if e.before is not None and SMALL not in rate.text:
            parts += ["，环比", e.moved(code, e.before)]
        said.append(e.say(f"overall.{code}", *parts, "。"))
    return said


def _table(e: Evidence) -> Table:
    bases = [b for b in (e.previous, e.year) if b.flows is not None]
    columns = [Column("指标"), Column(e.period.now)]
    for made in bases:
        columns += [Column(made.name), Column("环比" if made is e.previous else "同比")]
    columns.append(Column("目标"))
    body: list[tuple[Cell, ...]] = []
    for code in (c for c in MAIN if e.can(c)):
        metric = CATALOGUE[code]
        row: list[Cell] = [f"{metric.name}（{metric.unit}）", _shown(e, code, e.now)]
        for made in bases:
            slice = made.beside(metric)
            assert slice is not None
            row += [_shown(e, code, slice), _step(e, code, made)]
        body.append((*row, e.settings.targets.get(code)))
    return Table("main", f"{e.period.now}主要指标", tuple(columns), tuple(body), _how_compared(bases))


def _shown(e: Evidence, code: str, slice: Slice) -> Cell:
    return cell(e.row(code, slice)) if e.metric(code, slice).value is not None else None


def _step(e: Evidence, code: str, made: Basis) -> Cell:
    """Return a metric's bare change in words; none where a sample is small."""
    metric, slice = CATALOGUE[code], made.beside(CATALOGUE[code])
    assert slice is not None
    now, old = e.row(code, e.now), e.row(code, slice)
    return None if now["small"] or old["small"] else step(metric, now["value"], old["value"], made)


def _how_compared(bases: list[Basis]) -> str:
    """Say by which rule the columns 环比 and 同比 are worked out."""
    if not bases:
        return ""
    told = ["对比期与本期同等时龄"]
    if uneven := [b for b in bases if b.uneven]:
        days = "、".join(f"{b.name} {b.days_before} 个" for b in uneven)
        told.append(f"受理、办结的增减按工作日折算（本期 {bases[0].days} 个工作日，{days}）")
    moments = "、".join(clock(b.at_before, b.at) for b in bases if b.at_before)
    told.append(f"积压、超期未办截至 {clock(bases[0].at)}，与 {moments} 比（整周以前的同一时刻）")
    return "；".join(told) + "。"


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
            ("backlog", "期末积压", "line"),
        )
        if code in wide
    ]
    labels = tuple(_axis(d.date(), grain) for d in starts)
    alt = f"{labels[0]}至{labels[-1]}每{UNITS[grain][0]}的" + "、".join(s.name for s in series)
    end = " 最后一段未满。" if e.period.unfinished(e.ledger) else ""
    return [
        Figure(
            "flows",
            f"近 {len(labels)} {UNITS[grain][1]}受理、办结与积压" + end.rstrip("。"),
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
