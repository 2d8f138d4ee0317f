"""The audit log: what is written, that a change of the past shows, and who reads it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analytics import ingest
from analytics.briefing.compose import Request
from analytics.briefing.office import Office
from analytics.briefing.period import parse
from analytics.caselist import case_story
from analytics.exporting import quarantine_for, workbook_for
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.settings import load_settings
from analytics.store import StoreError
from analytics.store.audit import DECIDED, EXPORTED, IMPORTED, REVEALED, ROLLED_BACK, VIEWED, AuditLog
from analytics.viewer import ADMIN, LEADER, LOCAL, OPERATOR, NotAllowed, Viewer
from tests.small import NOW, publish

WHO = Viewer("wang", OPERATOR)


def filled(folder: Path, many: int = 6) -> AuditLog:
    log = AuditLog(folder)
    for number in range(many):
        log.record(WHO, VIEWED, f"YT{number}", {"n": number})
    return log


def test_entries_are_chained_and_found_again(tmp_path: Path) -> None:
    log = filled(tmp_path)
    log.record(Viewer("li", ADMIN), EXPORTED, "工单.xlsx")
    assert log.verify() is None
    assert [e.target for e in log.entries(VIEWED, "wang", 2)] == ["YT5", "YT4"]
    assert log.people() == ["li", "wang"]
    assert log.path.stat().st_mode & 0o077 == 0


def test_rows_cannot_be_changed_through_sql(tmp_path: Path) -> None:
    log = filled(tmp_path)
    with sqlite3.connect(log.path) as con:
        for sql in ("UPDATE entries SET who = 'x'", "DELETE FROM entries WHERE seq = 1"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                con.execute(sql)


FORGERIES: dict[str, Callable[[sqlite3.Connection], object]] = {
    "a changed word": lambda con: con.execute("UPDATE entries SET target = 'YT9' WHERE seq = 3"),
    "another time": lambda con: con.execute("UPDATE entries SET at = '2020-01-01T00:00:00.000' WHERE seq = 3"),
    "a deleted row": lambda con: con.execute("DELETE FROM entries WHERE seq = 3"),
    "a deleted end": lambda con: con.execute("DELETE FROM entries WHERE seq > 4"),
    "everything deleted": lambda con: con.execute("DELETE FROM entries"),
    "rows exchanged": lambda con: con.executescript(
        "UPDATE entries SET seq = 99 WHERE seq = 2; UPDATE entries SET seq = 2 WHERE seq = 3; UPDATE entries SET seq = 3 WHERE seq = 99"
    ),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_forgery_shows(tmp_path: Path, kind: str) -> None:
    log = filled(tmp_path)
    with sqlite3.connect(log.path) as con:
        con.executescript("DROP TRIGGER no_update; DROP TRIGGER no_delete")
        FORGERIES[kind](con)
    assert log.verify()


def test_a_lost_head_shows(tmp_path: Path) -> None:
    log = filled(tmp_path)
    log.head.unlink()
    assert log.verify()


def test_many_writers_keep_one_chain(tmp_path: Path) -> None:
    AuditLog(tmp_path).record(WHO, VIEWED, "0")
    with ThreadPoolExecutor(4) as people:
        for done in [people.submit(filled, tmp_path, 10) for _ in range(4)]:
            done.result()
    log = AuditLog(tmp_path)
    assert log.verify() is None
    assert len(log.entries()) == 41


def test_what_cannot_be_written_down_is_not_done_but_by_who_is_at_the_machine(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("in the way", "utf-8")
    log = AuditLog(tmp_path)
    with pytest.raises(StoreError, match="审计"):
        log.record(WHO, EXPORTED)
    with pytest.raises(StoreError, match="审计"):
        workbook_for(WHO, tmp_path, "x.xlsx", {})
    log.record(LOCAL, EXPORTED)


def test_acts_leave_entries(tmp_path: Path) -> None:
    cases = [{"case_no": "A1", "title": "x", "accepted_at": "2024-07-01", "contact_phone": "13812345678"}]
    store = publish(tmp_path, {"cases": cases})
    files = [("续.csv", "工单编号,受理时间,内容,联系电话\nA2,2024-7-5,x,13899999999\n".encode())]
    ingest.run_import(store, ingest.plan_files(files, load_settings()), load_settings(), NOW, viewer=WHO)
    first = store.snapshots()[-1].id
    store.rollback(first, Viewer("root", ADMIN))
    ledger = open_ledger(store, WHO)
    case_story(ledger, "A1")
    case_story(ledger, "A1")  # a page runs again and again: one entry
    open_ledger(store, WHO.revealing())
    workbook_for(WHO, store.folder, "x.xlsx", {})
    IssueDesk(store, viewer=Viewer("root", ADMIN)).mark("note", "T1", "13812345678", "冒名")
    log = AuditLog(store.folder)
    found = {e.act: e for e in log.entries()}
    assert set(found) == {IMPORTED, ROLLED_BACK, VIEWED, REVEALED, EXPORTED, DECIDED}
    assert len(log.entries(VIEWED)) == 1
    assert found[DECIDED].who == "root"
    assert "138" not in "".join(f"{e.target}{dict(e.detail)}" for e in log.entries())  # no value of the ledger
    assert log.verify() is None


def test_every_file_that_leaves_is_written_down(tmp_path: Path) -> None:
    store = publish(
        tmp_path, {"cases": [{"case_no": "A1", "title": "x", "accepted_at": "2024-07-01", "department": "甲局"}]}
    )
    office = Office(store, viewer=WHO)
    made = office.deliver(Request(parse("2024-W27")), ("html",), "甲")
    assert office.content(made, made.files[0])
    quarantine_for(WHO, store.folder, "隔离.xlsx", [])
    assert [e.target for e in AuditLog(store.folder).entries(EXPORTED)] == [
        "隔离.xlsx",
        f"{made.folder.name}/{made.files[0]}",
    ]
    with pytest.raises(NotAllowed):
        Office(store, viewer=Viewer("x", OPERATOR, "甲局")).content(made, made.files[0])
    with pytest.raises(NotAllowed):
        office.content(made, "../../CURRENT")
    with pytest.raises(NotAllowed):
        quarantine_for(Viewer("x", LEADER), store.folder, "隔离.xlsx", [])


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_copy_verifies_too(tmp_path: Path) -> None:
    filled(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert AuditLog(tmp_path / "b").verify() is None
