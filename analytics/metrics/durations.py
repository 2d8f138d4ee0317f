"""Duration metrics: elapsed times counted by the engine, then Kaplan–Meier quantiles."""

from __future__ import annotations

import numpy as np
import pandas as pd
from ibis.expr import types as ir

from analytics.ledger import Ledger
from analytics.metrics import survival
from analytics.metrics.catalogue import CATALOGUE, Metric
from analytics.metrics.measures import Duration
from analytics.metrics.moment import Moment
from analytics.metrics.query import anchored, every_bucket, keys_of, within
from analytics.metrics.slices import Slice
from analytics.metrics.templates import ask
from analytics.settings import Settings


def elapsed_times(
    metric: Metric, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    """Return the dimensions, period and ``elapsed``, with how many of that time ``ended`` and are ``still`` open.

    One row for each time that differs, in no order: to the minute, a province's stays are a twentieth of
    their number.
    """
    measure = metric.measure
    if not isinstance(measure, Duration):
        raise TypeError(f"{metric.code} is no duration")

    def build(moment: Moment) -> ir.Table:
        table = anchored(within(ledger.table(measure.table), ledger, slice, moment, by), measure.anchor, moment)
        if measure.among:
            table = table.filter(measure.among(table, moment))
        keys = keys_of(table, by, grain, measure.anchor, moment)
        times = table.select(**keys, elapsed=measure.elapsed(table, moment), happened=measure.happened(table, moment))
        counted = times.group_by([*keys, "elapsed"]).agg(
            ended=times.elapsed.count(where=times.happened), n=times.elapsed.count()
        )
        return counted.mutate(still=counted.n - counted.ended).drop("n")

    frame = ask(ledger, (measure.source, by, grain, slice.where), moment, build)
    return frame[frame["elapsed"].notna()]


def handling_curve(ledger: Ledger, slice: Slice, settings: Settings | None = None) -> pd.DataFrame:
    """Return the share of the period's cases still open by working days since acceptance.

    Columns (float64): elapsed (working days), open_share, low, high (fractions of 1; Kaplan–Meier with open cases censored,
    95% log-log bounds). Whether the ledger has closing times at all says ``unmet("handling_median", ledger)``.
    """
    moment = Moment.of(ledger, slice, settings or ledger.settings)
    return survival.curve(elapsed_times(CATALOGUE["handling_median"], ledger, slice, moment, (), None))


def durations(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    times = elapsed_times(group[0], ledger, slice, moment, by, grain)
    keys = [*by, *(["period"] if grain else [])]
    quantiles = {m.code: m.measure.quantile for m in group if isinstance(m.measure, Duration)}
    found = survival.quantiles(times, keys, tuple(quantiles.values()))
    frames = []
    for code, q in quantiles.items():
        part = found[found["quantile"] == q].drop(columns="quantile")
        frames.append(part.assign(metric=code, numerator=np.nan, denominator=part["n"]))
    frame = pd.concat(frames, ignore_index=True)
    if grain and len(frame):
        frame = _with_empty_periods(frame, keys, slice, moment, grain)
    return frame


def _with_empty_periods(frame: pd.DataFrame, keys: list[str], slice: Slice, moment: Moment, grain: str) -> pd.DataFrame:
    full = every_bucket(frame[["metric", *keys, "n"]].copy(), ["metric", *keys], slice, moment, grain)
    frame = frame.assign(period=frame["period"].astype("datetime64[ns]")).drop(columns="n")
    return full.merge(frame, on=["metric", *keys], how="left")
