"""Compiled queries, cached by shape, with their instants as parameters.

Building and compiling an Ibis expression takes about five milliseconds, longer than the query itself on a hundred
thousand cases. Two questions of one shape differ in their period only, so a shape is built once with symbols for the
instants (see Moment), and the SQL takes the instants as parameters.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Hashable
from functools import lru_cache

import ibis
import pandas as pd
from ibis.expr import types as ir

from analytics.ledger import Ledger
from analytics.metrics.moment import Moment
from analytics.settings import Settings

Build = Callable[[Moment], ir.Table]
#: Each instant's symbol: a value that stands for it while the shape is built, unlike any real one.
INSTANTS = {"horizon": 1, "at": 2, "start": 3, "risk_until": 4}
DAYS = {"first_day": 5, "last_day": 6, "horizon_day": 7}
NUMBERS = {"through": 987650001, "through_at": 987650002}
REALS = {"time": 987650003.5}
_YEAR = 1600


class Symbols(Moment):
    """A moment whose every instant is a symbol."""

    def __init__(self, settings: Settings):
        object.__setattr__(self, "settings", settings)

    def __getattribute__(self, name: str) -> object:
        if name in INSTANTS:
            return dt.datetime(_YEAR + INSTANTS[name], 1, 1)
        if name in DAYS:
            return dt.date(_YEAR + DAYS[name], 1, 1)
        if name in NUMBERS or name in REALS:
            return NUMBERS.get(name, REALS.get(name))
        return super().__getattribute__(name)


def ask(ledger: Ledger, shape: Hashable, moment: Moment, build: Build) -> pd.DataFrame:
    """Return the rows of the query that ``build`` makes for the moment.

    ``shape`` must tell apart everything that ``build`` looks at besides the moment's instants.
    """
    if ledger.reader.dialect != "duckdb":  # compiling is nothing beside such an engine's own start
        return ledger.run(build(moment))
    # Not the snapshot: one program's tables have the same columns in each that it wrote itself.
    key = (ledger.duckdb.version, ledger.viewer, ledger.attached, moment.settings.key, shape)
    sql, names, returns = _template(key, _Once(build, moment.settings))
    return ledger.run_sql(sql, {name: getattr(moment, name) for name in names}, returns)


class _Once:
    """A build that does not count in the cache's key: equal to any other."""

    def __init__(self, build: Build, settings: Settings):
        self.build, self.settings = build, settings

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=4000)
def _template(key: Hashable, once: _Once) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the SQL of a shape, the instants that it asks for, and its columns."""
    query = once.build(Symbols(once.settings))
    sql = str(ibis.to_sql(query, dialect="duckdb", pretty=False))
    for name, pattern in _PATTERNS.items():
        sql = pattern.sub(f"${name}", sql)
    if left := re.search(r"MAKE_(TIMESTAMP|DATE)\(160\d,|98765000", sql):
        raise AssertionError(f"a symbol was compiled in an unforeseen way: {left.group(0)}")
    return sql, tuple(name for name in _PATTERNS if re.search(rf"\${name}\b", sql)), tuple(query.columns)


_PATTERNS = (
    {n: re.compile(rf"MAKE_TIMESTAMP\({_YEAR + k}, 1, 1, 0, 0, 0\.0\)") for n, k in INSTANTS.items()}
    | {n: re.compile(rf"MAKE_DATE\({_YEAR + k}, 1, 1\)") for n, k in DAYS.items()}
    | {n: re.compile(rf"CAST\({k} AS \w+\)|\b{k}\b") for n, k in NUMBERS.items()}
    | {n: re.compile(rf"CAST\({re.escape(str(k))} AS \w+\)|\b{re.escape(str(k))}\b") for n, k in REALS.items()}
)
