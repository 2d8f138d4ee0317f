"""Snapshots: atomic, kept, rolled back, never half there."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analytics.ledger import LOCAL, open_ledger
from analytics.settings import ROOT
from analytics.store import Store, StoreError
from analytics.store.schema import SCHEMA_VERSION
from tests.small import NOW, publish, unsealed


def add_case(store: Store, number: str) -> str:
    with store.draft() as draft:
        draft.con.execute(
            f"INSERT INTO cases (case_no, accepted_at, title) VALUES ('{number}', '2024-10-08 09:00', 'x')"
        )
        return draft.publish(NOW, number).id


def count(store: Store) -> int:
    return open_ledger(store).counts["cases"]


def other_process(code: str, folder: Path, **more: object) -> subprocess.Popen:
    """Run code in another Python, from the project's root (spawning would need this process's main)."""
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, **more)


def test_an_empty_folder_has_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="还没有台账"):
        open_ledger(Store(tmp_path))


def test_each_publication_is_a_snapshot_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = add_case(store, "A"), add_case(store, "B")
    assert store.current_id() == second != first
    assert count(store) == 2
    assert [s.id for s in store.snapshots()] == [second, first]


def test_leaving_a_draft_without_publishing_leaves_no_trace(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = add_case(store, "A")
    with store.draft() as draft:
        draft.con.execute("DELETE FROM cases")
    assert store.current_id() == first
    assert count(store) == 1
    assert sorted(p.suffix for p in store.files.iterdir()) == [".duckdb", ".json"]


def test_roll_back_and_forth(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = add_case(store, "A"), add_case(store, "B")
    store.rollback(first)
    assert count(store) == 1
    store.rollback(second)
    assert count(store) == 2
    third = add_case(store, "C")
    assert third.startswith("S000003")
    with pytest.raises(StoreError, match="没有快照"):
        store.rollback("S999999-202401010000")


def test_only_the_last_few_are_kept_and_the_current_one_always(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ids = [add_case(store, str(i)) for i in range(4)]
    store.rollback(ids[0])
    store.prune(2)
    assert {s.id for s in store.snapshots()} == {ids[0], ids[2], ids[3]}


def test_readers_in_another_process_while_one_reads_here(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add_case(store, "A")
    assert count(store) == 1
    reading = "import sys; from tests.store.test_snapshots import *; print(count(Store(sys.argv[1])))"
    others = [other_process(reading, tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [other.communicate(timeout=600)[0].strip() for other in others] == ["1", "1"]
    add_case(store, "B")
    assert count(store) == 2


def publish_on_and_on(folder: str) -> None:
    """Publish snapshot after snapshot, telling when the first is there."""
    store = Store(folder)
    for number in range(1000):
        add_case(store, f"K{number}")
        print(number, flush=True)


def test_killing_a_writer_at_any_instant_leaves_a_whole_snapshot(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add_case(store, "A")
    writing = "import sys; from tests.store.test_snapshots import *; publish_on_and_on(sys.argv[1])"
    for wait in (0.0, 0.03, 0.07, 0.12, 0.2):
        writer = other_process(writing, tmp_path, stdout=subprocess.PIPE)
        writer.stdout.readline()
        time.sleep(wait)
        writer.kill()
        writer.wait()
        current = store.current()
        assert current is not None
        assert count(store) == current.cases
    assert count(Store(tmp_path)) >= 1
    assert add_case(store, "Z") == store.current_id()


def test_a_second_writer_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.store.snapshots.LOCK_SECONDS", 0.2)
    store = Store(tmp_path)
    with store.writing(), pytest.raises(StoreError, match="另一个导入正在进行"), Store(tmp_path).writing():
        pass


def test_a_damaged_snapshot_is_said_in_chinese(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = add_case(store, "A")
    store.path(first).write_bytes(b"not a database")
    with pytest.raises(StoreError, match="损坏"):
        _ = open_ledger(store).counts


def test_masks_are_on_unless_the_viewer_may_see(tmp_path: Path) -> None:
    case = {
        "case_no": "A",
        "accepted_at": "2024-10-08",
        "title": "请联系13812345678",
        "contact_name": "王某",
        "contact_phone": "13812345678",
        "credit_code": "91610113MA6U0000XA",
    }
    store = publish(tmp_path, {"cases": [case]})
    hidden = open_ledger(store)
    seen = open_ledger(store, LOCAL.revealing())
    query = hidden.table("cases").select("title", "contact_name", "contact_phone", "credit_code")
    assert hidden.run(query).iloc[0].tolist() == ["请联系****", "王****", "1****", "9****"]
    assert seen.run(query).iloc[0].tolist() == ["请联系13812345678", "王某", "13812345678", "91610113MA6U0000XA"]


def test_a_department_sees_its_own_cases(tmp_path: Path) -> None:
    cases = [
        {"case_no": n, "accepted_at": "2024-10-08", "title": "x", "department": d}
        for n, d in (("A", "甲局"), ("B", "乙局"))
    ]
    ledger = open_ledger(publish(tmp_path, {"cases": cases}), replace(LOCAL, department="甲局"))
    assert ledger.run(ledger.table("case_facts").select("case_no"))["case_no"].tolist() == ["A"]


def test_time_is_an_argument(tmp_path: Path) -> None:
    cases = [
        {"case_no": n, "accepted_at": at, "title": "x"}
        for n, at in (("A", "2024-10-08 09:00"), ("B", "2024-10-09 09:00"))
    ]
    store = publish(tmp_path, {"cases": cases})
    assert open_ledger(store).as_of == dt.datetime(2024, 10, 9, 9, 0, 1)
    earlier = open_ledger(store, as_of=dt.datetime(2024, 10, 9))
    assert len(earlier.run(earlier.table("cases"))) == 1
    assert isinstance(earlier.run(earlier.table("case_facts"))["accepted_at"].iloc[0], pd.Timestamp)


def test_a_snapshot_of_an_older_schema_is_read_as_it_is_and_written_as_the_newest(tmp_path: Path) -> None:
    store = publish(tmp_path, {"cases": [{"case_no": "A", "accepted_at": "2024-03-04 09:00", "title": "诉求"}]})
    with duckdb.connect(str(unsealed(store))) as con:
        con.execute("DROP TABLE activities; ALTER TABLE case_facts DROP COLUMN consulted_time")
        con.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
    ledger = open_ledger(store)
    assert ledger.counts["activities"] == 0
    assert "consulted_time" in ledger.table("case_facts").columns
    with store.draft() as draft:
        draft.publish(NOW, "再导入")
    with duckdb.connect(str(store.path(store.current_id())), read_only=True) as con:
        assert con.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == (str(SCHEMA_VERSION),)
        assert con.execute("SELECT count(*) FROM activities").fetchone() == (0,)


def test_a_snapshot_of_a_newer_program_is_refused_politely(tmp_path: Path) -> None:
    store = publish(tmp_path, {"cases": [{"case_no": "A", "accepted_at": "2024-03-04 09:00", "title": "诉求"}]})
    with duckdb.connect(str(unsealed(store))) as con:
        con.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(StoreError, match="升级程序"):
        open_ledger(store).counts  # noqa: B018
    with pytest.raises(StoreError, match="升级程序"), store.draft():
        pass
