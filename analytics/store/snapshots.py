"""Snapshots: published DuckDB files that nobody writes again.

A writer takes the lock, copies the current snapshot's own file (not the parts that snapshots share), works
in one transaction, checkpoints, syncs and renames; last it moves the small ``CURRENT`` pointer atomically.
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
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

import duckdb
import pandas as pd
from filelock import FileLock, Timeout

from analytics import workdays
from analytics.model import TABLES
from analytics.settings import load_settings
from analytics.store import parts
from analytics.store.audit import ROLLED_BACK, AuditLog
from analytics.store.derive import OF_CASES, derive, derive_again, newest_event
from analytics.store.files import StoreError, copy, digest, move_pointer, sync_file, sync_folder
from analytics.store.parts import Part
from analytics.store.schema import SCHEMA_VERSION, column_types, create_statements
from analytics.viewer import LOCAL, ROLL_BACK, Viewer

LOCK_SECONDS = 30
#: DuckDB fetches nothing from anywhere.
NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
#: Bytes of memory for writing.
WRITING = 4 << 30
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
    #: The sealed files that it shares with other snapshots.
    parts: tuple[Part, ...] = ()

    @property
    def as_of(self) -> dt.datetime:
        """The instant just after the newest event: the default of every question."""
        return (self.newest or self.made_at).replace(microsecond=0) + dt.timedelta(seconds=1)


class Store:
    """A folder of snapshots: ``CURRENT``, ``snapshots/ID.duckdb`` and ``ID.json``."""

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.files = self.folder / "snapshots"
        self.parts = self.folder / "parts"

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
        """Tell whether a snapshot's file is as it was published (its checksum is taken once a process), its parts there."""
        path, card = self.path(snapshot_id), self.files / f"{snapshot_id}.json"
        try:
            state, raw = path.stat(), json.loads(card.read_text("utf-8"))
            expected = raw.get("digest")
            if not parts.there(self.parts, [Part.of(p) for p in raw.get("parts", ())]):
                return False
        except (OSError, ValueError, KeyError, TypeError):
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
            raw["parts"] = tuple(Part.of(p) for p in raw.get("parts", ()))
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
    def draft(
        self, keep: int = 30, *, afresh: bool = False, tracked: bool = False, part_cases: int | None = None
    ) -> Iterator[Draft]:
        """Open a private copy of the current snapshot; ``publish`` makes it current.

        Leaving the block without publishing throws the copy away. ``afresh`` starts from an
        empty ledger instead (only the profiles of mappings are kept). ``tracked``: the writer names each
        case that it changes (see Draft.touch), so that nothing else is brought in or derived anew.
        ``part_cases``: how many settled cases make a part, by default as the settings say.
        """
        with self.writing():
            for leftover in self.files.glob(".draft-*"):  # of a process that was killed: the lock is ours
                leftover.unlink(missing_ok=True)
            path = self.files / f".draft-{os.getpid()}.duckdb"
            base, con = self.current(), None
            try:
                if base:
                    copy(self.path(base.id), path)
                con = duckdb.connect(str(path), config=NO_EXTENSIONS | memory_of(WRITING))
                con.execute("SET TimeZone = 'Asia/Shanghai'")
                parts.attach(con, self.parts, base.parts if base else ())
                draft = Draft(self, con, path, keep, part_cases or load_settings().part_cases, base)
                con.execute("BEGIN")
                if _bring_up(con) or not tracked:
                    draft.open_all()
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
        self.sweep()

    def sweep(self) -> None:
        """Delete parts that no snapshot has; none where a snapshot cannot say which it has. The caller holds the lock."""
        kept = self.snapshots()
        if self.parts.exists() and len(kept) == len([*self.files.glob("S*.json")]):
            parts.sweep(self.parts, [part for snapshot in kept for part in snapshot.parts])

    def remove(self, snapshot_id: str) -> None:
        """Delete one snapshot; the caller holds the writer's lock, knows it is not the current one, and sweeps after."""
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
    """A snapshot being written: ``con`` is its open connection, inside a transaction.

    Its tables hold what is not sealed; what is comes in case by case (``touch``), or all at once (``open_all``).
    """

    store: Store
    con: duckdb.DuckDBPyConnection
    path: Path
    keep: int
    part_cases: int
    base: Snapshot | None = None
    #: All is derived anew, not only what was touched.
    everything: bool = False
    parts: list[Part] = field(default_factory=list)
    #: Parts of which a case came in: they are written anew.
    opened: set[Part] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.parts = list(self.base.parts) if self.base else []
        self.con.execute("CREATE TEMP TABLE touched (case_no VARCHAR)")
        self.con.execute("CREATE TEMP TABLE recalled (case_no VARCHAR)")

    def touch(self, cases: str) -> None:
        """Name cases that change (a query with ``case_no``): they come in from their parts and are derived anew."""
        con = self.con
        con.execute(f"CREATE OR REPLACE TEMP TABLE touching AS SELECT DISTINCT case_no FROM ({cases})")
        con.execute("INSERT INTO touched SELECT case_no FROM touching ANTI JOIN touched USING (case_no)")
        for part in self.parts:
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE coming AS SELECT case_no FROM {part.schema}.cases"
                " SEMI JOIN touching USING (case_no) ANTI JOIN recalled USING (case_no)"
            )
            if not _count(con, "SELECT count(*) FROM coming"):
                continue
            for table in OF_CASES:
                con.execute(
                    f"INSERT INTO {table} BY NAME SELECT * FROM {part.schema}.{table} SEMI JOIN coming USING (case_no)"
                )
            con.execute("INSERT INTO recalled SELECT case_no FROM coming")
            self.opened.add(part)

    def open_all(self) -> None:
        """Bring the whole ledger in, to be derived anew: for a writer who changes what it likes."""
        for part in self.parts:
            self.touch(f"SELECT case_no FROM {part.schema}.cases")
        self.everything = True

    def known(self, table: str, incoming: str) -> str:
        """Return the query of the rows of a ledger table, sealed ones only of the cases in ``incoming``."""
        rows = f"SELECT * FROM {table}"
        if table not in OF_CASES:
            return rows
        for part in self.parts:
            if _count(self.con, f"SELECT count(*) FROM {part.schema}.cases SEMI JOIN {incoming} USING (case_no)"):
                rows += (
                    f" UNION ALL BY NAME SELECT * FROM {part.schema}.{table}"
                    f" SEMI JOIN {incoming} USING (case_no) ANTI JOIN recalled USING (case_no)"
                )
        return rows

    def touch_behind(self, key: str, changed: str) -> None:
        """Name the cases that point by ``key`` at changed rows of another table (a query with that column)."""
        for schema in ("main", *(part.schema for part in self.parts)):
            self.touch(f"SELECT case_no FROM {schema}.cases SEMI JOIN ({changed}) USING ({key})")

    def clear(self) -> None:
        """Forget the whole ledger and its batches; mappings stay."""
        for table in (*TABLES, "batches", "quarantine", "versions"):
            self.con.execute(f"DELETE FROM {table}")
        self.parts, self.opened, self.everything = [], set(), True

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
        """Derive, commit, seal what is settled, checkpoint, sync and make this the current snapshot."""
        horizon = self._derive(made_at)
        newest = self._newest()
        synthetic = _count(self.con, "SELECT count(*) FROM batches WHERE synthetic") > 0
        self.con.execute("COMMIT")
        sealed, left = self._seal(horizon)
        cases = left + sum(part.cases for part in sealed)
        self.con.execute("CHECKPOINT")
        self.con.close()
        number = 1 + max((int(p.stem[1:7]) for p in self.store.files.glob("S*.json")), default=0)
        snapshot = Snapshot(
            f"S{number:06d}-{made_at:%Y%m%d%H%M}", made_at, newest, cases, synthetic, note, batch, tuple(sealed)
        )
        final = self.store.path(snapshot.id)
        sync_file(self.path)
        checksum = digest(self.path)
        os.replace(self.path, final)
        card = asdict(snapshot) | {
            "made_at": made_at.isoformat(),
            "newest": newest.isoformat() if newest else None,
            "digest": checksum,
            "parts": [part.card() for part in sealed],
        }
        card_path = final.with_suffix(".json")
        card_path.write_text(json.dumps(card, ensure_ascii=False, indent=1), "utf-8")
        sync_file(card_path)
        sync_folder(self.store.files)
        self.store.point(snapshot.id)
        self.store.prune(self.keep)
        return snapshot

    def _newest(self) -> dt.datetime | None:
        times = [newest_event(self.con), *(part.newest for part in self.parts)]
        return max((t for t in times if t), default=None)

    def _derive(self, made_at: dt.datetime) -> dt.datetime:
        """Derive what was touched, or all where that is most of it; returns the horizon."""
        horizon = (self._newest() or made_at).replace(microsecond=0) + dt.timedelta(seconds=1)
        for part in self.parts:
            if part.last >= horizon:  # the newest event has been corrected to far earlier
                self.touch(f"SELECT case_no FROM {part.schema}.cases")
        if self.base and not self.everything:
            # Besides what was touched, facts change with the horizon: of a clock that stands, of a call-back to come.
            edge = min(horizon, self.base.as_of)
            self.touch("SELECT case_no FROM case_facts WHERE paused_now")
            self.touch(
                f"SELECT case_no FROM ratings WHERE called_back_at >= TIMESTAMP '{edge}' OR rectified_at >= TIMESTAMP '{edge}'"
            )
        if self.everything or 4 * _count(self.con, "SELECT count(*) FROM touched") > _count(
            self.con, "SELECT count(*) FROM cases"
        ):
            derive(self.con, "main", "main", horizon)
        else:
            derive_again(self.con, "touched", horizon)
        return horizon

    def _seal(self, horizon: dt.datetime) -> tuple[list[Part], int]:
        """Write opened parts anew and what has settled since into new ones; returns all parts, and the cases in none."""
        con, folder, sealed = self.con, self.store.parts, []
        for part in self.parts:
            staying = f"SELECT case_no FROM {part.schema}.cases ANTI JOIN recalled USING (case_no)"
            sealed.append(parts.seal(con, folder, part.schema, staying) if part in self.opened else part)
        full = parts.settled(con, horizon, self.part_cases)
        for number in range(full):
            sealed.append(parts.seal(con, folder, "main", f"SELECT case_no FROM settled WHERE part = {number}"))
        if full:
            self.path = parts.left_over(con, self.path)
        left = _count(con, "SELECT count(*) FROM cases") - full * self.part_cases
        return [part for part in sealed if part], left


def memory_of(most: int) -> dict[str, str | bool | int | float | list[str]]:
    """Return DuckDB's setting for so many bytes of memory, four fifths of what the machine has at most."""
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else most
    return {"memory_limit": f"{min(most, has * 4 // 5) >> 20}MiB"}


@lru_cache(maxsize=256)
def _checked(path: Path, size: int, changed: int) -> str:
    """Return a file's checksum, taken again only when its size or time of change is another."""
    return digest(path)


def _bring_up(con: duckdb.DuckDBPyConnection) -> bool:
    """Give a new or older snapshot every table of the schema of now and tell whether it was one; StoreError for a newer."""
    for statement in create_statements().values():
        con.execute(statement)
    known = con.execute("SELECT value FROM meta WHERE key = 'schema'").fetchall()
    if known and int(known[0][0]) > SCHEMA_VERSION:
        raise StoreError(NEWER)
    con.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", [str(SCHEMA_VERSION)])
    if known:
        return int(known[0][0]) < SCHEMA_VERSION
    days = workdays.calendar()
    con.register("days", days)
    con.execute("INSERT INTO calendar SELECT day::DATE, is_workday, through FROM days")
    con.unregister("days")
    return True


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    rows = con.execute(sql).fetchall()  # to the end: a result left open bars the connection
    return int(rows[0][0]) if rows else 0
