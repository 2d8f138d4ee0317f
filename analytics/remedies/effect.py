"""The effect of a remedy: the estimated step, the checks of rival explanations, and the verdict in Chinese."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analytics.issues import Findings
from analytics.issues.thinning import evenly
from analytics.ledger import Ledger
from analytics.metrics.slices import Where
from analytics.remedies import checks
from analytics.remedies.checks import FAILED, Check
from analytics.remedies.series import Daily, Series, binned, daily
from analytics.remedies.step import BINS_A_MONTH, LEAST_AFTER, LEAST_BEFORE, Step, enough, fit, weeks_to_tell
from analytics.remedies.untreated import Untreated

WORKED, MAYBE, UNTOLD, HARMED = "明显见效", "可能见效", "尚看不出", "适得其反"
#: What one more week is weighed by: would a fall by so much be seen?
REFERENCE = 0.7
NEIGHBOURS = 3
#: Standard errors of the log by which a remedy must have made it worse (99%): nobody expects that it does.
SURE_OF_HARM = 2.576
LEAST_ALIKE = 0.05
#: Cases of a type, evenly thinned, that tell where its middle is.
READ = 2000
DESIGNS = {
    "its": "中断时间序列（与同期全部其他诉求相比）",
    "did": "双重差分（与措施范围之外的同类诉求相比）",
    "exact": "两个发生率之比的精确区间",
}


@dataclass(frozen=True)
class Remedy:
    """A remedy to be evaluated: type, day of effect, and scope (empty: everywhere)."""

    type_id: str
    day: dt.date
    where: Where = ()


@dataclass(frozen=True)
class Effect:
    """The evaluation of a remedy; ``why_not`` says in Chinese why there is no ``step`` yet.

    ``observed``: cases in the ``weeks`` after the day of effect that are evaluated; ``in_force``: whole weeks since then.
    ``more_weeks``: further weeks until a fall by three tenths would be significant (None: not within half a year).
    """

    remedy: Remedy
    verdict: str
    step: Step | None
    checks: tuple[Check, ...]
    more_weeks: int | None
    observed: int
    weeks: int
    in_force: int
    why_not: str = ""

    @property
    def avoided(self) -> tuple[float, float, float] | None:
        """Cases avoided a month: middle, low, high (95%)."""
        if self.step is None:
            return None
        return self.step.avoided(self.weeks / BINS_A_MONTH)

    @property
    def doubts(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.outcome == FAILED)


def judge(step: Step, found: Collection[Check]) -> str:
    """Return the verdict: by the interval, then lowered by one for a doubt, to 尚看不出 for more.

    明显见效: the 95% interval lies below 1; 可能见效: the 80% interval does; 适得其反: the 99%
    interval lies above 1 and nothing is in doubt.
    """
    doubts = sum(c.outcome == FAILED for c in found)
    if step.ratio > 1 and np.log(step.ratio) > SURE_OF_HARM * step.error:
        return HARMED if doubts == 0 else UNTOLD
    if step.high < 1:
        return (WORKED, MAYBE, UNTOLD)[min(doubts, 2)]
    if step.high80 < 1 and doubts == 0:
        return MAYBE
    return UNTOLD


def measure(
    remedy: Remedy,
    everywhere: Daily,
    scoped: Daily | None = None,
    treated: Collection[str] = (),
    near: Mapping[str, str] | None = None,
) -> Effect:
    """Judge a remedy by daily demand (``scoped``: where it applies, None for everywhere).

    ``treated``: types with remedies of their own, no part of any comparison; ``near``: the
    neighbouring types, id → name.
    """

    def series_of(*types: str) -> Series:
        return binned(types, remedy.day, everywhere, scoped, treated)

    own = series_of(remedy.type_id)
    observed = int(own.inside[own.after].sum())
    whole = binned([remedy.type_id], remedy.day, everywhere, scoped, treated, len(everywhere.counts))
    seen = (observed, own.after_bins, whole.after_bins)
    if why_not := enough(own):
        return Effect(remedy, UNTOLD, None, (), _least_more(own), *seen, why_not)
    step = fit(own)
    others = _untreated(everywhere, scoped, remedy.day, frozenset({remedy.type_id, *treated}))
    made = (
        checks.trend_before(own),
        checks.whole_centre(own),
        checks.substitution(step, [(name, series_of(i)) for i, name in (near or {}).items()]),
        checks.placebo_dates(own),
        checks.placebo_types(step, others),
        checks.lasting(step, whole),
    )
    more = weeks_to_tell(own, REFERENCE, step.spread)
    return Effect(remedy, judge(step, made), step, made, more, *seen)


@lru_cache(maxsize=32)
def _untreated(everywhere: Daily, scoped: Daily | None, day: dt.date, treated: frozenset[str]) -> Untreated:
    """Return every type that had no remedy, on the day of one: asked alike by all remedies of that day."""
    others = [i for i in everywhere.counts.columns if i and i not in treated]
    series = (binned([i], day, everywhere, scoped, treated) for i in others)
    return Untreated([s for s in series if enough(s) is None])


def _least_more(series: Series) -> int | None:
    """Return the weeks that a remedy just begun must wait at least."""
    if series.before_bins < LEAST_BEFORE:
        return None
    return max(1, LEAST_AFTER - series.after_bins)


def measured(ledger: Ledger, found: Findings, remedy: Remedy, treated: Collection[str] = ()) -> Effect:
    """Judge a remedy on a ledger (see :func:`measure`)."""
    scoped = daily(ledger, remedy.where) if remedy.where else None
    near = {i: found.name_of(i) for i in neighbours(found, remedy.type_id, treated)}
    return measure(remedy, daily(ledger), scoped, treated, near)


def neighbours(found: Findings, type_id: str, without: Collection[str] = ()) -> list[str]:
    """Return the types whose texts are most like a type's (cosine of their middles), most alike first."""
    middles = _middles(found)
    if type_id not in middles.index:
        return []
    alike = (middles @ middles.loc[type_id]).drop(
        index=[type_id, *(w for w in without if w in middles.index and w != type_id)]
    )
    alike = alike[alike >= LEAST_ALIKE]
    return [str(i) for i in alike.nlargest(NEIGHBOURS).index]


@lru_cache(maxsize=4)
def _middles(found: Findings) -> pd.DataFrame:
    """Return the mean vector of each type as shown, of READ of its cases at most, of length one."""
    codes, ids = pd.factorize(found.cases["type_id"])
    middles = np.zeros((len(ids), found.run.vectors.shape[1]))
    for number in range(len(ids)):
        rows = np.flatnonzero(codes == number)
        middles[number] = found.run.vectors[rows[evenly(len(rows), READ)]].astype(np.float32).sum(axis=0)
    return pd.DataFrame(middles / np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9), index=ids)
