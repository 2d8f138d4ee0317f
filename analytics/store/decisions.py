"""Human decisions on what was found: an append-only book, safe against crashes and other processes.

See docs/decisions/0007.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass

from analytics.store.audit import DECIDED, AuditLog
from analytics.store.books import told_book
from analytics.store.files import StoreError
from analytics.store.snapshots import Store
from analytics.viewer import LOCAL, Viewer

UNDO = "undo"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS decisions (seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,"
    " kind TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL, why TEXT NOT NULL)"
)


@dataclass(frozen=True)
class Decision:
    """What was decided (``kind``) of what (``target``), by whom, when and why."""

    seq: int
    at: dt.datetime
    who: str
    kind: str
    target: str
    detail: dict[str, object]
    why: str
    undone: bool = False


class DecisionBook:
    """The decisions in ``decisions.sqlite`` of a part of a store; a row is never changed or deleted.

    Whoever signed in writes under that name, and only what ``act`` allows; each row is audited.
    """

    def __init__(self, store: Store, part: str, act: str, viewer: Viewer = LOCAL):
        self.path = store.folder / part / "decisions.sqlite"
        self.part, self.act, self.viewer = part, act, viewer
        self.log = AuditLog(store.folder)

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return told_book(self.path, (_TABLE,), "记录人工判断的文件打不开或写不进")

    def record(
        self,
        kind: str,
        target: str,
        detail: dict[str, object],
        who: str,
        why: str,
        at: dt.datetime,
        seen: int | None = None,
    ) -> int:
        """Write one decision down and return its number; on return it is on the disk.

        With ``seen``, the newest decision on the target that the writer knew of: where somebody
        has decided since, nothing is written and StoreError says who and when. Raises NotAllowed for
        a viewer who may not decide.
        """
        self.viewer.require(self.act)
        who = self.viewer.signature(who)
        with self._open() as con, con:
            con.execute("BEGIN IMMEDIATE")
            newest = con.execute(
                "SELECT seq, who, at FROM decisions WHERE target = ? ORDER BY seq DESC LIMIT 1", (target,)
            ).fetchone()
            if seen is not None and newest and newest[0] > seen:
                raise StoreError(f"这一条刚由{newest[1]}在 {newest[2][:16].replace('T', ' ')} 改过，请看过之后再定")
            done = con.execute(
                "INSERT INTO decisions (at, who, kind, target, detail, why) VALUES (?, ?, ?, ?, ?, ?)",
                (at.isoformat(), who, kind, target, json.dumps(detail, ensure_ascii=False), why),
            )
            number = int(done.lastrowid or 0)
        self.log.record(self.viewer, DECIDED, target, {"book": self.part, "kind": kind, "seq": number}, who)
        return number

    def undo(self, seq: int, who: str, why: str, at: dt.datetime) -> int:
        """Take one decision back: a row of its own, so that history shows both."""
        return self.record(UNDO, str(seq), {}, who, why, at)

    def history(self) -> list[Decision]:
        """Return every decision, oldest first, undone ones marked; undos themselves included."""
        if not self.path.exists():
            return []
        with self._open() as con:
            rows = con.execute("SELECT seq, at, who, kind, target, detail, why FROM decisions ORDER BY seq").fetchall()
        undone = {int(r[4]) for r in rows if r[3] == UNDO}
        return [
            Decision(r[0], dt.datetime.fromisoformat(r[1]), r[2], r[3], r[4], json.loads(r[5]), r[6], r[0] in undone)
            for r in rows
        ]

    def standing(self) -> list[Decision]:
        """Return the decisions in force, oldest first."""
        return [d for d in self.history() if d.kind != UNDO and not d.undone]

    def last(self) -> int:
        """Return the number of the newest row (0 when there is none)."""
        if not self.path.exists():
            return 0
        with self._open() as con:
            return int(con.execute("SELECT coalesce(max(seq), 0) FROM decisions").fetchone()[0])
