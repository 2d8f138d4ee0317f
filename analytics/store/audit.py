"""Who did what: an append-only log whose rows are chained by hashes, so that a change of the past shows."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from analytics.clock import shanghai_now
from analytics.store.books import open_book
from analytics.store.files import StoreError, move_pointer
from analytics.viewer import Viewer

SIGN_IN, REFUSED, LOCKED, SIGN_OUT = "sign_in", "refused", "locked", "sign_out"
IMPORTED, ROLLED_BACK, VIEWED, REVEALED, EXPORTED = "import", "roll_back", "view_case", "reveal", "export"
DECIDED, BRIEFED, ACCOUNT, FORGOTTEN, RESTORED = "decision", "briefing", "account", "retention", "restore"
MODEL_ASKED = "language_model"
KINDS = {
    SIGN_IN: "登录",
    REFUSED: "登录被拒",
    LOCKED: "连续试错",
    SIGN_OUT: "退出",
    IMPORTED: "导入台账",
    ROLLED_BACK: "回到快照",
    VIEWED: "查看工单全文",
    REVEALED: "显示个人信息",
    EXPORTED: "导出",
    DECIDED: "人工决定",
    BRIEFED: "生成简报",
    ACCOUNT: "账号变动",
    FORGOTTEN: "按期删除",
    RESTORED: "恢复备份",
    MODEL_ASKED: "请语言模型起名",
}
_FIRST = "0" * 64
_COLUMNS = ("seq", "at", "who", "role", "act", "target", "detail", "previous", "hash")
_TABLE = (
    "CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,"
    " act TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL)"
)
_NEWEST = "SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1"
_KEEP = (
    "CREATE INDEX IF NOT EXISTS by_act ON entries (act, target, who)",
    "CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END",
)


@dataclass(frozen=True)
class Entry:
    """One thing done: ``act`` is a key of KINDS; ``hash`` covers the entry and the hash before it."""

    seq: int
    at: dt.datetime
    who: str
    role: str
    act: str
    target: str
    detail: Mapping[str, object]
    previous: str
    hash: str


class AuditLog:
    """The log of one store, in ``audit/audit.sqlite``; ``HEAD`` beside it names the newest row."""

    def __init__(self, folder: Path):
        self.path, self.head = folder / "audit" / "audit.sqlite", folder / "audit" / "HEAD"

    def record(
        self, viewer: Viewer, act: str, target: str = "", detail: Mapping[str, object] | None = None, who: str = ""
    ) -> None:
        """Write one entry down; on return it is on the disk.

        Raises StoreError where that cannot be done, but for somebody at the machine itself, who may
        read a store that lies on a read-only disk: there the lack is logged.
        """
        row = (who or viewer.name, viewer.role, act, target, json.dumps(detail or {}, ensure_ascii=False, default=str))
        try:
            self._append(row)
        except (sqlite3.Error, OSError) as error:
            if not viewer.local:
                raise StoreError(f"审计记录写不进（{type(error).__name__}），请管理员检查磁盘和权限") from None
            logging.getLogger(__name__).warning("audit entry %s not written: %s", act, type(error).__name__)

    def record_once(self, viewer: Viewer, act: str, target: str, minutes: int = 30) -> None:
        """Write an entry down unless the same was written of the same person a short while ago."""
        since = (shanghai_now() - dt.timedelta(minutes=minutes)).isoformat(timespec="milliseconds")
        if not self._lately(viewer.name, act, target, since):
            self.record(viewer, act, target)

    def _lately(self, *of: str) -> bool:
        try:
            with self._open() as con:
                sql = "SELECT 1 FROM entries WHERE who = ? AND act = ? AND target = ? AND at > ? LIMIT 1"
                return con.execute(sql, of).fetchone() is not None
        except (sqlite3.Error, OSError):
            return False

    def _append(self, row: tuple[str, str, str, str, str]) -> None:
        with self._open() as con:
            with con:
                con.execute("BEGIN IMMEDIATE")
                last = con.execute(_NEWEST).fetchone() or (0, _FIRST)
                kept = (last[0] + 1, shanghai_now().isoformat(timespec="milliseconds"), *row, last[1])
                con.execute(f"INSERT INTO entries VALUES ({', '.join('?' * len(_COLUMNS))})", (*kept, _hash(kept)))
            # After the row is on the disk: a process killed here leaves HEAD behind the log, never ahead of it; and
            # under the same lock, so that one writer moves it at a time.
            con.execute("BEGIN IMMEDIATE")
            seq, mark = con.execute(_NEWEST).fetchone()
            move_pointer(self.head, f"{seq} {mark}")
            con.rollback()

    def _head(self) -> tuple[int, str]:
        """Return the number and hash of the newest row that HEAD knows of, (0, '') for none."""
        if not self.head.exists():
            return 0, ""
        seq, _, mark = self.head.read_text("utf-8").strip().partition(" ")
        return int(seq), mark

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with open_book(self.path, (_TABLE, *_KEEP), private=True, patience=60) as con:
            yield con

    def entries(self, act: str = "", who: str = "", most: int = 500) -> list[Entry]:
        """Return the newest entries first, of one kind or one person if given."""
        rows = self._read(
            f"SELECT {', '.join(_COLUMNS)} FROM entries WHERE ? IN ('', act) AND ? IN ('', who) ORDER BY seq DESC LIMIT ?",
            (act, who, most),
        )
        return [_entry(r) for r in rows]

    def people(self) -> list[str]:
        """Return everybody who is named in it."""
        return [row[0] for row in self._read("SELECT DISTINCT who FROM entries ORDER BY who")]

    def verify(self) -> str | None:
        """Return what is wrong with the chain in Chinese, or None when every entry is as it was written."""
        previous, marks = _FIRST, [""]
        for entry in self._all():
            raw = (
                entry.seq,
                entry.at.isoformat(timespec="milliseconds"),
                entry.who,
                entry.role,
                entry.act,
                entry.target,
            )
            detail = json.dumps(entry.detail, ensure_ascii=False, default=str)
            if entry.seq != len(marks):
                return f"第 {len(marks)} 条审计记录不见了"
            if entry.previous != previous or entry.hash != _hash((*raw, detail, entry.previous)):
                return f"第 {entry.seq} 条审计记录被改过，或前面的记录被动过"
            previous = entry.hash
            marks.append(previous)
        seq, mark = self._head()
        if seq >= len(marks):
            return f"审计记录应有 {seq} 条，实有 {len(marks) - 1} 条：末尾的被删过"
        if marks[seq] != mark or (seq == 0 and len(marks) > 2):
            return "审计记录的末尾标记（HEAD）不见了或对不上"
        return None

    def _all(self) -> list[Entry]:
        return [_entry(r) for r in self._read(f"SELECT {', '.join(_COLUMNS)} FROM entries ORDER BY seq")]

    def _read(self, sql: str, given: tuple[object, ...] = ()) -> list[tuple]:
        """Return the rows of a query; none where nothing was ever written.

        Opened for writing, though nothing is written: what a killed process left behind is put right
        first. On a disk that cannot be written there is nothing to put right.
        """
        if not self.path.exists():
            return []
        failed = ""
        for mode in ("mode=rw", "immutable=1"):
            try:
                with closing(sqlite3.connect(f"file:{self.path}?{mode}", uri=True, timeout=60)) as con:
                    return con.execute(sql, given).fetchall()
            except sqlite3.Error as error:
                failed = type(error).__name__
        raise StoreError(f"审计记录打不开（{failed}），请检查 {self.path.name}")


def _entry(row: tuple) -> Entry:
    seq, at, who, role, act, target, detail, previous, mark = row
    return Entry(seq, dt.datetime.fromisoformat(at), who, role, act, target, json.loads(detail), previous, mark)


def _hash(row: tuple[object, ...]) -> str:
    """Return SHA-256 over the row's values (the hash before it among them) in a form that cannot be ambiguous."""
    return hashlib.sha256(json.dumps(row, ensure_ascii=False).encode()).hexdigest()
