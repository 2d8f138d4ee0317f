"""Snapshots: published DuckDB files that nobody writes again.

A writer takes the lock, copies the current snapshot's own file (not the parts that snapshots share), works
in one transaction, checkpoints, syncs and renames; last it moves the small ``CURRENT`` pointer atomically.
Readers open the file that ``CURRENT`` names, read-only, in any number of processes.

See docs/decisions/0001.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from analytics.settings import Settings, load_settings
from analytics.store import parts
from analytics.store.audit import ROLLED_BACK, AuditLog
from analytics.store.draft import Draft, bring_up
from analytics.store.files import StoreError, clear, copy, digest, move_pointer
from analytics.store.snapshot import Snapshot
from analytics.viewer import LOCAL, ROLL_BACK, Viewer

LOCK_SECONDS = 30
#: DuckDB fetches nothing from anywhere.
NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
#: What DuckDB raises where disk or memory does not suffice, in a statement, at COMMIT and at CHECKPOINT.
_NO_ROOM = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.TransactionException, duckdb.FatalException)
#: Bytes of memory for writing.
WRITING = 4 << 30


class Store:
    """A folder of snapshots: ``CURRENT``, ``snapshots/ID.duckdb`` and ``ID.json``."""

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.files = self.folder / "snapshots"
        self.parts = self.folder / "parts"

    @property
    def settings(self) -> Settings:
        """What is set for this store: its own settings.toml over the project's."""
        return load_settings(self.folder)

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
            if not parts.there(self.parts, Snapshot.of(raw).parts):
                return False
        except (OSError, ValueError, KeyError, TypeError):
            return False
        expected = raw.get("digest")
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
            return Snapshot.of(json.loads(card.read_text("utf-8")))
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
            for folder in (self.files, self.parts):
                for leftover in folder.glob(".draft-*"):  # of a process that was killed: the lock is ours
                    clear(leftover)
            path = self.files / f".draft-{os.getpid()}.duckdb"
            base, con = self.current(), None
            try:
                if base:
                    copy(self.path(base.id), path)
                con = duckdb.connect(str(path), config=NO_EXTENSIONS | memory_of(WRITING))
                con.execute("SET TimeZone = 'Asia/Shanghai'")
                parts.attach(con, self.parts, base.parts if base else ())
                draft = Draft(self, con, path, keep, part_cases or self.settings.part_cases, base)
                con.execute("BEGIN")
                if bring_up(con) or not tracked:
                    draft.open_all()
                if base and afresh:
                    draft.clear()
                yield draft
            except (OSError, *_NO_ROOM) as error:
                reason = getattr(error, "strerror", None) or "磁盘空间或内存不足"
                raise StoreError(f"台账写不进磁盘（{reason}），原有台账没有变，请检查磁盘空间后再试") from None
            finally:
                with suppress(duckdb.Error):
                    if con is not None:
                        con.close()
                for leftover in self.files.glob(f"{path.name}*"):
                    clear(leftover)

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
        root = self.settings.spark_parquet
        whose = hashlib.blake2b(str(self.folder.resolve()).encode(), digest_size=6).hexdigest()
        return Path(root) / whose if root else self.folder / "parquet"


def memory_of(most: int) -> dict[str, str | bool | int | float | list[str]]:
    """Return DuckDB's setting for so many bytes of memory, four fifths of what the machine has at most."""
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else most
    return {"memory_limit": f"{min(most, has * 4 // 5) >> 20}MiB"}


@lru_cache(maxsize=256)
def _checked(path: Path, size: int, changed: int) -> str:
    """Return a file's checksum, taken again only when its size or time of change is another."""
    return digest(path)
