"""七、下步建议: recommendations, each with the fact it rests on."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Section, Sentence
from analytics.briefing.sections.remedied import board_advice, remedied
from analytics.issues.alarm_list import rising
from analytics.issues.findings import Findings
from analytics.wording import SMALL

#: A rule of the loop kept by fewer than this is spoken of.
KEPT = 0.9
#: A 专报 has one page; its suggestions are in order of weight.
ON_ONE_PAGE = 3


def advice(e: Evidence, found: Findings | None) -> Section:
    """Return the last section: a recommendation for each fact that calls for one; it may be empty."""
    said = [
        *(remedied(e) if "issue_type" in dict(e.now.where) else ()),
        *_overdue(e),
        *_new_problem(e),
        *board_advice(e, found),
        *_below_target(e),
        *_rules(e),
        *_off_list(e),
        *_untyped(e, found),
    ]
    if not said:
        said = [e.say("advice.none", "各项指标平稳，暂无需要另行部署的事项，继续按既定要求办理。")]
    return Section("advice", "下步建议", tuple(said[:ON_ONE_PAGE] if e.now.where else said))


def _overdue(e: Evidence) -> Iterator[Sentence]:
    if not e.can("overdue_open") or not e.metric("overdue_open").value:
        return
    by_step = e.dragging["step"].value_counts()
    told = [f"{step} {e.given(f'step.{step}', float(n), '件')}" for step, n in by_step.items()]
    yield e.say("advice.overdue", "对超期未办的 ", e.metric("overdue_open"), f"逐件落实下一步：{'；'.join(told)}。")


def _new_problem(e: Evidence) -> Iterator[Sentence]:
    if e.now.where or not e.ledger.issues:
        return
    news = rising(e.ledger)
    if len(news):
        name = news.sort_values("cases", ascending=False)["name"].iloc[0]
        yield e.say("advice.new", f"对新近抬头的「{name}」，由牵头部门查明原因，按一类问题研究整改措施。")


def _below_target(e: Evidence) -> Iterator[Sentence]:
    target = e.settings.targets.get("on_time_rate")
    if target is None or e.now.where or not e.can("on_time_rate") or e.ledger.lacks(("module",)):
        return
    rows = e.rows(("on_time_rate",), e.now, ("module",))
    rows = rows[rows["module"].notna() & ~rows["small"] & (rows["high"] < target)].sort_values("value")
    if rows.empty:
        return
    names = "、".join(str(e.label("module", m)) for m in rows["module"].head(3))
    yield e.say(
        "advice.target",
        f"{names}按期办结率低于目标且超出正常波动，建议牵头部门分析超期环节，必要时调整人手或提请联席会商。",
    )


def _rules(e: Evidence) -> Iterator[Sentence]:
    for code, words in (
        ("follow_up_rate", "办结后及时回访"),
        ("timely_receipt_rate", "转办后限时接收"),
        ("unsolved_redone_rate", "对答“未解决”的及时重办"),
    ):
        if not e.can(code):
            continue
        rate = e.metric(code)
        row = e.row(code, e.now)
        if SMALL not in rate.text and pd.notna(row["high"]) and row["high"] < KEPT:
            left = (row["denominator"] or 0) - (row["numerator"] or 0)
            whole, kept = e.metric(code, part="denominator"), e.metric(code, part="numerator")
            missed = e.derived("difference", "件", float(left), whole, kept)
            yield e.say(f"advice.{code}", f"{words}：{e.period.now}应做 ", whole, "，还有 ", missed, "没有做到。")


def _off_list(e: Evidence) -> Iterator[Sentence]:
    if not e.can("off_list_rate"):
        return
    outside = e.metric("off_list_rate", part="numerator")
    rate = e.metric("off_list_rate")
    if outside.value and outside.value >= e.settings.minimum_cases and SMALL not in rate.text:
        yield e.say(
            "advice.list", "清单外诉求 ", outside, "（占 ", rate, "），建议从中挑选常见的列入事项清单草稿送审。"
        )


def _untyped(e: Evidence, found: Findings | None) -> Iterator[Sentence]:
    if found is None:
        yield e.say("advice.untyped", "建议运行一次一类问题归类，以便发现多件诉求背后的同一问题。")
