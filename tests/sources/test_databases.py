"""Cases come out of a real PostgreSQL and a real MariaDB: read-only, each change once, no secret anywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from analytics import ingest
from analytics.ledger import open_ledger
from analytics.settings import load_settings
from analytics.sources import DatabaseSource, SourceError
from analytics.sources import database as database_room
from analytics.sources.book import REFUSED, SourceBook
from analytics.sources.take import Take, take
from analytics.store import Store
from analytics.viewer import LOCAL
from tests.sources.servers import PASSWORD

NOW = dt.datetime(2026, 11, 25, 9)
QUERY = """SELECT no AS "工单编号", accepted AS "受理时间", words AS "内容", unit AS "承办部门",
closed AS "办结时间", stars AS "评价等级", changed AS "更新时间" FROM office_cases WHERE words <> ':不要 100%'"""
TABLE = """CREATE TABLE office_cases (no NUMERIC(20) PRIMARY KEY, accepted {instant} NULL, words TEXT, unit VARCHAR(50),
closed {instant} NULL, stars VARCHAR(20), picture {bytes}, changed {instant} NULL)"""


@dataclass
class Office:
    """A database of an office: its owner writes, our account may only read.

    ``writer``: what our account may use by mistake, and ``writing``: a SELECT that writes with it.
    """

    owner: sa.Engine
    url: str
    port: int
    writer: str
    writing: str
    query: str = QUERY

    def write(self, *statements: str) -> None:
        with self.owner.begin() as con:
            for statement in statements:
                con.exec_driver_sql(statement)

    def case(self, no: int, changed: str, words: str = "贷款难", accepted: str = "2026-11-02 09:00:00") -> None:
        self.write(
            f"INSERT INTO office_cases (no, accepted, words, unit, stars, changed) VALUES"
            f" ({no}, {(accepted and repr(accepted)) or 'NULL'}, '{words}', '甲局', '满意', {repr(changed) if changed else 'NULL'})"
        )


def _postgresql(port: int) -> Office:
    owner = sa.create_engine(f"postgresql+psycopg://owner@127.0.0.1:{port}/postgres", poolclass=sa.pool.NullPool)
    office = Office(
        owner,
        f"postgresql://reader@127.0.0.1:{port}/postgres",
        port,
        "CREATE OR REPLACE FUNCTION sneak() RETURNS INT LANGUAGE SQL SECURITY DEFINER AS"
        " $$ INSERT INTO office_cases (no) VALUES (666) RETURNING 1 $$",
        "SELECT sneak() AS a",
    )
    office.write(
        "DROP TABLE IF EXISTS office_cases",
        TABLE.format(instant="TIMESTAMPTZ", bytes="BYTEA"),
        "SET TIME ZONE 'Asia/Shanghai'",
        "ALTER ROLE owner SET TimeZone = 'Asia/Shanghai'",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN"
        f" CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; END IF; END $$",
        "GRANT SELECT ON office_cases TO reader",
    )
    return office


def _mariadb(port: int) -> Office:
    owner = sa.create_engine(f"mariadb+pymysql://root@127.0.0.1:{port}/?charset=utf8mb4", poolclass=sa.pool.NullPool)
    with owner.begin() as con:
        con.exec_driver_sql("CREATE DATABASE IF NOT EXISTS office CHARACTER SET utf8mb4")
    office = Office(
        sa.create_engine(f"mariadb+pymysql://root@127.0.0.1:{port}/office?charset=utf8mb4", poolclass=sa.pool.NullPool),
        f"mariadb://reader@127.0.0.1:{port}/office?charset=utf8mb4",
        port,
        "CREATE OR REPLACE SEQUENCE sneak",  # no function: the table of functions was seen read only on a busy machine
        "SELECT NEXTVAL(sneak) AS a",
        QUERY.replace('"', "`"),
    )
    office.write(
        "DROP TABLE IF EXISTS office_cases",
        TABLE.format(instant="DATETIME(6)", bytes="BLOB"),
        f"CREATE USER IF NOT EXISTS reader@'%%' IDENTIFIED BY '{PASSWORD}'",
        "GRANT SELECT, INSERT ON office.* TO reader@'%%'",
    )
    return office


@pytest.fixture(params=["postgresql", "mariadb"])
def office(request: pytest.FixtureRequest) -> Office:
    made = {"postgresql": _postgresql, "mariadb": _mariadb}[request.param]
    return made(request.getfixturevalue(f"{request.param}_port"))


@pytest.fixture
def source(office: Office, tmp_path: Path) -> DatabaseSource:
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\n", "utf-8")
    secret.chmod(0o600)
    return DatabaseSource("办件库", office.url, office.query, secret, "更新时间")


@pytest.fixture
def bring(store: Store, source: DatabaseSource) -> Callable[..., Take]:
    def taken(now: dt.datetime = NOW, **more: object) -> Take:
        return take(store, replace(source, **more), load_settings(), now, LOCAL)  # type: ignore[arg-type]

    return taken


def cases(store: Store) -> dict[str, str]:
    frame = open_ledger(store).run_sql("SELECT case_no, content FROM cases ORDER BY case_no")
    return dict(zip(frame["case_no"], frame["content"], strict=True))


def test_what_is_new_or_changed_comes_in_once(office: Office, store: Store, bring: Callable[..., Take]) -> None:
    for i in range(5):
        office.case(20261125000000000000 + i, f"2026-11-2{i} 08:00:00")
    first = bring()
    assert (first.rows, len(first.entries)) == (5, 1)
    assert list(cases(store)) == [str(20261125000000000000 + i) for i in range(5)]
    snapshot = store.current_id()
    assert bring().message == "没有新的或改动过的行"
    assert store.current_id() == snapshot
    office.write(
        "UPDATE office_cases SET words = '房租高', changed = '2026-11-25 08:30:00' WHERE no = 20261125000000000001"
    )
    again = bring()
    assert [t.updated for t in again.entries] == [1]
    assert cases(store)["20261125000000000001"] == "房租高"
    times = open_ledger(store).run_sql("SELECT DISTINCT accepted_at FROM cases")
    assert list(times["accepted_at"]) == [dt.datetime(2026, 11, 2, 9)]


def test_a_row_that_commits_late_or_at_the_very_same_time_is_not_missed(
    office: Office, store: Store, bring: Callable[..., Take]
) -> None:
    office.case(1, "2026-11-25 08:00:00.000001")
    bring()
    office.case(2, "2026-11-25 08:00:00.000001")  # a tie
    office.case(3, "2026-11-25 07:55:00")  # begun before, committed after
    assert [t.accepted for t in bring().entries] == [2]
    assert set(cases(store)) == {"1", "2", "3"}


def test_a_time_of_change_in_the_future_hides_nothing(office: Office, store: Store, bring: Callable[..., Take]) -> None:
    office.case(1, "2027-01-01 00:00:00")
    office.case(2, "2026-11-24 08:00:00")
    assert "1 行的更新时间在将来" in bring().entries[0].message
    office.case(3, "2026-11-25 08:00:00")
    bring()
    assert set(cases(store)) == {"1", "2", "3"}


def test_a_bad_row_is_kept_out_once_and_mended_in_its_own_system(
    office: Office, store: Store, bring: Callable[..., Take]
) -> None:
    office.case(1, "2026-11-24 08:00:00")
    office.case(2, "2026-11-24 08:00:00", accepted="")
    assert [t.quarantined for t in bring().entries] == [1]
    snapshot = store.current_id()
    assert bring().entries == ()
    assert store.current_id() == snapshot
    office.write(
        "UPDATE office_cases SET accepted = '2026-11-03 09:00:00', changed = '2026-11-24 09:00:00' WHERE no = 2"
    )
    bring()
    assert set(cases(store)) == {"1", "2"}


def test_rows_without_a_time_of_change_come_at_the_first_look_and_are_told(
    office: Office, store: Store, bring: Callable[..., Take]
) -> None:
    office.case(1, "2026-11-24 08:00:00")
    office.case(2, "")
    assert "1 行没有更新时间" in bring().entries[0].message
    assert set(cases(store)) == {"1", "2"}


def test_a_large_query_comes_in_portions_with_ties_across_them(
    office: Office, store: Store, bring: Callable[..., Take], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_room, "PORTION", 4)
    for i in range(10):
        office.case(100 + i, "2026-11-24 08:00:00")
    assert [t.accepted for t in bring().entries] == [4, 4, 2]
    assert bring().entries == ()
    office.case(200, "2026-11-24 08:00:00")
    assert [t.accepted for t in bring().entries] == [1]


def test_taken_afresh_everything_is_asked_for_again(office: Office, store: Store, source: DatabaseSource) -> None:
    office.case(1, "2026-11-24 08:00:00")
    take(store, source, load_settings(), NOW, LOCAL)
    again = take(store, source, load_settings(), NOW, LOCAL, afresh=True)
    assert [t.unchanged for t in again.entries] == [1]


def test_without_a_time_of_change_only_rows_that_differ_are_imported(
    office: Office, store: Store, bring: Callable[..., Take]
) -> None:
    office.case(1, "2026-11-24 08:00:00")
    office.case(2, "2026-11-24 08:00:00")
    assert bring(updated="").rows == 2
    assert bring(updated="").entries == ()
    office.write("UPDATE office_cases SET words = '房租高' WHERE no = 2")
    assert [(t.read, t.updated) for t in bring(updated="").entries] == [(1, 1)]


def test_the_database_itself_refuses_every_write(office: Office, bring: Callable[..., Take]) -> None:
    office.case(1, "2026-11-24 08:00:00")
    office.write(office.writer)
    with pytest.raises(SourceError, match=r"25006|1792"):
        bring(query=office.writing, updated="")
    with pytest.raises(SourceError, match="只能是一条 SELECT"):
        bring(query="DELETE FROM office_cases")
    with pytest.raises(SourceError, match="只能是一条 SELECT"):
        bring(query="SELECT 1; DELETE FROM office_cases")
    with office.owner.connect() as con:
        assert con.exec_driver_sql("SELECT count(*) FROM office_cases").scalar() == 1


def test_errors_say_what_to_do_and_never_a_secret_or_a_cell(
    office: Office, source: DatabaseSource, bring: Callable[..., Take], tmp_path: Path
) -> None:
    office.case(1, "2026-11-24 08:00:00", words="王小明 13812345678")
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-password", "utf-8")
    wrong.chmod(0o600)
    faults = {
        "连不上数据库": {"secret": wrong},
        "没有答应这个查询.*更新了": {"updated": "更新了"},
        "没有答应这个查询.*nowhere": {"query": "SELECT * FROM nowhere", "updated": ""},
        "没有答应这个查询": {
            "query": "SELECT CAST(words AS DATE) AS d, 1/0 FROM office_cases WHERE no / 0 = 1",
            "updated": "",
        },
    }
    for said, change in faults.items():
        if "1/0" in str(change.get("query")) and "mariadb" in office.url:
            continue  # MariaDB casts and divides what it likes
        with pytest.raises(SourceError, match=said) as caught:
            bring(**change)
        for hidden in (PASSWORD, "not-the-password", "王小明", "13812345678"):
            assert hidden not in str(caught.value)
            assert hidden not in repr(caught.value.__cause__)


def test_a_server_that_is_not_there_is_said(source: DatabaseSource, bring: Callable[..., Take], office: Office) -> None:
    with pytest.raises(SourceError, match=r"连不上数据库.*请核对地址、账号、口令文件与网络"):
        bring(url=office.url.replace(str(office.port), "1"))


def test_columns_that_no_case_has_are_refused_once_and_asked_for_again(
    office: Office, store: Store, bring: Callable[..., Take]
) -> None:
    office.case(1, "2026-11-24 08:00:00")
    query = "SELECT no AS a, words AS b, changed FROM office_cases"
    for _ in range(3):
        assert "找不到：" in bring(query=query, updated="changed").message
    entries = SourceBook(store.folder).entries()
    assert [e.outcome for e in entries] == [REFUSED]
    assert bring().rows == 1  # the query put right


def test_the_columns_are_mapped_by_the_profile_that_a_person_kept(
    office: Office, store: Store, bring: Callable[..., Take]
) -> None:
    heads, row = "gdbh,slsj,nr,changed", "P1,2026-11-01 09:00,贷款难,"
    plans = ingest.plan_files([("原系统.csv", f"{heads}\n{row}\n".encode())], load_settings())
    plans[0].use_table("cases")
    plans[0].mapping = {"case_no": 0, "accepted_at": 1, "content": 2}
    ingest.run_import(store, plans, load_settings(), NOW, profile="原系统")
    office.case(7, "2026-11-24 08:00:00")
    bring(query="SELECT no AS gdbh, accepted AS slsj, words AS nr, changed FROM office_cases", updated="changed")
    assert set(cases(store)) == {"P1", "7"}
