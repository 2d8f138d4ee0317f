"""A statement over many parts is asked for the columns it names; its answer is the one of the whole tables."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.demo import DemoLedger
from analytics.store import Reader, Store, open_duckdb
from analytics.store.narrowing import InParts, narrowed
from tests.store.test_parts import SIZE, took_in

TABLES = {
    "facts": InParts(("snap", "a", "b", "c"), "", lambda: ("case_no", "module", "grade")),
    "stages": InParts(("snap", "a", "b", "c"), " WHERE happened_at < 1", lambda: ("case_no", "stage")),
    "calendar": InParts(("snap",), "", lambda: ("day",)),
}


@pytest.fixture(scope="module")
def reader(demo: DemoLedger, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """The reader of a ledger of which most lies in parts."""
    store = Store(tmp_path_factory.mktemp("parts"))
    whole = {n: f.astype(object).where(f.notna(), None) for n, f in demo.tables.items()}
    snapshot = took_in(store, whole, 0, SIZE, tracked=True)
    return open_duckdb(store, snapshot, snapshot.as_of)


def union(columns: str, table: str, where: str = "") -> str:
    several = " UNION ALL ".join(f"SELECT {columns} FROM {s}.{table}{where}" for s in ("snap", "a", "b", "c"))
    return f"{table} AS NOT MATERIALIZED ({several})"


@pytest.mark.parametrize(
    ("sql", "returns", "expected"),
    [
        ("SELECT module FROM facts", None, f"WITH {union('module', 'facts')} SELECT module FROM facts"),
        ('SELECT COUNT(*) AS "n" FROM "facts" AS "t0"', None, f"WITH {union('NULL', 'facts')} "),
        ("SELECT count(*) AS stages FROM facts WHERE grade*2>1", None, f"WITH {union('grade', 'facts')} SELECT"),
        (
            "WITH t AS (SELECT case_no FROM facts) SELECT stage FROM stages JOIN t USING (case_no)",
            None,
            f"WITH {union('case_no', 'facts')}, {union('case_no, stage', 'stages', ' WHERE happened_at < 1')}, t AS (",
        ),
        # A star gives what is returned, and what else is named.
        (
            "SELECT * FROM (SELECT * FROM facts) WHERE grade = 1",
            ("module",),
            f"WITH {union('module, grade', 'facts')} ",
        ),
    ],
)
def test_only_what_is_named_is_asked_for(sql: str, returns: tuple[str, ...] | None, expected: str) -> None:
    assert narrowed(sql, returns, TABLES).startswith(expected)
    assert narrowed(sql, returns, TABLES).endswith(sql.removeprefix("WITH "))


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
    assert narrowed(sql, returns, TABLES) == sql


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
    assert narrowed(sql, tuple(whole.columns), reader._in_parts) != sql
    pd.testing.assert_frame_equal(reader.frame(sql, returns=tuple(whole.columns)), whole)
    pd.testing.assert_frame_equal(reader.frame(sql), whole)
