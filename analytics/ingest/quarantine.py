"""Rows kept out: their original cells, the reason, and a workbook to mend and drop in again."""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb
import pandas as pd

from analytics.ingest.parsing import plain
from analytics.model import TABLES
from analytics.spreadsheet import workbook
from analytics.store import Store, open_reader
from analytics.viewer import IMPORT, LOCAL, Viewer

REASON = "未导入原因（改好后可直接重新导入，本列会被忽略）"


@dataclass
class Quarantined:
    """One row kept out, with its original cells, the reason and its kind."""

    file: str
    sheet: str
    row_no: int
    table: str
    reason: str
    heads: list[str]
    cells: list[object]
    kind: str = ""


def new_in_quarantine(con: duckdb.DuckDBPyConnection, rows: list[Quarantined]) -> bool:
    """Tell whether any of these rows has not been kept out before for the same reason."""
    known = set(con.execute("SELECT file, reason FROM quarantine").fetchall())
    return any((q.file, q.reason) not in known for q in rows)


def write_quarantine(con: duckdb.DuckDBPyConnection, rows: list[Quarantined], batch: str) -> None:
    """Keep the rows in the draft's book of quarantine."""
    if not rows:
        return
    frame = pd.DataFrame(
        [(batch, q.file, q.sheet, q.row_no, q.table, q.reason, _json(q.heads), _json(q.cells), q.kind) for q in rows],
        columns=["batch", "file", "sheet", "row_no", "table_name", "reason", "heads", "cells", "kind"],
    )
    con.register("kept_out", frame)
    con.execute("INSERT INTO quarantine BY NAME SELECT * FROM kept_out")
    con.unregister("kept_out")


def read_quarantine(store: Store, batch: str, viewer: Viewer = LOCAL) -> list[Quarantined]:
    """Return the rows that a published batch kept out, as they came; raises NotAllowed for who may not import."""
    viewer.require(IMPORT)
    current = store.current()
    if current is None:
        return []
    frame = open_reader(store, current, current.as_of).frame("SELECT * FROM quarantine WHERE batch = ?", [batch])
    return [
        Quarantined(
            r.file,
            r.sheet,
            r.row_no,
            r.table_name,
            r.reason,
            json.loads(r.heads),
            json.loads(r.cells),
            getattr(r, "kind", None) or "",
        )
        for r in frame.itertuples(index=False)
    ]


def quarantine_workbook(rows: list[Quarantined]) -> bytes:
    """Return a workbook with the rows as they came, one sheet a shape of heads, and the reason."""
    shapes: dict[tuple[str, ...], list[Quarantined]] = {}
    for row in rows:
        shapes.setdefault((row.table, *row.heads), []).append(row)
    sheets = {}
    for number, ((table, *heads), group) in enumerate(shapes.items(), start=1):
        width = max(len(heads), max(len(q.cells) for q in group))
        names = [*heads, *(f"多出的第 {i + 1} 格" for i in range(width - len(heads)))]
        cells = [[plain(c) for c in q.cells] + [None] * (width - len(q.cells)) + [q.reason] for q in group]
        sheets[f"{number}-{TABLES[table].label}"] = pd.DataFrame(cells, columns=[*names, REASON], dtype=object)
    return workbook(sheets)


def _json(cells: list[object] | list[str]) -> str:
    return json.dumps([plain(c) for c in cells], ensure_ascii=False)
