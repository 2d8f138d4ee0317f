"""Small ledgers written out by hand, published as real snapshots."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd

from analytics.ledger import LOCAL, Ledger, Viewer, open_ledger
from analytics.model import TABLES
from analytics.store import Store

NOW = dt.datetime(2024, 12, 31, 12)


def publish(folder: Path, tables: dict[str, list[dict]], now: dt.datetime = NOW) -> Store:
    """Publish rows (table → list of dicts) as one snapshot; event keys are numbered."""
    store = Store(folder)
    with store.draft() as draft:
        for name, rows in tables.items():
            frame = pd.DataFrame(rows)
            if name == "events":
                frame["event_key"] = [f"{i:03d}" for i in range(len(frame))]
            for column in TABLES[name].columns:
                if column.kind in ("time", "day") and column.name in frame:
                    frame[column.name] = pd.to_datetime(frame[column.name])
            draft.replace(name, frame, "B1")
        draft.record_batch("B1", now, "手工台账", "", len(tables["cases"]))
        draft.publish(now, "手工台账", "B1")
    return store


def ledger_of(
    folder: Path,
    cases: list[dict],
    events: list[dict] = (),
    ratings: list[dict] = (),
    as_of: str | None = None,
    viewer: Viewer | None = None,
    **others: list[dict],
) -> Ledger:
    """Publish cases (title filled in), events as (case, stage, time, …) dicts, ratings; open it."""
    tables = {
        "cases": [{"title": "诉求"} | c for c in cases],
        "events": list(events),
        "ratings": list(ratings),
        **others,
    }
    store = publish(folder, {k: v for k, v in tables.items() if v})
    return open_ledger(store, viewer or LOCAL, dt.datetime.fromisoformat(as_of) if as_of else None)


def unsealed(store: Store) -> Path:
    """Forget the current snapshot's checksum, as a program that knew none left it; returns its file."""
    path = store.path(str(store.current_id()))
    card = path.with_suffix(".json")
    kept = json.loads(card.read_text("utf-8"))
    kept.pop("digest")
    card.write_text(json.dumps(kept), "utf-8")
    return path


def event(case_no: str, stage: str, at: str, **more: str) -> dict:
    return {"case_no": case_no, "stage": stage, "happened_at": at, **more}
