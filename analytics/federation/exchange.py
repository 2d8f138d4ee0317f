"""What a district hands on: counts, shares and sketches of a period, and no case (data/exchange.schema.json).

See docs/decisions/0015.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics import model
from analytics.federation.sketch import Sketch, size, sketch
from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, NotMeasurable, Slice, compute, unmet
from analytics.metrics.durations import elapsed_times
from analytics.metrics.measures import Flow
from analytics.metrics.moment import Moment
from analytics.metrics.suppression import hidden_cells, shared_rows
from analytics.metrics.survival import TIMES
from analytics.settings import DATA, Settings
from analytics.store import StoreError

FORMAT, VERSION = "demand-insight-exchange", 1
MOST_BYTES = 20_000_000
LONGEST_NUMBER = 20
#: Cuts of a period: all of it, by module, by month.
CUTS: tuple[tuple[tuple[str, ...], str | None], ...] = (((), None), (("module",), None), ((), "month"))

#: Metric, module ('' for all), first day of a month ('' for the whole period).
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Exchange:
    """One district's figures; a cell is (numerator, denominator or None), None where it is hidden."""

    district: str
    snapshot: str
    as_of: dt.datetime
    start: dt.date
    end: dt.date
    synthetic: bool
    least: int
    definitions: dict[str, str]
    cells: dict[Place, tuple[float, float | None] | None]
    sketches: dict[Place, Sketch | None]


def make(ledger: Ledger, district: str, slice: Slice, settings: Settings | None = None) -> Exchange:
    """Count every metric of the catalogue that the ledger can give, small counts hidden (Settings.least_shared).

    Raises StoreError for a district without a name or a slice with filters: what is combined is whole.
    """
    if not district.strip():
        raise StoreError("请写明区县名称，如“雁塔区”")
    if slice.where:
        raise StoreError("交换文件只能是全部工单，请先清除筛选")
    settings, ledger = settings or ledger.settings, ledger.whole
    cells: dict[Place, tuple[float, float | None] | None] = {}
    sketches: dict[Place, Sketch | None] = {}
    for metric in CATALOGUE.values():
        if unmet(metric.code, ledger):
            continue
        for by, grain in CUTS:
            try:
                if metric.is_duration:
                    sketches |= _sketches(metric.code, ledger, slice, by, grain, settings)
                elif not grain or isinstance(metric.measure, Flow):
                    cells |= _cells(metric.code, ledger, slice, by, grain, settings)
            except NotMeasurable:  # it has no modules
                continue
    given = {place[0] for place in (*cells, *sketches)}
    return Exchange(
        district.strip(), ledger.snapshot.id, ledger.as_of, slice.start, slice.end, ledger.snapshot.synthetic,
        settings.least_shared, {c: definition(c, settings) for c in CATALOGUE if c in given}, cells, sketches,
    )  # fmt: skip


def definition(code: str, settings: Settings) -> str:
    """Return a metric's name and formula with the limits that an office has set: only equals are added up."""
    metric = CATALOGUE[code]
    return f"{metric.name}（{metric.unit}）：{metric.described(settings)}"


def _places(code: str, frame: pd.DataFrame, by: tuple[str, ...], grain: str | None) -> list[Place]:
    modules = frame["module"].fillna(model.UNKNOWN).astype(str) if by else pd.Series("", index=frame.index)
    months = frame["period"].dt.strftime("%Y-%m-%d") if grain else pd.Series("", index=frame.index)
    return [(code, module, month) for module, month in zip(modules, months, strict=True)]


def _cells(
    code: str, ledger: Ledger, slice: Slice, by: tuple[str, ...], grain: str | None, settings: Settings
) -> dict[Place, tuple[float, float | None] | None]:
    frame = compute(code, ledger, slice, by, grain, settings)
    frame = shared_rows(frame, by, settings.least_shared)
    numbers = zip(frame["numerator"], frame["denominator"], frame["hidden"], strict=True)
    values = [
        None if hidden or pd.isna(k) else (float(k), None if pd.isna(n) else float(n)) for k, n, hidden in numbers
    ]
    return dict(zip(_places(code, frame, by, grain), values, strict=True))


def _sketches(
    code: str, ledger: Ledger, slice: Slice, by: tuple[str, ...], grain: str | None, settings: Settings
) -> dict[Place, Sketch | None]:
    moment = Moment.of(ledger, slice, settings)
    times = elapsed_times(CATALOGUE[code], ledger, slice, moment, by, grain)
    keys = [*by, *(["period"] if grain else [])]
    groups = [g for _, g in times.groupby(keys, dropna=False)] if keys else [times]
    heads = pd.concat([g.head(1) for g in groups]) if groups and len(times) else times
    made = [sketch(*(g[name].to_numpy(float) for name in TIMES)) for g in groups if len(g)]
    hidden = hidden_cells(np.array([size(s) for s in made], float).reshape(-1, 1), settings.least_shared).ravel()
    kept = [None if h else s for s, h in zip(made, hidden, strict=True)]
    return dict(zip(_places(code, heads, by, grain), kept, strict=True))


def written(exchange: Exchange) -> bytes:
    """Return the file's content (UTF-8 JSON); the same exchange gives the same bytes."""
    said = {
        "format": FORMAT,
        "version": VERSION,
        "district": exchange.district,
        "snapshot": exchange.snapshot,
        "as_of": exchange.as_of.isoformat(timespec="seconds"),
        "from": exchange.start.isoformat(),
        "to": exchange.end.isoformat(),
        "synthetic": exchange.synthetic,
        "least": exchange.least,
        "definitions": exchange.definitions,
        "cells": [[*place, *(cell or (None, None))] for place, cell in sorted(exchange.cells.items())],
        "sketches": [
            [*place, None if s is None else [[b, *counts] for b, counts in s.items()]]
            for place, s in sorted(exchange.sketches.items())
        ],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _fault(said: dict) -> Any:
    """Return the first place where a file does not keep to the schema, None where it does."""
    from jsonschema import Draft202012Validator  # a second that others need not wait

    schema = json.loads((DATA / "exchange.schema.json").read_text("utf-8"))
    return next(Draft202012Validator(schema).iter_errors(said), None)


def read(name: str, content: bytes) -> Exchange:
    """Read an exchange file; raises StoreError in Chinese, naming the file and the place, for one that is none."""
    if len(content) > MOST_BYTES:
        raise StoreError(f"{name}：文件超过 {MOST_BYTES // 1_000_000} MB，不像交换文件")
    try:
        said = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_finite, parse_int=_short)
    except (ValueError, RecursionError):
        raise StoreError(
            f"{name}：不是交换文件（不是 JSON，或数字大得离谱）。请让区县重新导出，不要用其他软件另存"
        ) from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise StoreError(f"{name}：不是交换文件。请用「全市汇总」页或 exchange 命令导出")
    if said.get("version") != VERSION:
        raise StoreError(
            f"{name}：交换文件的版本是 {said.get('version')!s:.20}，这里只认 {VERSION}，请两边用同一版程序"
        )
    if fault := _fault(said):
        where = "/".join(map(str, fault.absolute_path)) or "最外层"
        raise StoreError(f"{name}：第 {where} 处不合格式（{fault.validator}）。请让区县重新导出，不要手改")
    return _read(name, said)


def read_again(name: str, content: bytes) -> Exchange:
    """Read a file that ``read`` has taken once and whose content has not changed since (see Shelf).

    An older program may have taken what is refused now, so all but the schema, which takes a second, is asked again.
    """
    return _read(
        name, json.loads(content.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_finite, parse_int=_short)
    )


def _no_number(word: str) -> float:
    raise ValueError(word)


def _finite(word: str) -> float:
    """Read a number with a point or an exponent; raises ValueError for one that no computer holds (1e400)."""
    if not math.isfinite(number := float(word)):
        raise ValueError(word)
    return number


def _short(word: str) -> int:
    if len(word) > LONGEST_NUMBER:
        raise ValueError(word[:LONGEST_NUMBER])
    return int(word)


def _check_places(name: str, said: dict, start: dt.date, end: dt.date) -> None:
    """Refuse numbers of unknown kind: of metrics without a definition, of the wrong shape, or of months outside the period."""
    first, last = f"{start:%Y-%m}-01", f"{end:%Y-%m}-01"
    for kind in ("cells", "sketches"):
        for code, module, month, *_ in said[kind]:
            metric = CATALOGUE.get(code)
            if code not in said["definitions"] or (metric and metric.is_duration != (kind == "sketches")):
                raise StoreError(f"{name}：「{code:.40}」没有口径，或不该写在 {kind} 里，请让区县重新导出")
            if month and not first <= month <= last:
                raise StoreError(f"{name}：「{code:.40}」的月份 {month} 不在统计期内，请让区县重新导出")
            if module and (not module.strip() or not module.isprintable()):
                raise StoreError(f"{name}：「{code:.40}」的服务模块是空白，请让区县重新导出")


def _read(name: str, said: dict) -> Exchange:
    try:
        as_of = dt.datetime.fromisoformat(said["as_of"])
        start, end = (dt.date.fromisoformat(said[k]) for k in ("from", "to"))
    except ValueError:
        raise StoreError(f"{name}：日期看不懂，应如 2026-11-01") from None
    if not start <= end or not said["district"].isprintable():
        raise StoreError(f"{name}：统计期的起日晚于止日，或区县名称里有看不见的字，请让区县重新导出")
    _check_places(name, said, start, end)
    cells: dict[Place, tuple[float, float | None] | None] = {}
    for code, module, month, k, n in said["cells"]:
        known = CATALOGUE.get(code)
        if known and known.is_rate and k is not None and (n is None or k > n):
            raise StoreError(f"{name}：「{known.name}」的分子 {k} 大于分母 {n}，请让区县重新导出")
        cells[code, module, month] = None if k is None else (k, n)
    sketches = {
        (code, module, month): None if bins is None else {b: (ended, still) for b, ended, still in bins}
        for code, module, month, bins in said["sketches"]
    }
    if not any(held is not None for held in (*cells.values(), *sketches.values())):
        raise StoreError(f"{name}：里面一个数也没有（或全部隐去了），请让区县核对统计期后重新导出")
    if len(cells) + len(sketches) < len(said["cells"]) + len(said["sketches"]):
        raise StoreError(f"{name}：同一个数出现了两次，请让区县重新导出")
    return Exchange(
        said["district"].strip(), said["snapshot"], as_of.replace(tzinfo=None), start, end, said["synthetic"],
        said["least"], said["definitions"], cells, sketches,
    )  # fmt: skip
