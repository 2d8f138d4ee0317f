"""Handling time, on-time rate and satisfaction of a type before and after its remedy, compared with all other cases."""

from __future__ import annotations

import datetime as dt
import warnings

import numpy as np
import pandas as pd

from analytics.issues.thinning import evenly
from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, Slice, compute, unmet
from analytics.metrics.durations import elapsed_times
from analytics.metrics.moment import Moment
from analytics.metrics.slices import DAY
from analytics.remedies.effect import Remedy

RATES = ("on_time_rate", "satisfaction")
MOST_DAYS = 182
#: Cases, evenly thinned, that are enough to tell what changed for a type and for everybody else.
MINE, OTHERS = 3000, 600
COLUMNS = ("metric", "before", "after", "n_before", "n_after", "small", "change", "low", "high", "others")


def periods(ledger: Ledger, remedy: Remedy) -> tuple[Slice, Slice] | None:
    """Return the days before and after the effect, equally many, at most half a year each; None before a day is over.

    The days before go as far back as types reach; None where they do not reach a day before it.
    """
    last = ledger.as_of.date() - DAY
    days = min((last - remedy.day).days + 1, MOST_DAYS)
    if ledger.attached_since:
        days = min(days, (remedy.day - ledger.attached_since).days)
    if days < 1:
        return None
    before = Slice(remedy.day - dt.timedelta(days=days), remedy.day - DAY, remedy.where)
    return before, Slice(remedy.day, remedy.day + dt.timedelta(days=days - 1), remedy.where)


def compared(ledger: Ledger, remedy: Remedy) -> pd.DataFrame:
    """Return one row for each of handling_median, on_time_rate, satisfaction that the ledger can give.

    Columns: COLUMNS. ``change`` with its 95% bounds: of a rate the difference after − before
    (Newcombe), of handling time how many times as fast cases are closed (Cox, statsmodels),
    beyond what changed for all other cases. ``others``: the change of all other cases (rates
    only). Values and counts are the catalogue's; ``small``: 样本不足 on either side.
    """
    spans = periods(ledger, remedy)
    if spans is None:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = [_rate(ledger, remedy, code, *spans) for code in RATES if not unmet(code, ledger)]
    if not unmet("handling_median", ledger):
        rows.insert(0, _handling(ledger, remedy, *spans))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _both(ledger: Ledger, code: str, span: Slice, type_id: str) -> tuple[pd.Series, pd.Series]:
    """Return a metric's row of the type and of everything in the same scope."""
    mine = compute(code, ledger, span.narrowed(issue_type=type_id)).iloc[0]
    return mine, compute(code, ledger, span).iloc[0]


def _rate(ledger: Ledger, remedy: Remedy, code: str, before: Slice, after: Slice) -> tuple[object, ...]:
    from statsmodels.stats.proportion import confint_proportions_2indep

    old, old_all = _both(ledger, code, before, remedy.type_id)
    new, new_all = _both(ledger, code, after, remedy.type_id)
    small = bool(old["small"] or new["small"])
    low = high = np.nan
    if not small:
        low, high = confint_proportions_2indep(
            new["numerator"], new["denominator"], old["numerator"], old["denominator"], compare="diff", method="newcomb"
        )
    rest = [
        (a["numerator"] - m["numerator"]) / n if (n := a["denominator"] - m["denominator"]) > 0 else np.nan
        for m, a in ((old, old_all), (new, new_all))
    ]
    return (
        code, old["value"], new["value"], old["denominator"], new["denominator"], small,
        new["value"] - old["value"], low, high, rest[1] - rest[0],
    )  # fmt: skip


def _handling(ledger: Ledger, remedy: Remedy, before: Slice, after: Slice) -> tuple[object, ...]:
    code = "handling_median"
    old, new = (compute(code, ledger, s.narrowed(issue_type=remedy.type_id)).iloc[0] for s in (before, after))
    small = bool(old["small"] or new["small"])
    ratio = (np.nan, np.nan, np.nan) if small else closing_speed(_times(ledger, remedy, before, after))
    return (code, old["value"], new["value"], old["n"], new["n"], small, *ratio, np.nan)


def _times(ledger: Ledger, remedy: Remedy, before: Slice, after: Slice) -> pd.DataFrame:
    """Return elapsed, happened, mine, after: one row a case accepted in either span, thinned evenly by elapsed."""
    frames = []
    for late, span in ((False, before), (True, after)):
        moment = Moment.of(ledger, span, ledger.settings)
        times = elapsed_times(CATALOGUE["handling_median"], ledger, span, moment, ("issue_type",), None)
        mine = times["issue_type"].eq(remedy.type_id).fillna(False).to_numpy(bool)
        for own, most in ((True, MINE), (False, OTHERS)):
            rows = _one_each(times[mine == own])
            frames.append(rows.iloc[evenly(len(rows), most)].assign(mine=own, after=late))
    return pd.concat(frames, ignore_index=True)


def _one_each(times: pd.DataFrame) -> pd.DataFrame:
    """Return elapsed and happened: a row for each that the times (elapsed, ended, still) count."""
    each = times.melt("elapsed", ["ended", "still"], "state", "count").sort_values(["elapsed", "state"])
    each = each.loc[each.index.repeat(each["count"])]
    return pd.DataFrame({"elapsed": each["elapsed"].astype(float), "happened": each["state"].eq("ended")})


def closing_speed(rows: pd.DataFrame) -> tuple[float, float, float]:
    """Return how many times as fast the type's cases are closed after as before, with 95% bounds.

    Cox regression, open cases censored: the type's step beyond that of all other cases, each
    with a baseline of its own (strata). NaN where there is nothing to compare.
    """
    from statsmodels.duration.hazard_regression import PHReg

    counts = rows[rows["happened"]].groupby(["mine", "after"]).size()
    if len(counts) < 4 or counts.min() < 5:
        return (np.nan, np.nan, np.nan)
    after = rows["after"].to_numpy(float)
    exog = np.column_stack([after, after * rows["mine"].to_numpy(float)])
    elapsed = np.maximum(rows["elapsed"].to_numpy(float), 1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = PHReg(
            elapsed, exog, status=rows["happened"].to_numpy(int), strata=rows["mine"].to_numpy(int), ties="efron"
        )
        result = model.fit(disp=False)
    middle, error = result.params[1], result.bse[1]
    ratio, low, high = (float(np.exp(middle + z * error)) for z in (0, -1.96, 1.96))
    return ratio, low, high
