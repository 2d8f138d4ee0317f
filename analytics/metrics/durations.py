"""How long things take: one row a case, then Kaplan–Meier quantiles."""

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
from analytics.settings import Settings, load_settings


def elapsed_times(
    metric: Metric, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    """Return one row a case: the dimensions, period, ``elapsed`` and ``happened``."""
    measure = metric.measure
    if not isinstance(measure, Duration):
        raise TypeError(f"{metric.code} is no duration")

    def build(moment: Moment) -> ir.Table:
        table = anchored(within(ledger.table(measure.table), ledger, slice, moment, by), measure.anchor, moment)
        if measure.among:
            table = table.filter(measure.among(table, moment))
        keys = keys_of(table, by, grain, measure.anchor, moment)
        return table.select(**keys, elapsed=measure.elapsed(table, moment), happened=measure.happened(table, moment))

    frame = ask(ledger, (measure.source, by, grain, slice.where), moment, build)
    return frame[frame["elapsed"].notna()]


def handling_curve(ledger: Ledger, slice: Slice, settings: Settings | None = None) -> pd.DataFrame:
    """Return the share of the period's cases still open by working days since acceptance.

    Columns: elapsed, open_share, low, high (Kaplan–Meier, open cases censored).
    """
    moment = Moment.of(ledger, slice, settings or load_settings())
    return survival.curve(elapsed_times(CATALOGUE["handling_median"], ledger, slice, moment, (), None))


def durations(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    rows = elapsed_times(group[0], ledger, slice, moment, by, grain)
    keys = [*by, *(["period"] if grain else [])]
    quantiles = {m.code: m.measure.quantile for m in group if isinstance(m.measure, Duration)}
    found = survival.quantiles(rows, keys, tuple(quantiles.values()))
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
