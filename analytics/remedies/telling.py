"""Effects and cards in Chinese words, the same for pages, exports and briefings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics.slices import Where
from analytics.privacy import mask_text
from analytics.remedies.cards import Card
from analytics.remedies.effect import DESIGNS, Effect
from analytics.remedies.stages import FIELDS, JUDGED, STAGES
from analytics.store.decisions import Decision

EVERYWHERE = "全区"


def scope(where: Where) -> str:
    """Return a remedy's scope in words."""
    told = [f"{model.DIMENSIONS[name]}：{'、'.join(model.label_of(name, v) for v in values)}" for name, values in where]
    return "；".join(told) or EVERYWHERE


def ratio(effect: Effect) -> str:
    """Return the remaining share of the demand with its interval, 尚无 before it can be estimated."""
    if effect.step is None:
        return "尚无"
    s = effect.step
    return f"应有量的 {s.ratio:.2f} 倍（95% 区间 {s.low:.2f}–{s.high:.2f}）"


def avoided(effect: Effect) -> str:
    """Return the cases avoided a month with the interval; more cases are said as such."""
    if effect.avoided is None:
        return ""
    middle, low, high = effect.avoided
    if middle >= 0:
        return f"每月约少 {middle:.0f} 件（95% 区间 {low:.0f} 到 {high:.0f}）"
    return f"每月约多 {-middle:.0f} 件（95% 区间 {-high:.0f} 到 {-low:.0f}）"


def reason(effect: Effect) -> str:
    """Return why the verdict is as it is, in one sentence."""
    if effect.step is None:
        wait = f"，再等 {effect.more_weeks} 周" if effect.more_weeks else ""
        return f"{effect.why_not}{wait}"
    s = effect.step
    kind = "下降" if s.ratio < 1 else "上升"
    span = f"生效 {effect.in_force} 周" + (f"（按前 {effect.weeks} 周测算）" if effect.in_force > effect.weeks else "")
    told = [f"{span}，受理量为{ratio(effect)}，{avoided(effect)}"]
    told.append(f"这一{kind}不是偶然的把握{certainty(s.certainty)}")
    if effect.doubts:
        told.append("存疑：" + "；".join(c.name for c in effect.doubts))
    return "；".join(told)


def certainty(value: float) -> str:
    """Return a certainty (fraction of 1) in words, never as 100%.

    >>> certainty(0.83), certainty(0.999)
    ('约 83%', '超过 99%')
    """
    return "超过 99%" if value > 0.99 else f"约 {value:.0%}"


def waiting(effect: Effect) -> str:
    """Return how many more weeks until a fall by three tenths would be told; '' where it is told already."""
    if effect.step and not effect.step.low <= 1 <= effect.step.high:
        return ""
    if effect.step is None:
        return f"至少再等 {effect.more_weeks} 周" if effect.more_weeks else "记录太短，判断不了"
    if effect.more_weeks is None:
        return "这一类件数太少或起伏太大，用生效后半年的数据也分辨不出三成的下降"
    if effect.more_weeks == 0:
        return "现有数据已足以分辨三成的下降"
    return f"若确实下降三成，还要约 {effect.more_weeks} 周才能分辨"


def design(effect: Effect) -> str:
    return DESIGNS[effect.step.design] if effect.step else ""


def kept(effect: Effect, ledger: Ledger) -> dict[str, object]:
    """Return what a card keeps of an effect when it is judged by it, with the snapshot and the as-of it was measured on."""
    s = effect.step
    return {
        "verdict": effect.verdict,
        "ratio": s and round(s.ratio, 4),
        "low": s and round(s.low, 4),
        "high": s and round(s.high, 4),
        "weeks": effect.weeks,
        "told": reason(effect),
        "snapshot": ledger.snapshot.id,
        "as_of": f"{ledger.as_of:%Y-%m-%d %H:%M}",
    }


def step_told(step: Decision) -> str:
    """Return one entry of a card's history in words, without who and when."""
    detail = step.detail
    if step.kind == "take_up":
        return f"列入台账：{detail['name']}"
    if step.kind == "move":
        told = f"{STAGES[str(detail['from'])]} → {STAGES[str(detail['to'])]}"
        effect = detail.get("effect")
        if detail["to"] in JUDGED and isinstance(effect, dict):
            told += f"（{effect['verdict']}：{effect['told']}；统计时刻 {effect['as_of']}，快照 {effect['snapshot']}）"
        return told
    values = detail.get("values")
    return "改：" + "；".join(f"{FIELDS[k]} {_value(k, v)}" for k, v in (values or {}).items())  # type: ignore[attr-defined]


def _value(name: str, value: object) -> str:
    if name == "scope" and isinstance(value, dict):
        return scope(tuple((k, tuple(v)) for k, v in value.items()))
    if isinstance(value, list):
        return "、".join(map(str, value)) or "（空）"
    return mask_text(str(value or "（空）"))


def table(
    cards: Sequence[Card], names: Mapping[str, str], effects: Mapping[str, Effect], today: dt.date
) -> pd.DataFrame:
    """Return the 台账 as it is exported: one row a card, Chinese heads. ``names``, ``effects``: by card id."""
    rows = []
    for card in cards:
        effect = effects.get(card.id)
        rows.append(
            {
                "编号": card.id,
                "一类问题": names[card.id],
                "阶段": STAGES[card.stage],
                "牵头部门": card.text("owner"),
                "责任人": card.text("people"),
                "完成期限": card.text("due"),
                "已超期（工作日）": card.overdue_days(today),
                "整改措施": mask_text(card.text("measures")),
                "生效日期": card.text("effective_on"),
                "适用范围": scope(card.where) if card.day("effective_on") else "",
                "附件": "、".join(card.papers),
                "成效判断": effect.verdict if effect else "",
                "受理量": ratio(effect) if effect else "",
                "每月少发": avoided(effect) if effect else "",
                "依据": reason(effect) if effect else "",
                "最近变动": f"{card.steps[-1].at:%Y-%m-%d %H:%M} {card.steps[-1].who}",
                "经过": "；".join(f"{s.at:%Y-%m-%d} {s.who} {step_told(s)}" for s in card.steps),
            }
        )
    return pd.DataFrame(rows)
