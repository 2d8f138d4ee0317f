"""One way to ask: ``compute(metric, ledger, slice, by, grain)`` returns a tidy frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics.catalogue import CATALOGUE, Metric
from analytics.metrics.durations import durations
from analytics.metrics.flows import flows
from analytics.metrics.measures import Duration, Flow, PerOfficer, Stock
from analytics.metrics.moment import Moment
from analytics.metrics.query import NotMeasurable, check_reach
from analytics.metrics.slices import Slice
from analytics.metrics.staffing import list_coverage, per_officer
from analytics.metrics.stocks import stocks
from analytics.model import MODULES
from analytics.settings import Settings

COLUMNS = ("metric", "value", "numerator", "denominator", "low", "high", "n", "small")


def compute(
    metric: str,
    ledger: Ledger,
    slice: Slice,
    by: Sequence[str] = (),
    grain: str | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Return a metric over a slice; see :func:`compute_many` for the columns."""
    return compute_many((metric,), ledger, slice, by, grain, settings)


def compute_many(
    metrics: Iterable[str],
    ledger: Ledger,
    slice: Slice,
    by: Sequence[str] = (),
    grain: str | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Return several metrics at once; those of one source are counted in one query.

    One row a metric, a value of each dimension of ``by`` and, with ``grain``, a ``period``
    (first day, datetime64). Columns: metric, the dimensions, period, value, numerator,
    denominator, low, high (95%: Wilson for rates, log-log Kaplan–Meier for quantiles, NaN
    for counts), n, small (样本不足). Rates are fractions of 1. An empty denominator gives a
    NaN value, never 0. Raises NotMeasurable when the ledger lacks what a metric needs.
    """
    settings = settings or ledger.settings
    chosen = [_known(code) for code in metrics]
    for metric in chosen:
        if reason := unmet(metric.code, ledger):
            raise NotMeasurable(reason)
    check_reach(ledger, slice, by)
    moment = Moment.of(ledger, slice, settings)
    groups: dict[tuple[object, ...], list[Metric]] = {}
    for metric in chosen:
        groups.setdefault(metric.measure.source, []).append(metric)
    frames = [_count(group, ledger, slice, moment, tuple(by), grain) for group in groups.values()]
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    keys = [*by, *(["period"] if grain else [])]
    if len(frame) > 1 and (keys or len(chosen) > 1):
        frame = _in_order(frame, keys, chosen)
    least = {m.code: m.minimum(settings) for m in chosen}
    frame["small"] = frame["n"] < (frame["metric"].map(least) if len(chosen) > 1 else least[chosen[0].code])
    columns = ["metric", *keys, *COLUMNS[1:]]
    return frame if list(frame.columns) == columns else frame[columns]


def _in_order(frame: pd.DataFrame, keys: list[str], chosen: list[Metric]) -> pd.DataFrame:
    """Order rows by metric as asked, then dimensions (modules as the domain lists them), what is missing last."""
    orders = {"metric": {m.code: i for i, m in enumerate(chosen)}, "module": {m: i for i, m in enumerate(MODULES)}}
    names = keys if len(chosen) == 1 else ["metric", *keys]
    ranks = [_ranks(frame[name], orders.get(name)) for name in reversed(names)]
    return frame.take(np.lexsort(ranks)).reset_index(drop=True)


def _ranks(column: pd.Series, order: dict[str, int] | None) -> np.ndarray:
    """Return a number a row by which the column is in order; what is missing or not in ``order`` comes last."""
    codes, names = pd.factorize(column, sort=not order)
    ranks = [order.get(name, np.inf) for name in names] if order else range(len(names))
    return np.array([*ranks, np.inf])[codes]  # what is missing has the code -1


def unmet(code: str, ledger: Ledger) -> str | None:
    """Say in Chinese what the ledger lacks for a metric, or None when nothing."""
    metric = _known(code)
    if lacking := ledger.lacks(metric.needs):
        return f"台账里没有{'、'.join(lacking)}，补上后可得「{metric.name}」"
    return None


def _known(code: str) -> Metric:
    if code not in CATALOGUE:
        raise NotMeasurable(f"没有指标“{code}”；可用：{'、'.join(CATALOGUE)}")
    return CATALOGUE[code]


def _count(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    measure = group[0].measure
    if isinstance(measure, Flow):
        return flows(group, ledger, slice, moment, by, grain)
    if isinstance(measure, Stock):
        return stocks(group, ledger, slice, moment, by, grain)
    if isinstance(measure, Duration):
        return durations(group, ledger, slice, moment, by, grain)
    if grain or set(by) - {"module"} or {d for d, _ in slice.where} - {"module"}:
        raise NotMeasurable(f"「{group[0].name}」只能按服务模块看，不能按其他维度或时间拆分")
    if isinstance(measure, PerOfficer):
        return per_officer(group[0], measure, ledger, slice, moment, by)
    return list_coverage(group[0], ledger, slice, moment, by)
