"""Evaluate metrics of the catalogue over a slice of a ledger, split by dimensions and by time."""

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
    """Return one metric over a slice; columns, units and errors are those of :func:`compute_many`."""
    return compute_many((metric,), ledger, slice, by, grain, settings)


def compute_many(
    metrics: Iterable[str],
    ledger: Ledger,
    slice: Slice,
    by: Sequence[str] = (),
    grain: str | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Return metrics over a slice, a row for each metric, value of each dimension of ``by``, and bucket of ``grain``.

    ``metrics``: codes of the catalogue; ``by``: codes of ``model.DIMENSIONS``; ``grain``: day, week, month, quarter or
    year. Metrics of one source are counted in one query. Columns, in this order:

    - metric (str): the code
    - one column for each of ``by`` (str, or int for weekday, hour and grade; missing where a case has no value)
    - period (datetime64[ns]): first day of the bucket; only with ``grain``
    - value (float64): in the metric's unit, rates as fractions of 1; NaN where the denominator is 0
    - numerator, denominator (float64; int64 where none is missing): NaN where the metric has none
    - low, high (float64): 95% interval, Wilson for rates, log-log Kaplan–Meier for quantiles, NaN for counts
    - n (float64 or int64): what ``small`` is judged by
    - small (bool): 样本不足, ``n`` is below the metric's minimum

    Rows are ordered by metric as asked, then by the dimensions, missing values last. Raises NotMeasurable for an unknown
    code, for a ledger that lacks what a metric needs, for a dimension that it cannot be split by, and for types over a
    period that begins before they reach.
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
    """Return in Chinese what the ledger lacks for a metric, None where it lacks nothing; raises NotMeasurable for an unknown code."""
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
