"""二、模块运行: demand by module, modules with a significant change, load per officer."""

from __future__ import annotations

import pandas as pd

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Figure, Section, Sentence, Series
from analytics.briefing.sections.cells import by_group, group_table

SHOWN = 3
#: A team that carries so many times the median is named.
LOPSIDED = 2.0


def modules(e: Evidence) -> Section:
    """Return the second part."""
    if e.ledger.lacks(("module",)):
        lacking = e.say("modules.lacking", "台账没有服务模块，无法按模块分析。")
        return Section("modules", "模块运行", (lacking,))
    rows = by_group(e, ("demand",), "module")
    rows = rows[rows["module"].notna() & (rows["value"] > 0)].sort_values("value", ascending=False)
    if rows.empty:
        return Section("modules", "模块运行", (e.say("modules.none", f"{e.period.now}各模块均无受理。"),))
    said = [_largest(e, rows), *_moved(e, rows), *_heaviest(e)]
    table = group_table(
        e, "modules", "各模块运行情况", "module", "模块", ("demand", "closures", "backlog", "on_time_rate", "satisfaction", "load_open")
    )  # fmt: skip
    labels = tuple(e.label("module", m) for m in rows["module"])
    figure = Figure(
        "modules",
        f"{e.period.now}各模块受理量",
        "各模块受理量，从多到少："
        + "、".join(f"{n} {v:,.0f} 件" for n, v in zip(labels, rows["value"], strict=True))
        + "。",
        "bars",
        "件",
        labels,
        (Series("受理", tuple(float(v) for v in rows["value"])),),
    )
    return Section("modules", "模块运行", tuple(said), (figure,), (table,))


def _largest(e: Evidence, rows: pd.DataFrame) -> Sentence:
    total, told, sum_of = e.metric("demand"), [], []
    for module in rows["module"].head(SHOWN):
        count = e.metric("demand", where=(("module", module),))
        told.append(f"{e.label('module', module)} {count}（占 {e.share(count, total)}）")
        sum_of.append(count)
    return e.say("modules.largest", f"受理量居前的是{'、'.join(told)}。")


def _moved(e: Evidence, rows: pd.DataFrame) -> list[Sentence]:
    if e.before is None:
        return []
    told = []
    for module in rows["module"]:
        where = (("module", module),)
        if e.changed("demand", e.before, where):
            told.append(f"{e.label('module', module)}{e.step('demand', e.before, where)}")
    if not told:
        return [e.say("modules.moved", f"与{e.period.before}相比，各模块受理量都在正常波动范围内。")]
    return [
        e.say(
            "modules.moved",
            f"与{e.period.before}相比，变化超出正常波动的有：{'，'.join(told)}；其余模块在正常波动以内。",
        )
    ]


def _heaviest(e: Evidence) -> list[Sentence]:
    if not e.can("load_open"):
        return []
    load = by_group(e, ("load_open",), "module").dropna(subset=["value"])
    if len(load) < 3:
        return []
    top, usual = load.sort_values("value").iloc[-1], float(load["value"].median())
    if usual <= 0 or top["value"] < LOPSIDED * usual:
        return [e.say("modules.load", "各队人均在办大体均衡。")]
    carried = e.metric("load_open", where=(("module", top["module"]),))
    middle = e.given("load_open.median", usual, "件/人")
    times = e.derived("ratio", "倍", top["value"] / usual, carried, middle, text=f"{top['value'] / usual:.1f} 倍")
    return [
        e.say(
            "modules.load", f"{e.label('module', top['module'])}服务队人均在办 ", carried, "，是各队中位数（", middle, "）的 ", times, "，负荷偏重。"
        )
    ]  # fmt: skip
