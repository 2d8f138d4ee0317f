"""Cases that came after a run join the types it knows; no other case moves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues.assigning import COLUMNS, Assigner, unpacked
from analytics.issues.embedding import Embed
from analytics.issues.reach import known_from
from analytics.ledger import Ledger
from analytics.store.runs import Run, RunFiles


def join_new(ledger: Ledger, run: Run, embed: Embed | None = None) -> tuple[RunFiles, int]:
    """Return the run with the ledger's further cases in it, and how many those are.

    Their types are told where the settings let Spark answer on its executors (a sentence model: always here).
    """
    reader, known = ledger.duckdb if embed else ledger.working, f"issue_known_{run.id}_{len(run.cases)}"
    reader.put_once(known, lambda: run.cases[["case_no"]])
    told = reader.mapped(
        f"SELECT c.case_no, c.title, c.content FROM cases c ANTI JOIN {known} k ON c.case_no = k.case_no"
        f" WHERE {known_from(run.since)}",
        Assigner.of(run, embed),
        COLUMNS,
    ).sort_values("case_no", ignore_index=True)
    counts, vectors = unpacked(told, run)
    added = told[["case_no", "kind", "matter", "confidence"]].assign(
        confidence=told["confidence"].astype(np.float32), repeat_of=None, x=np.float32(np.nan), y=np.float32(np.nan)
    )
    added[["x", "y"]] = _middles(run, added["kind"])
    cases = pd.concat([run.cases, added], ignore_index=True) if len(added) else run.cases
    card = run.card | {
        "snapshot": ledger.snapshot.id,
        "cases": len(cases),
        "unassigned": int(cases["kind"].isna().sum()),
    }
    files = RunFiles(
        card,
        cases,
        run.groups,
        sp.vstack([run.counts, counts]).tocsr(),
        np.vstack([run.vectors, vectors]),
        run.vocabulary,
        run.model,
    )
    return files, len(added)


def _middles(run: Run, kind: pd.Series) -> np.ndarray:
    """Put a new case in the middle of its type on the map."""
    middle = run.cases.groupby("kind")[["x", "y"]].median().reindex(kind)
    places: np.ndarray = middle.to_numpy(np.float32)
    return places
