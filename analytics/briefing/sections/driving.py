"""Decomposition of the change of a rate, printed only where the change is significant."""

from __future__ import annotations

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Sentence
from analytics.metrics.decomposition import decompose
from analytics.wording import SMALL

NAMED = 3
NAMES = {"department": "部门", "module": "模块"}


def driven(e: Evidence, code: str, id: str) -> list[Sentence]:
    """Return sentences that decompose a significant change of a rate into mix and rates, by department or else by module.

    Both effects are rounded so that they add up to the change as printed.
    """
    by = next((d for d in NAMES if e.splits(d)), None)
    if e.before is None or by is None or SMALL in e.metric(code).text or not e.changed(code, e.before):
        return []
    parts = decompose(code, e.ledger, e.now, e.before, by, e.settings)
    now, old = e.metric(code), e.metric(code, e.before)
    if now.value is None or old.value is None or SMALL in old.text:
        return []
    total = round(round(now.value * 100, 1) - round(old.value * 100, 1), 1)
    own, mix = float(parts["rate"].sum()) * 100, float(parts["mix"].sum()) * 100
    shown = round(own, 1) + 0.0
    told_own = e.derived(f"rate_effect_{by}", "百分点", own, now, old, text=f"{shown:+.1f} 个百分点")
    told_mix = e.derived(
        f"mix_effect_{by}", "百分点", mix, now, old, text=f"{round(total - shown, 1) + 0.0:+.1f} 个百分点"
    )
    known = parts[parts[by].notna() & (parts["rate"] * (now.value - old.value) > 0)]
    led = known.sort_values("rate", key=abs, ascending=False).head(NAMED)
    who = "、".join(str(e.label(by, group)) for group in led[by])
    name = NAMES[by]
    return [
        e.say(
            id,
            f"按{name}拆分，这一变化中各{name}自身升降的影响为 ",
            told_own,
            f"，{name}间工单构成变化的影响为 ",
            told_mix,
            f"，其中{who}影响最大" if who else "",
            "。",
        )
    ]
