"""Snapshots: published DuckDB files that nobody writes again.

A writer takes the lock, copies the current snapshot, works in one transaction,
checkpoints, syncs and renames; last it moves the small ``CURRENT`` pointer atomically.
Readers open the file that ``CURRENT`` names, read-only, in any number of processes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import duckdb
import pandas as pd
from filelock import FileLock, Timeout

from analytics import workdays
from analytics.model import TABLES
from analytics.settings import load_settings
from analytics.store.audit import ROLLED_BACK, AuditLog
from analytics.store.derive import derive, newest_event
from analytics.store.files import StoreError, copy, digest, move_pointer, sync_file, sync_folder
from analytics.store.schema import SCHEMA_VERSION, column_types, create_statements
from analytics.viewer import LOCAL, ROLL_BACK, Viewer

LOCK_SECONDS = 30
#: DuckDB fetches nothing from anywhere.
NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
NEWER = "这份台账是由较新版本的程序写的，请先升级程序再打开"


@dataclass(frozen=True)
class Snapshot:
    """One published state of the ledger; ``newest`` is the latest event in it."""

    id: str
    made_at: dt.datetime
    newest: dt.datetime | None
    cases: int
    synthetic: bool
    note: str
    batch: str | None

    @property
    def as_of(self) -> dt.datetime:
        """The instant just after the newest event: the default of every question."""
        return (self.newest or self.made_at).replace(microsecond=0) + dt.timedelta(seconds=1)


class Store:
    """A folder of snapshots: ``CURRENT``, ``snapshots/ID.duckdb`` and ``ID.json``."""

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.files = self.folder / "snapshots"

    def path(self, snapshot_id: str) -> Path:
        return self.files / f"{snapshot_id}.duckdb"

    def current_id(self) -> str | None:
        """Return the id that CURRENT names, or None for a folder without snapshots."""
        pointer = self.folder / "CURRENT"
        return pointer.read_text("utf-8").strip() if pointer.exists() else None

    def current(self) -> Snapshot | None:
        """Return the current snapshot, or where its file is damaged the newest one before it that is whole.

        Raises StoreError where none is.
        """
        snapshot_id = self.current_id()
        if snapshot_id is None:
            return None
        for id in (snapshot_id, *self._before(snapshot_id)):
            if self.whole(id):
                return self.describe(id)
        raise StoreError("所有快照的文件都已损坏或缺失，请用 python -m analytics restore 从备份恢复")

    def damaged(self) -> str | None:
        """Return the id of a current snapshot that is damaged, so that an earlier one is shown; None when all is well."""
        snapshot_id = self.current_id()
        return snapshot_id if snapshot_id and not self.whole(snapshot_id) else None

    def whole(self, snapshot_id: str) -> bool:
        """Tell whether a snapshot's file is as it was published (its checksum is taken once a process)."""
        path, card = self.path(snapshot_id), self.files / f"{snapshot_id}.json"
        try:
            state = path.stat()
            expected = json.loads(card.read_text("utf-8")).get("digest")
        except (OSError, ValueError):
            return False
        return expected is None or _checked(path, state.st_size, state.st_mtime_ns) == expected

    def _before(self, snapshot_id: str) -> list[str]:
        """Return the ids of the snapshots published before one, newest first."""
        return sorted((p.stem for p in self.files.glob("*.json") if p.stem < snapshot_id), reverse=True)

    @property
    def kind(self) -> str:
        """What the store holds now, 'demo' or 'real': what people decide lies apart for each."""
        current = self.current()
        return "demo" if current and current.synthetic else "real"

    def describe(self, snapshot_id: str) -> Snapshot:
        """Read a snapshot's card; raises StoreError for an unknown id."""
        card = self.files / f"{snapshot_id}.json"
        if not card.exists() or not self.path(snapshot_id).exists():
            raise StoreError(f"没有快照 {snapshot_id}。可用 snapshots list 查看现有快照。")
        try:
            raw = json.loads(card.read_text("utf-8"))
            raw.pop("digest", None)
            for name in ("made_at", "newest"):
                raw[name] = dt.datetime.fromisoformat(raw[name]) if raw[name] else None
            return Snapshot(**raw)
        except (ValueError, KeyError, TypeError):
            raise StoreError(f"快照 {snapshot_id} 的说明文件已损坏") from None

    def snapshots(self) -> list[Snapshot]:
        """Return all kept snapshots that can be described, newest first."""
        cards = sorted(self.files.glob("*.json"), reverse=True) if self.files.exists() else []
        found = []
        for card in cards:
            with suppress(StoreError):  # one half copied is no snapshot
                found.append(self.describe(card.stem))
        return found

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the one writer's lock; raises StoreError when another holds it too long."""
        try:
            self.files.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "lock", timeout=LOCK_SECONDS):
                yield
        except Timeout:
            raise StoreError("另一个导入正在进行，请等它完成后再试。") from None
        except PermissionError as error:
            raise StoreError(f"没有写入数据目录的权限：{self.folder.name}（{error.strerror}）") from None
        except OSError as error:
            raise StoreError(
                f"数据目录写不进（{error.strerror or type(error).__name__}），请检查磁盘空间和权限"
            ) from None

    @contextmanager
    def draft(self, keep: int = 30, *, afresh: bool = False) -> Iterator[Draft]:
        """Open a private copy of the current snapshot; ``publish`` makes it current.

        Leaving the block without publishing throws the copy away. ``afresh`` starts from an
        empty ledger instead (only the profiles of mappings are kept).
        """
        with self.writing():
            for leftover in self.files.glob(".draft-*"):  # of a process that was killed: the lock is ours
                leftover.unlink(missing_ok=True)
            path = self.files / f".draft-{os.getpid()}.duckdb"
            base, con = self.current(), None
            try:
                if base:
                    copy(self.path(base.id), path)
                con = duckdb.connect(str(path), config=NO_EXTENSIONS)
                con.execute("SET TimeZone = 'Asia/Shanghai'")
                draft = Draft(self, con, path, keep)
                con.execute("BEGIN")
                _bring_up(con)
                if base and afresh:
                    draft.clear()
                yield draft
            except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
                reason = getattr(error, "strerror", None) or "磁盘空间或内存不足"
                raise StoreError(f"台账写不进磁盘（{reason}），原有台账没有变，请检查磁盘空间后再试") from None
            finally:
                with suppress(duckdb.Error):
                    if con is not None:
                        con.close()
                for leftover in self.files.glob(f"{path.name}*"):
                    leftover.unlink()

    def rollback(self, snapshot_id: str, viewer: Viewer = LOCAL) -> Snapshot:
        """Make an earlier (or later) kept snapshot the current one again; raises NotAllowed for who may not."""
        viewer.require(ROLL_BACK)
        snapshot = self.describe(snapshot_id)
        if not self.whole(snapshot_id):
            raise StoreError(f"快照 {snapshot_id} 的文件已损坏，不能回到它")
        with self.writing():
            before = self.current_id()
            self.point(snapshot_id)
        AuditLog(self.folder).record(viewer, ROLLED_BACK, snapshot_id, {"from": before})
        return snapshot

    def point(self, snapshot_id: str) -> None:
        """Move CURRENT by an atomic rename, synced before and after."""
        move_pointer(self.folder / "CURRENT", snapshot_id)

    def prune(self, keep: int) -> None:
        """Delete all but the newest ``keep`` snapshots, never the current one."""
        for old in self.snapshots()[keep:]:
            if old.id != self.current_id():
                self.remove(old.id)

    def remove(self, snapshot_id: str) -> None:
        """Delete one snapshot; the caller holds the writer's lock and knows it is not the current one."""
        (self.files / f"{snapshot_id}.json").unlink(missing_ok=True)
        self.path(snapshot_id).unlink(missing_ok=True)
        for copied in self.parquet.glob(f"{snapshot_id}-*"):
            shutil.rmtree(copied, ignore_errors=True)

    @property
    def parquet(self) -> Path:
        """Where snapshots lie as Parquet for another engine: in the store, or under the folder of the settings."""
        root = load_settings().spark_parquet
        whose = hashlib.blake2b(str(self.folder.resolve()).encode(), digest_size=6).hexdigest()
        return Path(root) / whose if root else self.folder / "parquet"


@dataclass
class Draft:
    """A snapshot being written: ``con`` is its open connection, inside a transaction."""

    store: Store
    con: duckdb.DuckDBPyConnection
    path: Path
    keep: int

    def clear(self) -> None:
        """Forget the whole ledger and its batches; mappings stay."""
        for table in (*TABLES, "batches", "quarantine", "versions"):
            self.con.execute(f"DELETE FROM {table}")

    def replace(self, table: str, frame: pd.DataFrame, batch: str) -> None:
        """Make a frame (columns of the table's own) the whole content of a ledger table."""
        types = column_types(TABLES[table])
        casts = ", ".join(f"{c}::{types[c]}" for c in frame.columns)
        self.con.register("whole", frame)
        self.con.execute(f"DELETE FROM {table}")
        self.con.execute(
            f"INSERT INTO {table} ({', '.join(frame.columns)}, batch) SELECT {casts}, '{batch}' FROM whole"
        )
        self.con.unregister("whole")

    def record_batch(
        self,
        batch: str,
        at: dt.datetime,
        files: str,
        profile: str,
        read: int,
        *,
        accepted: int | None = None,
        updated: int = 0,
        unchanged: int = 0,
        quarantined: int = 0,
        synthetic: bool = False,
    ) -> None:
        """Enter an import into the book of batches."""
        counts = [read, read if accepted is None else accepted, updated, unchanged, quarantined]
        self.con.execute(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [batch, at, files, profile, *counts, synthetic]
        )

    def publish(self, made_at: dt.datetime, note: str, batch: str | None = None) -> Snapshot:
        """Derive, commit, checkpoint, sync and make this the current snapshot."""
        newest = newest_event(self.con)
        horizon = (newest or made_at).replace(microsecond=0) + dt.timedelta(seconds=1)
        derive(self.con, "main", "main", horizon)
        cases = _count(self.con, "SELECT count(*) FROM cases")
        synthetic = _count(self.con, "SELECT count(*) FROM batches WHERE synthetic") > 0
        self.con.execute("COMMIT")
        self.con.execute("CHECKPOINT")
        self.con.close()
        number = 1 + max((int(p.stem[1:7]) for p in self.store.files.glob("S*.json")), default=0)
        snapshot = Snapshot(f"S{number:06d}-{made_at:%Y%m%d%H%M}", made_at, newest, cases, synthetic, note, batch)
        final = self.store.path(snapshot.id)
        sync_file(self.path)
        checksum = digest(self.path)
        os.replace(self.path, final)
        card = asdict(snapshot) | {
            "made_at": made_at.isoformat(),
            "newest": newest.isoformat() if newest else None,
            "digest": checksum,
        }
        card_path = final.with_suffix(".json")
        card_path.write_text(json.dumps(card, ensure_ascii=False, indent=1), "utf-8")
        sync_file(card_path)
        sync_folder(self.store.files)
        self.store.point(snapshot.id)
        self.store.prune(self.keep)
        return snapshot


@lru_cache(maxsize=256)
def _checked(path: Path, size: int, changed: int) -> str:
    """Return a file's checksum, taken again only when its size or time of change is another."""
    return digest(path)


def _bring_up(con: duckdb.DuckDBPyConnection) -> None:
    """Give a new or older snapshot every table of the schema of now; raises StoreError for a newer one."""
    for statement in create_statements().values():
        con.execute(statement)
    known = con.execute("SELECT value FROM meta WHERE key = 'schema'").fetchall()
    if known and int(known[0][0]) > SCHEMA_VERSION:
        raise StoreError(NEWER)
    con.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", [str(SCHEMA_VERSION)])
    if known:
        return
    days = workdays.calendar()
    con.register("days", days)
    con.execute("INSERT INTO calendar SELECT day::DATE, is_workday, through FROM days")
    con.unregister("days")


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    rows = con.execute(sql).fetchall()  # to the end: a result left open bars the connection
    return int(rows[0][0]) if rows else 0
