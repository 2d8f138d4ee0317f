"""Cases that came after a run join the types it knows; no other case moves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues.corpus import count_words_in
from analytics.issues.discovery import TEXTS
from analytics.issues.embedding import Embed
from analytics.issues.kinds import Kinds
from analytics.issues.problems import nearest_problem
from analytics.issues.space import Space, centred
from analytics.ledger import Ledger
from analytics.store.runs import Run, RunFiles


def kinds_of(run: Run) -> Kinds:
    """Return the fitted kinds of a run."""
    kept = run.model
    space = Space(kept["weights"], kept["axes"].astype(np.float32))
    return Kinds(space, kept["centres"], float(kept["sharpness"][0]))


def join_new(ledger: Ledger, run: Run, embed: Embed | None = None) -> tuple[RunFiles, int]:
    """Return the run with the ledger's further cases in it, and how many those are."""
    texts = ledger.duckdb.frame(TEXTS)
    new = texts[~texts["case_no"].isin(run.cases["case_no"])]
    pairs = list(zip(new["title"], new["content"], strict=True))
    counts = count_words_in(pairs, run.vocabulary)
    kinds, ids = kinds_of(run), run.model["kinds"]
    kind, confidence, vectors = kinds.tell(
        counts, centred(embed(pairs) if embed else None, run.model.get("meaning_centre"))
    )
    matter = np.full(len(new), None, dtype=object)
    for number in np.unique(kind[kind >= 0]):
        old = np.flatnonzero((run.cases["kind"] == ids[number]).to_numpy())
        rows = np.flatnonzero(kind == number)
        matter[rows] = nearest_problem(run.counts[old], run.cases["matter"].to_numpy(object)[old], counts[rows])
    added = pd.DataFrame(
        {
            "case_no": new["case_no"].to_numpy(object),
            "kind": np.array([*ids, None], dtype=object)[kind],
            "matter": matter,
            "confidence": np.where(kind >= 0, confidence, 0).astype(np.float32),
            "repeat_of": None,
            "x": np.float32(np.nan),
            "y": np.float32(np.nan),
        }
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
        np.vstack([run.vectors, vectors.astype(np.float16)]),
        run.vocabulary,
        run.model,
    )
    return files, len(new)


def _middles(run: Run, kind: pd.Series) -> np.ndarray:
    """Put a new case in the middle of its type on the map."""
    middle = run.cases.groupby("kind")[["x", "y"]].median().reindex(kind)
    places: np.ndarray = middle.to_numpy(np.float32)
    return places
