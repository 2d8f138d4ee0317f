"""What breaks: full disks, read-only folders, clocks set back, damaged files, older and newer schemas, two at once."""

from __future__ import annotations

import datetime as dt
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from analytics import ingest
from analytics.cli import main
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.settings import ROOT, load_settings
from analytics.store import Store, StoreError, snapshots
from analytics.store.backup import back_up, restore
from analytics.store.schema import SCHEMA_VERSION
from tests.small import unsealed
from tests.trust.killing import file_of

ROOTED = hasattr(os, "geteuid") and os.geteuid() == 0


def imported(store: Store, number: int, now: dt.datetime = dt.datetime(2026, 11, 25, 10)) -> ingest.ImportResult:
    settings = load_settings()
    return ingest.run_import(store, ingest.plan_files([file_of(number)], settings), settings, now)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with two imports."""
    made = Store(tmp_path / "数据 目录")
    later = dt.datetime(2026, 11, 25, 9)
    imported(made, 1, later)
    imported(made, 2, later + dt.timedelta(minutes=1))
    return made


def cases(store: Store) -> int:
    return int(open_ledger(store).counts["cases"])


def elsewhere(code: str, store: Store, **limits: int) -> subprocess.CompletedProcess:
    """Run code (``store`` is the store) in another process, under a limit on the size of files it may write."""

    def before() -> None:
        if "file" in limits:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file"], limits["file"]))

    text = f"from pathlib import Path\nfrom analytics.store import Store\nstore = Store(Path({str(store.folder)!r}))\n{code}"
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT, preexec_fn=before, timeout=600
    )


# -- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["a byte changed", "cut short", "half copied", "gone", "card cut"])
def test_a_damaged_snapshot_is_noticed_and_the_one_before_it_served(store: Store, kind: str) -> None:
    newest, before = store.snapshots()
    path = store.path(newest.id)
    whole = path.read_bytes()
    damaged = {
        "a byte changed": whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :],
        "cut short": whole[:-1],
        "half copied": whole[: len(whole) // 2],
    }
    if kind in damaged:
        path.write_bytes(damaged[kind])
    elif kind == "gone":
        path.unlink()
    else:
        path.with_suffix(".json").write_text('{"id": "S0', "utf-8")
    assert store.damaged() == newest.id
    assert open_ledger(store).snapshot.id == before.id
    assert cases(store) == 60
    with pytest.raises(StoreError, match=r"损坏|没有快照"):
        store.rollback(newest.id)
    result = imported(store, 3)  # work goes on from the one that is whole, under a number of its own
    assert result.published
    assert store.damaged() is None
    assert int(str(result.snapshot)[1:7]) > int(newest.id[1:7])
    assert cases(store) == 120


def test_when_nothing_is_whole_it_is_said(store: Store) -> None:
    for snapshot in store.snapshots():
        store.path(snapshot.id).write_bytes(b"")
    with pytest.raises(StoreError, match="备份"):
        open_ledger(store)


def test_a_damaged_run_or_book_takes_no_page_with_it(store: Store) -> None:
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    (desk.runs.folder / "R000001" / "cases.parquet").write_bytes(b"PAR1 nothing")
    (desk.runs.folder / "R000001" / "card.json").write_text("{", "utf-8")
    assert desk.attach(open_ledger(store)).issues == ""
    desk.book.path.write_bytes(b"not a database, but long enough to be looked at as one" * 40)
    with pytest.raises(StoreError, match="人工判断"):
        desk.mark("note", "T1", "x", "甲")
    assert cases(store) == 120


# -- no room, no right --------------------------------------------------------------------------

FULL = """
import datetime as dt
from analytics import ingest
from analytics.settings import load_settings
from tests.trust.killing import file_of
from analytics.store import StoreError
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
settings = load_settings()
plans = ingest.plan_files([file_of(9)], settings)
try:
    ingest.run_import(store, plans, settings, dt.datetime(2026, 11, 25, 10))
except StoreError as error:
    print("refused:", error)
"""


def test_a_full_disk_leaves_the_store_as_it_was(store: Store) -> None:
    before = {p.name: p.stat().st_size for p in store.files.iterdir()}
    size = store.path(store.snapshots()[0].id).stat().st_size
    for share in (0.1, 0.5, 0.9):
        done = elsewhere(FULL, store, file=int(size * share))
        assert done.stdout.startswith("refused: "), (share, done.stdout, done.stderr[-800:])
        assert "写不进" in done.stdout
    assert {p.name: p.stat().st_size for p in store.files.iterdir()} == before
    assert cases(store) == 120
    assert imported(store, 9).published


READ_ONLY = """
import os
from analytics.cli import main
import tempfile
with tempfile.TemporaryDirectory() as place:  # once as we are, so that every module is loaded
    file = Path(place) / "x.csv"
    file.write_text("工单编号,受理时间,内容\\nA,2026-1-5,x\\n", "utf-8")
    main(["import", str(file), "--store", f"{place}/s"])
    main(["metrics", "--metric", "demand", "--store", str(store.folder)])
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
codes = [main(["metrics", "--metric", "demand", "--store", str(store.folder)])]
from analytics.caselist import case_story
from analytics.ledger import open_ledger
assert case_story(open_ledger(store), "K0001-000") is not None
with tempfile.TemporaryDirectory() as place:
    file = Path(place) / "x.csv"
    file.write_text("工单编号,受理时间,内容\\nA,2026-1-5,x\\n", "utf-8")
    codes.append(main(["import", str(file), "--store", str(store.folder)]))
codes.append(main(["snapshots", "rollback", store.snapshots()[-1].id, "--store", str(store.folder)]))
print("codes", codes)
"""


def test_a_read_only_folder_is_read_and_writing_is_refused_plainly(store: Store) -> None:
    for path in [store.folder, *store.folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for parent in (store.folder.parent, *store.folder.parents):
        if ROOTED and parent.stat().st_uid == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    done = elsewhere(READ_ONLY, store)
    for path in [store.folder, *store.folder.rglob("*")]:
        path.chmod(0o755)
    assert "codes [0, 1, 1]" in done.stdout, (done.stdout, done.stderr[-800:])
    assert "Traceback" not in done.stderr
    assert "没有写入数据目录的权限" in done.stderr or "写不进" in done.stderr


# -- clocks, two at once ------------------------------------------------------------------------


def test_a_clock_set_back_hides_nothing(store: Store) -> None:
    result = imported(store, 3, dt.datetime(2026, 11, 24, 9))  # a day before the snapshots that stand
    assert result.published
    assert result.accepted + result.quarantined == 60
    assert store.current_id() == result.snapshot == store.snapshots()[0].id
    early = ingest.run_import(
        store, ingest.plan_files([file_of(4)], load_settings()), load_settings(), dt.datetime(2020, 1, 1)
    )
    assert early.quarantined == 60  # the future of that clock: kept out with the reason, not lost
    assert all("晚于" in q.reason for q in early.quarantine)


def test_two_importers_come_one_after_the_other(store: Store) -> None:
    results, errors = [], []

    def work(number: int) -> None:
        try:
            results.append(imported(store, number, dt.datetime(2026, 11, 25, 11)))
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in (5, 6, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len({r.snapshot for r in results}) == 3
    assert cases(store) == 120 + 180


def test_an_importer_that_holds_too_long_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "LOCK_SECONDS", 0.2)
    with store.writing(), pytest.raises(StoreError, match="另一个导入"):
        imported(Store(store.folder), 8)


# -- schemas ------------------------------------------------------------------------------------


def with_schema(store: Store, version: int) -> None:
    """Give the current snapshot another schema version, as another program would have written it."""
    with duckdb.connect(str(unsealed(store))) as con:
        con.execute("UPDATE meta SET value = ? WHERE key = 'schema'", [str(version)])
        if version < SCHEMA_VERSION:
            con.execute("DROP TABLE IF EXISTS activities")
            con.execute("DROP TABLE IF EXISTS scenes")


def test_an_older_schema_is_migrated(store: Store) -> None:
    with_schema(store, SCHEMA_VERSION - 1)
    assert cases(store) == 120
    imported(store, 3)
    assert cases(store) == 180
    with duckdb.connect(str(store.path(str(store.current_id()))), read_only=True) as con:
        assert con.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == (str(SCHEMA_VERSION),)


def test_a_newer_schema_is_refused_politely(store: Store, capsys: pytest.CaptureFixture) -> None:
    with_schema(store, SCHEMA_VERSION + 1)
    with pytest.raises(StoreError, match="升级"):
        open_ledger(store).run_sql("SELECT 1 AS one")
    with pytest.raises(StoreError, match="升级"):
        imported(store, 3)
    assert main(["metrics", "--metric", "demand", "--store", str(store.folder)]) == 1
    assert "请先升级程序" in capsys.readouterr().err


# -- backup -------------------------------------------------------------------------------------


def test_a_backup_comes_back_whole(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    desk.mark("note", "T1", "要紧", "甲")
    before = (store.current_id(), cases(store), [d.detail for d in desk.history()])
    kept = store.folder / "briefings" / "real" / "blocklist.new-list" / "unlock.html"
    kept.parent.mkdir(parents=True)
    kept.write_text("x", "utf-8")
    file = tmp_path / "备份 2026.tar.gz"
    given = ["--store", str(store.folder)]
    assert main(["backup", str(file), *given]) == 0
    assert file.stat().st_mode & 0o077 == 0
    desk.mark("note", "T1", "备份之后的", "甲")
    imported(store, 3)
    assert main(["restore", str(file), *given]) == 0
    back = Store(store.folder)
    assert (back.current_id(), cases(back), [d.detail for d in IssueDesk(back).history()]) == before
    assert back.damaged() is None
    assert kept.exists()  # a name like a lock's is no lock
    assert IssueDesk(back).findings(open_ledger(back)) is not None
    aside = [p for p in store.folder.parent.iterdir() if p.name.startswith(f"{store.folder.name}.")]
    assert len(aside) == 1
    assert cases(Store(aside[0])) == 180
    assert "改名为" in capsys.readouterr().out
    fresh = tmp_path / "新机器" / "store"
    restore(file, fresh)
    assert cases(Store(fresh)) == 120


def test_a_bad_backup_touches_nothing(store: Store, tmp_path: Path) -> None:
    good = tmp_path / "b.tar.gz"
    back_up(store, good)
    whole = good.read_bytes()
    for name, content in {
        "cut": whole[: len(whole) // 2],
        "text": b"nothing of the kind",
        "empty": b"",
        "bit": whole[:-2000] + bytes([whole[-2000] ^ 255]) + whole[-1999:],
    }.items():
        bad = tmp_path / f"{name}.tar.gz"
        bad.write_bytes(content)
        with pytest.raises(StoreError, match=r"备份"):
            restore(bad, store.folder)
    with pytest.raises(StoreError, match="找不到"):
        restore(tmp_path / "none.tar.gz", store.folder)
    assert cases(store) == 120
    assert not [p for p in store.folder.parent.iterdir() if p.name.startswith(".restore-")]


def test_a_backup_that_climbs_out_is_refused(store: Store, tmp_path: Path) -> None:
    import io
    import tarfile

    bad = tmp_path / "climb.tar.gz"
    with tarfile.open(bad, "w:gz") as tar:
        for name in ("../outside", "/tmp/outside-of-the-store"):
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(StoreError):
        restore(bad, store.folder)
    assert not (store.folder.parent / "outside").exists()
    assert cases(store) == 120


def test_what_killed_processes_left_is_swept(store: Store) -> None:
    left = store.files / ".draft-99999.duckdb"
    left.write_bytes(b"x" * 1000)
    imported(store, 3)
    assert not left.exists()
