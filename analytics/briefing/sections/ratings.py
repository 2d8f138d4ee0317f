"""四、满意度: number of ratings, satisfaction, departments outside the funnel's limits, follow-up of bad ratings."""

from __future__ import annotations

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Section, Sentence
from analytics.briefing.sections.cells import group_table
from analytics.briefing.sections.driving import driven
from analytics.metrics.funnel import funnel
from analytics.wording import SMALL

NAMED = 3


def ratings(e: Evidence) -> Section:
    """Return the fourth part; a ledger without grades says so."""
    if not e.can("satisfaction"):
        return Section("ratings", "满意度", (e.say("ratings.lacking", "台账没有好差评，满意度无从统计。"),))
    count = e.metric("ratings")
    if not count.value:
        return Section("ratings", "满意度", (e.say("ratings.none", f"{e.period.now}没有收到评价。"),))
    said = [_grade(e), *driven(e, "satisfaction", "ratings.why"), *_outside(e), *_bad(e), *_solved(e)]
    table = group_table(
        e, "ratings", "各模块评价情况", "module", "模块", ("ratings", "satisfaction", "strict_satisfaction", "bad_ratings"),
        note=f"评价不足 {e.settings.minimum_rated} 件的满意率不列。",
    )  # fmt: skip
    return Section("ratings", "满意度", tuple(said), (), () if e.ledger.lacks(("module",)) else (table,))


def _grade(e: Evidence) -> Sentence:
    count, rate, strict = e.metric("ratings"), e.metric("satisfaction"), e.metric("strict_satisfaction")
    parts: list[object] = ["收到评价 ", count]
    if e.can("rating_coverage") and e.metric("rating_coverage").value is not None:
        parts += ["，办结工单参评率 ", e.metric("rating_coverage")]
    parts += ["，满意率 ", rate]
    if SMALL not in rate.text:
        low, high = e.metric("satisfaction", part="low"), e.metric("satisfaction", part="high")
        parts += ["（95% 区间 ", low, " 至 ", high, "）"]
        if e.before is not None:
            parts += ["，环比", e.moved("satisfaction", e.before)]
        parts += ["；按满意、非常满意从严计为 ", strict]
    return e.say("ratings.grade", *parts, "。")


def _outside(e: Evidence) -> list[Sentence]:
    if not e.splits("department"):
        return []
    groups, _, centre = funnel("satisfaction", e.ledger, e.now, "department", settings=e.settings)
    groups = groups[groups["department"].notna() & ~groups["small"].astype(bool)]
    low = groups[(groups["outside"] != "") & (groups["value"] < centre)].sort_values("value").head(NAMED)
    if groups.empty:
        return [e.say("ratings.outside", "各部门评价都不足，不作比较。")]
    if low.empty:
        return [e.say("ratings.outside", "评价足够的部门中，没有明显偏低的。")]
    told = [
        f"{d} {e.metric('satisfaction', where=(('department', d),))}（{e.metric('satisfaction', part='denominator', where=(('department', d),))}评价）"
        for d in low["department"]
    ]
    return [e.say("ratings.outside", f"考虑随机波动后偏低的部门：{'、'.join(told)}。")]


def _bad(e: Evidence) -> list[Sentence]:
    bad, said = e.metric("bad_ratings"), []
    if not bad.value:
        return [e.say("ratings.bad", f"{e.period.now}没有差评。")]
    said.append(e.say("ratings.bad", "差评 ", bad, "。"))
    for code, words in (("called_back_rate", "回访"), ("rectified_rate", "整改")):
        if not e.can(code):
            continue
        due = e.metric(code, part="denominator")
        if due.value:
            kept = e.metric(code, part="numerator")
            said.append(
                e.say(f"ratings.{code}", f"{words}期限在{e.period.now}届满的差评 ", due, f"，限内{words} ", kept, "。")
            )
    return said


def _solved(e: Evidence) -> list[Sentence]:
    if not e.can("solved_rate"):
        return []
    rate, asked = e.metric("solved_rate"), e.metric("solved_rate", part="denominator")
    if not asked.value:
        return []
    return [e.say("ratings.solved", "回访到企业 ", asked, "，答“已解决”的 ", rate, "。")]
