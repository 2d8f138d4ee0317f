"""Checks of rival explanations of an effect: trend before, general fall, displacement, placebo dates and types, relapse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from analytics.remedies.series import MOST_AFTER, Series
from analytics.remedies.step import (
    LEAST_AFTER,
    LEAST_BEFORE,
    TREND_BINS,
    Step,
    enough,
    fit,
    has_fallen,
    slope,
    strength,
)
from analytics.remedies.untreated import Untreated

PASSED, FAILED, UNKNOWN, IDLE = "通过", "存疑", "无法检验", "不需要"
LASTING = "效果还在吗"
PLACEBO_DATES = 8
FEWEST_DATES = 4
FEWEST_TYPES = 19
RECENT = 13
#: An effect must stand out among other types at least so far.
STANDS_OUT = 0.1
#: So large a part of the fall, found elsewhere, makes it doubtful.
LARGE_PART = 0.5


@dataclass(frozen=True)
class Check:
    """One check: what it asks, its outcome (通过, 存疑, 无法检验), and what was seen."""

    name: str
    outcome: str
    told: str


def trend_before(series: Series) -> Check:
    """Check whether the demand already fell (or rose) before the remedy, relative to all other demand."""
    name = "生效前就在变吗"
    if series.before_bins < TREND_BINS:
        return Check(name, UNKNOWN, f"生效前只有 {series.before_bins} 周，看不出原有走势")
    rate, low, high = slope(series)
    span = f"生效前半年平均每月 {rate - 1:+.1%}（95% 区间 {low - 1:+.1%} 到 {high - 1:+.1%}，已除去全部诉求的涨落）"
    if high < 1:
        return Check(name, FAILED, f"本来就在下降：{span}")
    return Check(name, PASSED, ("本来在上升：" if low > 1 else "没有明显走势：") + span)


def whole_centre(series: Series) -> Check:
    """Check whether the demand of the whole centre fell as well."""
    name = "是不是全中心都在降"
    year = ~series.after & (np.cumsum(~series.after) > series.before_bins - 52)
    mine, rest = (
        float(counts[series.after].mean() / max(counts[year].mean(), 1e-9)) for counts in (series.inside, series.others)
    )
    told = f"每周件数与生效前一年相比：这一类为 {mine:.0%}，同范围其他诉求为 {rest:.0%}"
    if mine < 1 and rest < 1 and np.log(rest) < LARGE_PART * np.log(max(mine, 1e-9)):
        return Check(name, FAILED, f"{told}，下降有一半以上是全中心的")
    return Check(name, PASSED, told)


def substitution(step: Step, neighbours: Sequence[tuple[str, Series]]) -> Check:
    """Check whether the cases moved to the most similar types."""
    name = "有没有转到相邻类"
    usable = [(n, s) for n, s in neighbours if enough(s) is None]
    if not usable:
        return Check(name, UNKNOWN, "没有足够相近、件数足够的类型")
    missing = step.expected * (1 - step.ratio)
    told, moved = [], 0.0
    clear = NormalDist().inv_cdf(1 - 0.025 / len(usable))  # one of several neighbours may rise by chance
    for title, series in usable:
        found = fit(series)
        more = found.expected * (found.ratio - 1)
        told.append(f"「{title}」为应有的 {found.ratio:.2f} 倍（{found.low:.2f}–{found.high:.2f}）")
        if np.log(max(found.ratio, 1e-9)) > clear * found.error:
            moved += more
    words = "、".join(told)
    if missing > 0 and moved >= LARGE_PART * missing:
        return Check(name, FAILED, f"{words}；多出约 {moved:.0f} 件，可能由这一类转去")
    return Check(name, PASSED, words)


def placebo_dates(series: Series) -> Check:
    """Check whether the same model finds a fall on earlier days, when nothing was done."""
    name = "换成从前的日子也“见效”吗"
    length = min(series.after_bins, max(LEAST_AFTER, series.before_bins // 4))
    first, last = max(LEAST_BEFORE, series.before_bins // 4), series.before_bins - length
    places = np.unique(np.linspace(first, max(first, last), PLACEBO_DATES).astype(int))
    falls, tried = 0, 0
    for place in places:
        chosen = np.arange(len(series.inside)) < place + length
        past = series.cut(chosen, np.arange(len(series.inside)) >= place)
        if enough(past):
            continue
        tried += 1
        falls += has_fallen(past)
    if tried < FEWEST_DATES:
        return Check(name, UNKNOWN, f"生效前只有 {series.before_bins} 周，能试的日子不足 {FEWEST_DATES} 个")
    told = f"试了 {tried} 个从前的日子，{falls} 个“明显下降”"
    return Check(name, FAILED if falls >= 2 else PASSED, told)


def placebo_types(step: Step, others: Untreated) -> Check:
    """Check whether types without a remedy fell as clearly since the same day."""
    name = "没整改的类型也这样吗"
    if step.low80 <= 1 <= step.high80:
        return Check(name, IDLE, "这一类没有明显变化，不必与别的类型比")
    if len(others) < FEWEST_TYPES:
        return Check(name, UNKNOWN, f"可比的其他类型只有 {len(others)} 个，至少要 {FEWEST_TYPES} 个")
    own = strength(step)
    as_clear = others.as_clear(own)
    words = "下降" if own < 0 else "上升"
    told = f"同一天起，{len(others)} 个没整改的类型中有 {as_clear} 个{words}得同样明显"
    return Check(name, FAILED if (1 + as_clear) / (1 + len(others)) > STANDS_OUT else PASSED, told)


def lasting(step: Step, whole: Series) -> Check:
    """Check whether the fall of the first half year persists; ``whole``: all bins after the effect."""
    name = LASTING
    if step.high >= 1:
        return Check(name, IDLE, "还没有看出下降")
    if whole.after_bins < MOST_AFTER + RECENT:
        return Check(name, IDLE, f"生效 {whole.after_bins} 周，满 {MOST_AFTER + RECENT} 周后再看是否持久")
    recent = np.arange(len(whole.inside)) >= len(whole.inside) - RECENT
    late = whole.cut(~whole.after | recent, whole.after)
    found = fit(late)
    told = f"最近 {RECENT} 周为应有的 {found.ratio:.2f} 倍（{found.low:.2f}–{found.high:.2f}）"
    return Check(name, FAILED if found.low > step.high else PASSED, told)
