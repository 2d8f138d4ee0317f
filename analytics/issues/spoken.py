"""The words of the newest cases, read anew, and of those before, as the last run counted them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues.corpus import count_words
from analytics.issues.repeats import repeats_of
from analytics.issues.voices import SENDER
from analytics.ledger import Ledger
from analytics.store.runs import Run

_SENDER = f"coalesce({', '.join(f'nullif({name}, {chr(39) * 2})' for name in SENDER)}) AS sender"


@dataclass(frozen=True)
class Spoken:
    """``cases``: case_no, title (of those read anew), accepted_at, sender, week, recent; ``counts``: cases × words of
    ``vocabulary``."""

    cases: pd.DataFrame
    counts: sp.csr_matrix
    vocabulary: list[str]


def spoken_of(ledger: Ledger, run: Run | None, first: pd.Timestamp, since: pd.Timestamp, most: int) -> Spoken:
    """Return the words of cases accepted from ``first`` on, each said once: ``recent`` are those from ``since`` on.

    Of the recent ones ``most`` at most: where there are more, those of no known problem, and of these the newest.
    Cases that the run has not read are read here.
    """
    recent, recent_counts, recent_words = _recent(ledger, since, most)
    earlier = ledger.duckdb.frame(
        f"SELECT case_no, accepted_at, {_SENDER} FROM cases"
        f" WHERE accepted_at >= TIMESTAMP '{first}' AND accepted_at < TIMESTAMP '{since}' ORDER BY case_no"
    )
    place = _places(run, earlier["case_no"])
    known, unknown = earlier[place >= 0], earlier[place == NOT_READ]
    parts = [(recent_counts, recent_words)]
    if run is not None and len(known):
        parts.append((run.counts[place[place >= 0]], run.vocabulary))
    if len(unknown):
        parts.append(_read(ledger, unknown["case_no"]))
    cases = pd.concat([recent.assign(recent=True), known.assign(recent=False), unknown.assign(recent=False)])
    cases["week"] = cases["accepted_at"].dt.to_period("W-SUN").dt.start_time
    return Spoken(cases.reset_index(drop=True), *_stacked(parts))


NOT_READ, REPEATED = -1, -2


def _places(run: Run | None, case_nos: pd.Series) -> np.ndarray:
    """Return the rows of cases in a run, or NOT_READ, or REPEATED for one that only repeats another."""
    if run is None:
        return np.full(len(case_nos), NOT_READ, dtype=np.int64)
    place = np.where(run.cases["repeat_of"].isna(), np.arange(len(run.cases)), REPEATED)
    found: np.ndarray = pd.Series(place, run.cases["case_no"]).reindex(case_nos).fillna(NOT_READ).astype(int).to_numpy()
    return found


def _recent(ledger: Ledger, since: pd.Timestamp, most: int) -> tuple[pd.DataFrame, sp.csr_matrix, list[str]]:
    """Read the newest cases, without those that repeat another of them."""
    query = (
        f"SELECT case_no, title, content, accepted_at, {_SENDER} FROM cases WHERE accepted_at >= TIMESTAMP '{since}'"
        " ORDER BY accepted_at DESC, case_no DESC"
    )
    recent = ledger.duckdb.frame(query)
    if len(recent) > most and ledger.issues:
        table = ledger.table(ledger.issues)
        known = ledger.whole.run(table.filter(table.issue_problem.notnull()).select("case_no"))["case_no"]
        recent = recent[~recent["case_no"].isin(known)]
    recent = recent.head(most)[::-1].reset_index(drop=True)
    corpus = count_words(list(zip(recent["title"], recent["content"], strict=True)))
    once = np.flatnonzero(repeats_of(corpus.counts, recent["sender"], recent["accepted_at"].to_numpy()) < 0)
    return recent.iloc[once].drop(columns="content"), corpus.counts[once], corpus.vocabulary


def _read(ledger: Ledger, case_nos: pd.Series) -> tuple[sp.csr_matrix, list[str]]:
    """Count the words of cases that no run has read."""
    texts = ledger.duckdb.frame(
        "SELECT case_no, title, content FROM cases WHERE case_no IN (SELECT unnest($chosen)) ORDER BY case_no",
        {"chosen": case_nos.tolist()},
    )
    corpus = count_words(list(zip(texts["title"], texts["content"], strict=True)))
    return corpus.counts, corpus.vocabulary


def _stacked(parts: Sequence[tuple[sp.csr_matrix, list[str]]]) -> tuple[sp.csr_matrix, list[str]]:
    """Put counts over different words one under the other; returns them and the words of both."""
    column: dict[str, int] = {}
    rows = []
    for counts, vocabulary in parts:
        place = np.array([column.setdefault(word, len(column)) for word in vocabulary], dtype=np.int64)
        rows.append((counts, place))
    placed = [
        sp.csr_matrix((counts.data, place[counts.indices], counts.indptr), (counts.shape[0], len(column)))
        for counts, place in rows
    ]
    return sp.vstack(placed).tocsr().astype(np.float32), list(column)
