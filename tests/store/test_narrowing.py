"""A statement over many parts is asked for the columns it names; its answer is the one of the whole tables."""

from __future__ import annotations

import datetime as dt
import weakref

import ibis
import pandas as pd
import pytest
from ibis.backends.sql.datatypes import DuckDBType

from analytics.demo import DemoLedger
from analytics.store import Reader, Store, open_duckdb
from analytics.store.derive import DERIVED
from analytics.store.narrowing import InParts, narrowed
from tests.store.test_parts import SIZE, took_in

SOURCES = ("snap", "a", "b", "c")
TABLES = {
    "facts": InParts(SOURCES),
    "stages": InParts(SOURCES, " WHERE happened_at < 1"),
    "calendar": InParts(SOURCES[:1]),
}
COLUMNS = {"facts": ("case_no", "module", "grade"), "stages": ("case_no", "stage"), "calendar": ("day",)}


@pytest.fixture(scope="module")
def store(demo: DemoLedger, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A ledger of which most lies in parts."""
    store = Store(tmp_path_factory.mktemp("parts"))
    whole = {n: f.astype(object).where(f.notna(), None) for n, f in demo.tables.items()}
    took_in(store, whole, 0, SIZE, tracked=True)
    return store


@pytest.fixture
def reader(store: Store) -> Reader:
    return open_duckdb(store, store.current(), store.current().as_of)


def union(table: str, *columns: str) -> str:
    chosen = ", ".join(f'"{column}"' for column in columns) or "NULL"
    several = " UNION ALL ".join(f"SELECT {chosen} FROM {s}.{table}{TABLES[table].where}" for s in SOURCES)
    return f"{table} AS NOT MATERIALIZED ({several})"


@pytest.mark.parametrize(
    ("sql", "returns", "expected"),
    [
        ("SELECT module FROM facts", None, [("facts", "module")]),
        ('SELECT COUNT(*) AS "n" FROM "facts" AS "t0"', None, [("facts",)]),
        ("SELECT count(*) AS stages FROM facts WHERE grade*2>1", None, [("facts", "grade")]),
        # A star gives what is returned, and what else is named.
        ("SELECT * FROM (SELECT * FROM facts) WHERE grade = 1", ("module",), [("facts", "module", "grade")]),
        ("SELECT f.case_no FROM facts f JOIN calendar ON day = 1", None, [("facts", "case_no")]),
    ],
)
def test_only_what_is_named_is_asked_for(sql: str, returns: tuple[str, ...] | None, expected: list[tuple]) -> None:
    tables = ", ".join(union(*each) for each in expected)
    assert narrowed(sql, returns, TABLES, COLUMNS.__getitem__) == f"WITH {tables} {sql}"


def test_a_statement_that_begins_with_expressions_of_its_own_keeps_them() -> None:
    own = "t AS (SELECT case_no FROM facts) SELECT stage FROM stages JOIN t USING (case_no)"
    tables = f"{union('facts', 'case_no')}, {union('stages', 'case_no', 'stage')}"
    assert narrowed(f"WITH {own}", None, TABLES, COLUMNS.__getitem__) == f"WITH {tables}, {own}"


@pytest.mark.parametrize(
    ("sql", "returns"),
    [
        ("SELECT * FROM facts", None),
        ("SELECT f.* FROM facts f", None),
        ("SELECT module, * FROM facts", None),
        ("SELECT count(*) AS n FROM (SELECT DISTINCT * FROM facts)", ("n",)),
        ("SELECT module FROM facts UNION SELECT module FROM facts", ("module",)),
        ("SELECT module FROM facts NATURAL JOIN stages", ("module",)),
        ("SELECT day FROM calendar", ("day",)),
        ("WITH RECURSIVE t AS (SELECT module FROM facts) SELECT module FROM t", ("module",)),
        ("SELECT module FROM main.facts", ("module",)),
    ],
)
def test_what_may_need_more_stays_as_it_is(sql: str, returns: tuple[str, ...] | None) -> None:
    assert narrowed(sql, returns, TABLES, COLUMNS.__getitem__) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT department, count(*) AS n, max(closed_at) AS last FROM case_facts GROUP BY ALL ORDER BY ALL",
        "SELECT stage, department, n FROM (SELECT *, 1 AS n FROM stages WHERE until IS NULL) ORDER BY ALL LIMIT 99",
        "WITH late AS (SELECT * FROM case_facts WHERE closed_at > due_at)"
        " SELECT late.module, count(*) AS n FROM late JOIN cases USING (case_no) GROUP BY ALL ORDER BY ALL",
        "SELECT * FROM transfers ORDER BY case_no, happened_at LIMIT 20",
    ],
)
def test_answers_are_those_of_the_whole_tables(reader: Reader, sql: str) -> None:
    whole = reader.con.cursor().execute(sql).df()
    assert len(whole) > 5
    assert narrowed(sql, tuple(whole.columns), reader._in_parts, reader.schema) != sql
    pd.testing.assert_frame_equal(reader.frame(sql, returns=tuple(whole.columns)), whole)
    pd.testing.assert_frame_equal(reader.frame(sql), whole)


@pytest.mark.parametrize("before", [0, 200], ids=["now", "long ago"])
def test_a_table_in_parts_has_the_columns_of_each(store: Store, before: int) -> None:
    current = store.current()
    reader = Reader(store, current, current.as_of - dt.timedelta(days=before))
    assert len(reader._in_parts) > len(DERIVED)
    for table in reader._in_parts:
        whole = reader.con.cursor().execute(f"SELECT * FROM {table} LIMIT 0")
        assert list(reader.schema(table)) == [column[0] for column in whole.description]
        told = {row[0]: row[1] for row in reader.con.cursor().execute(f"DESCRIBE {table}").fetchall()}
        assert reader.schema(table) == ibis.schema({n: DuckDBType.from_string(t) for n, t in told.items()})


def test_a_reader_that_is_let_go_is_gone_at_once(store: Store) -> None:
    """It holds a database open, and garbage is looked for seldom (see pages.entrance.serving)."""
    another = Reader(store, store.current(), store.current().as_of)
    another.frame("SELECT count(*) AS n FROM case_facts")
    there = weakref.ref(another)
    del another
    assert there() is None
