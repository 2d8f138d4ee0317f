"""Districts' exchange files added up: the same catalogue, with the district as a dimension."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.federation.exchange import Exchange, Place
from analytics.federation.sketch import merged, quantile, size
from analytics.metrics import CATALOGUE
from analytics.metrics.catalogue import Metric
from analytics.metrics.measures import Duration
from analytics.metrics.wilson import wilson
from analytics.settings import Settings, load_settings
from analytics.store import StoreError
from analytics.wording import days

#: The district that stands for all of them.
CITY = "全市"
COLUMNS = ("metric", "district", "module", "period", "value", "numerator", "denominator", "low", "high", "least", "most", "n", "small", "without")  # fmt: skip


@dataclass(frozen=True)
class City:
    """Combined figures. ``rows``: one a metric, district (or 全市), module ('' all) and month ('' the whole period).

    Columns: COLUMNS; rates are fractions of 1; ``least`` and ``most`` bound a quantile's error;
    ``without`` names the districts whose number is hidden or missing, and so not in the city's.
    ``apart``: what could not be added up, in Chinese.
    """

    districts: tuple[Exchange, ...]
    start: dt.date
    end: dt.date
    rows: pd.DataFrame
    apart: tuple[str, ...]

    @property
    def synthetic(self) -> bool:
        return any(d.synthetic for d in self.districts)


def combine(exchanges: Sequence[Exchange], settings: Settings | None = None) -> City:
    """Add up districts of one period.

    Raises StoreError for none, for two files of one district, and for periods that differ.
    """
    if not exchanges:
        raise StoreError("还没有交换文件")
    districts = tuple(sorted(exchanges, key=lambda e: e.district))
    names = [d.district for d in districts]
    if twice := {n for n in names if names.count(n) > 1}:
        raise StoreError(f"{'、'.join(sorted(twice))} 有两份交换文件，请只留一份")
    if CITY in names:
        raise StoreError(f"区县不能叫“{CITY}”，它是合计的名字")
    periods = {(d.start, d.end): d.district for d in districts}
    if len(periods) > 1:
        told = "；".join(f"{name} {days(*period)}" for period, name in periods.items())
        raise StoreError(f"统计期不同，不能相加：{told}。请按同一统计期重新导出")
    settings = settings or load_settings()
    rows: list[dict[str, object]] = []
    apart = []
    for code, metric in CATALOGUE.items():
        having = [d for d in districts if code in d.definitions]
        if len({d.definitions[code] for d in having}) > 1:
            apart.append(f"「{metric.name}」各区县口径不同（如限期），不相加")
        rows += _rows(metric, districts, having, settings)
    if strange := {c for d in districts for c in d.definitions} - set(CATALOGUE):
        apart.append(f"有 {len(strange)} 个指标这里的程序不认识，没有合并；请升级到同一版")
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return City(districts, districts[0].start, districts[0].end, frame, tuple(apart))


def _rows(
    metric: Metric, districts: tuple[Exchange, ...], having: list[Exchange], settings: Settings
) -> list[dict[str, object]]:
    """Return a metric's rows: of each district, and of the city where their definitions are one."""
    of = {d.district: d.sketches if metric.is_duration else d.cells for d in having}
    places = sorted({p for held in of.values() for p in held if p[0] == metric.code})
    alike = len({d.definitions[metric.code] for d in having}) == 1
    rows = []
    for place in places:
        known = {name: held[place] for name, held in of.items() if held.get(place) is not None}
        rows += [_row(metric, place, name, [value], (), settings) for name, value in known.items()]
        if known and alike:
            hidden = {name for name, held in of.items() if place in held and held[place] is None}
            without = tuple(d.district for d in districts if d not in having or d.district in hidden)
            rows.append(_row(metric, place, CITY, list(known.values()), without, settings))
    return rows


def _row(
    metric: Metric, place: Place, district: str, parts: list, without: tuple[str, ...], settings: Settings
) -> dict[str, object]:
    added = _durations(metric, parts) if metric.is_duration else _counts(metric, parts)
    small = added["n"] < metric.minimum(settings)
    where: dict[str, object] = {"metric": metric.code, "district": district, "module": place[1], "period": place[2]}
    return where | added | {"small": small, "without": "、".join(without)}


def _durations(metric: Metric, parts: list) -> dict[str, float]:
    assert isinstance(metric.measure, Duration)
    both = merged(parts)
    value, low, high, least, most = quantile(both, metric.measure.quantile)
    nothing = float("nan")
    n = size(both)
    return {
        "value": value, "numerator": nothing, "denominator": n, "low": low, "high": high, "least": least, "most": most, "n": n,
    }  # fmt: skip


def _counts(metric: Metric, parts: list[tuple[float, float | None]]) -> dict[str, float]:
    nothing = float("nan")
    k = sum(p[0] for p in parts)
    n = None if any(p[1] is None for p in parts) else sum(float(p[1] or 0) for p in parts)
    low, high = nothing, nothing
    if n is None:
        value = k
    else:
        value = k / n if n else nothing
        if metric.is_rate:
            low, high = (float(x[0]) for x in wilson(np.array([k]), np.array([n])))
    return {
        "value": value, "numerator": k, "denominator": nothing if n is None else n, "low": low, "high": high,
        "least": nothing, "most": nothing, "n": k if n is None else n,
    }  # fmt: skip
