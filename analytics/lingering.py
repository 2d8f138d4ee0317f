"""What is past its term and still lies somewhere: in the ledger, an older copy of it, a run, a backup, a briefing, the audit.

See docs/decisions/0028.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics import model
from analytics.privacy import FREE_TEXT, PERSONAL, mask_text
from analytics.store import Snapshot, Store, StoreError, open_duckdb
from analytics.store.audit import AuditLog
from analytics.store.backup import MANIFEST
from analytics.store.runs import Run, RunBook

#: Ledger tables whose rows speak of a case.
OF_CASES = ("cases", "events", "ratings")
#: A case is kept until it was closed, by its own column or by an event, and all that happened to it lies before the day.
OLD = (
    "SELECT c.case_no FROM cases c LEFT JOIN (SELECT case_no, max(happened_at) AS last,"
    " arg_max(stage, (happened_at, stage)) FILTER (stage IN ('closed', 'reopened')) AS state"
    " FROM events GROUP BY case_no) e USING (case_no)"
    " WHERE c.accepted_at < $day AND coalesce(c.closed_at < $day, true) AND coalesce(e.last < $day, true)"
    " AND coalesce(e.state = 'closed', c.closed_at IS NOT NULL)"
)
SNAPSHOT, RUN, DRAFT, PART, COPY, BACKUP, BRIEFING, AUDIT = (
    "快照", "归类", "没做完的临时文件", "分卷", "另一引擎的副本", "备份", "简报", "审计",
)  # fmt: skip
#: What ``retention`` erases; the others are for who keeps them.
ERASED = (SNAPSHOT, RUN, DRAFT, PART, COPY)


@dataclass(frozen=True)
class Lingering:
    """One thing that holds personal data or texts past their term: its kind (SNAPSHOT …) and its name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def erased_columns() -> dict[str, list[str]]:
    """Return ledger table → its columns that are erased: personal ones and free texts."""
    return {
        name: [
            c for c in model.TABLES[name].names if (c in PERSONAL or c in FREE_TEXT) and c not in model.TABLES[name].key
        ]
        for name in OF_CASES
    }


def old_cases(store: Store, current: Snapshot, day: dt.date) -> frozenset[str]:
    """Return the cases of the ledger whose term was over by a day, erased or not."""
    reader = open_duckdb(store, current, current.as_of)
    return frozenset(reader.frame(OLD, {"day": day})["case_no"])


def lingering(store: Store, day: dt.date) -> list[Lingering]:
    """Return everything beside the current snapshot that still holds what was past its term by a day.

    Each is found by what lies there, not by what an earlier run has planned: one that was killed is seen.
    """
    current = store.current()
    if current is None:
        return []
    old = old_cases(store, current, day)
    return [
        *_snapshots(store, current, day, old),
        *_files(store, current),
        *_runs(store, old),
        *_backups(store, current),
        *_briefings(store, old),
        *_audited(store, day),
    ]


def _snapshots(store: Store, current: Snapshot, day: dt.date, old: frozenset[str]) -> Iterator[Lingering]:
    for id in sorted({p.stem for p in store.files.glob("S*")} - {current.id}):
        if _holds(store, id, day, old):
            yield Lingering(SNAPSHOT, id)


def _holds(store: Store, id: str, day: dt.date, old: frozenset[str]) -> bool:
    """Tell whether an older snapshot still holds such data; of one that cannot be read nothing else is known."""
    try:
        snapshot = store.describe(id)
        reader = open_duckdb(store, snapshot, snapshot.as_of)
        held = reader.schema("cases").names
        some = " OR ".join(f"{c} IS NOT NULL" for c in erased_columns()["cases"] if c in held)
        rows = reader.frame(f"SELECT case_no, case_no IN ({OLD}) AS past FROM cases WHERE {some}", {"day": day})
    except (StoreError, OSError, ValueError):
        return True
    return bool((rows["past"] | rows["case_no"].isin(old)).any())


def _files(store: Store, current: Snapshot) -> Iterator[Lingering]:
    for folder in (store.files, store.parts):
        for left in sorted(folder.glob(".draft-*")):
            yield Lingering(DRAFT, left.name)
    used = {part.id for snapshot in store.snapshots() for part in snapshot.parts}
    for part in sorted({p.name.partition(".")[0] for p in store.parts.glob("[!.]*")} - used):
        yield Lingering(PART, part)
    for copied in sorted(store.parquet.glob("S*")):
        if not copied.name.startswith(current.id):
            yield Lingering(COPY, copied.name)


def _runs(store: Store, old: frozenset[str]) -> Iterator[Lingering]:
    for kind in ("real", "demo"):
        book = RunBook(store.folder / "issues" / kind)
        for folder in sorted(book.folder.glob("R[0-9]*")):
            if _remembers(folder, old):
                yield Lingering(RUN, f"{kind}/{folder.name}")
        for left in sorted(book.folder.glob(".draft-*")):
            yield Lingering(DRAFT, f"{kind}/{left.name}")


def _remembers(folder: Path, old: frozenset[str]) -> bool:
    """Tell whether a run still has words of such cases, or cannot be read."""
    try:
        run = Run(folder, {})
        rows = np.flatnonzero(run.cases["case_no"].isin(old).to_numpy())
        return bool(run.counts[rows].nnz or np.any(np.asarray(run.vectors[rows])))
    except (OSError, ValueError, KeyError):
        return True


def _backups(store: Store, current: Snapshot) -> Iterator[Lingering]:
    """Backups that lie in the store and are of another snapshot than the current one."""
    for path in sorted(store.folder.rglob("*.tar.gz")):
        with suppress(OSError, tarfile.TarError, ValueError, EOFError), tarfile.open(path, "r|gz") as tar:
            first = tar.next()
            held = tar.extractfile(first) if first and first.name == MANIFEST else None
            if held and json.loads(held.read(64 << 20)).get("snapshot") == current.id:
                continue
        yield Lingering(BACKUP, path.name)


def _briefings(store: Store, old: frozenset[str]) -> Iterator[Lingering]:
    for facts in sorted(store.folder.glob("briefings/*/delivered/*/facts.json")):
        with suppress(OSError, UnicodeDecodeError):
            if not old.isdisjoint(re.findall(r"[^\s\"',，。；：、（）()\[\]{}]+", facts.read_text("utf-8"))):
                yield Lingering(BRIEFING, facts.parent.name)


def _audited(store: Store, day: dt.date) -> Iterator[Lingering]:
    """Entries of the audit from before the day whose words hold personal data."""
    for entry in AuditLog(store.folder).entries(most=1_000_000):
        said = f"{entry.target} {json.dumps(dict(entry.detail), ensure_ascii=False, default=str)}"
        if entry.at.date() < day and mask_text(said) != said:
            yield Lingering(AUDIT, f"第 {entry.seq} 条")
