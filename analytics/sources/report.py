"""What became of a file: written beside it as JSON for programs and as text for people."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path

from analytics import ingest
from analytics.ingest import Account, ImportResult
from analytics.sources.book import COUNTS, DONE, OUTCOMES, REFUSED
from analytics.store import Store, open_duckdb
from analytics.store.files import write_whole
from analytics.viewer import Viewer
from analytics.wording import minute

JSON, TEXT = ".报告.json", ".报告.txt"


@dataclass(frozen=True)
class Report:
    """What became of one file or one portion of a query; ``kept_out``: row and reason; ``account``: the import's own."""

    outcome: str
    message: str
    batch: str = ""
    snapshot: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    kept_out: tuple[tuple[int, str], ...] = ()
    account: Account | None = None

    @classmethod
    def of(cls, result: ImportResult) -> Report:
        """Return the account of an import: refused where no row of the file went in."""
        counts = {name: getattr(result, name) for name in COUNTS}
        nothing = not result.accepted + result.updated + result.unchanged
        message = result.sentence()
        if nothing:
            message = (
                "没有一行能导入，"
                + ("文件里没有数据行。" if not result.read else "原因见下；改好后重新放进来。")
                + message
            )
        return cls(
            REFUSED if nothing else DONE,
            message,
            result.batch if result.published else "",
            result.snapshot or "",
            counts,
            tuple(result.warnings),
            tuple((q.row_no, q.reason) for q in result.quarantine),
            result.account(),
        )

    def write(self, beside: Path, source: str, file: str, at: dt.datetime) -> None:
        """Write both reports beside the place where the file will lie; each is there whole or not at all."""
        told = {
            "source": source,
            "file": file,
            "at": at.isoformat(timespec="seconds"),
            "outcome": self.outcome,
            "message": self.message,
            "batch": self.batch,
            "snapshot": self.snapshot,
            **self.counts,
            "notes": list(self.notes),
            "quarantine": [{"row": row, "reason": reason} for row, reason in self.kept_out],
            **(self.account.as_json() if self.account else {}),
        }
        write_whole(beside.with_name(beside.name + JSON), json.dumps(told, ensure_ascii=False, indent=1).encode())
        lines = [
            f"来源：{source}",
            f"文件：{file}",
            f"时间：{minute(at)}",
            f"结果：{OUTCOMES[self.outcome]}",
            self.message,
        ]
        if self.account:
            lines += [self.account.next_step, *self.account.told()]
        else:
            lines += [f"提示：{note}" for note in self.notes]
        lines += [f"隔离：{reason}" for _, reason in self.kept_out]
        write_whole(beside.with_name(beside.name + TEXT), ("\n".join(lines) + "\n").encode("utf-8-sig"))


def published_at(store: Store, begun: dt.datetime, viewer: Viewer) -> Report | None:
    """Return the account of the import that was begun at an instant, None where it was never published.

    An import carries the instant it was begun at into the ledger's own book of batches, so what a killed process
    had published is known from the ledger itself.
    """
    current = store.current()
    if current is None:
        return None
    found = open_duckdb(store, current, current.as_of).frame(
        "SELECT * FROM batches WHERE imported_at = $at", {"at": begun}
    )
    if found.empty:
        return None
    row = found.iloc[0]
    result = ImportResult(str(row["batch"]), snapshot=current.id, published=True)
    for name in COUNTS:
        setattr(result, name, int(row[name]))
    result.quarantine = ingest.read_quarantine(store, result.batch, viewer)
    return Report.of(result)
