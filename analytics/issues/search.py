"""Full-text search and cases like this one, over what a run has read."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues.assigning import kinds_of
from analytics.issues.corpus import count_words_in
from analytics.issues.texts import plain, words
from analytics.store.runs import Run

#: Okapi BM25's usual constants.
K1, B = 1.2, 0.75
SNIPPET = 90
BLOCK = 50_000


@dataclass(frozen=True)
class Index:
    """The words of a run's cases by word (columns), each already weighed by BM25."""

    run: Run
    weighed: sp.csc_matrix
    place: dict[str, int]

    def search(self, query: str) -> pd.Series:
        """Return score by case_no, best first; cases with every word stand before others.

        Empty where no word of the query is known: then only the letters can be looked for.
        """
        asked = [c for w in dict.fromkeys(_query_words(query)) if (c := self._columns_of(w))]
        if not asked:
            return pd.Series(dtype=float)
        each = [np.asarray(self.weighed[:, columns].sum(axis=1)).ravel() for columns in asked]
        score, hits = np.sum(each, axis=0), np.sum([e > 0 for e in each], axis=0)
        rows = np.flatnonzero(hits)
        order = rows[np.lexsort((rows, -score[rows], -hits[rows]))]
        return pd.Series(score[order], index=self.run.cases["case_no"].to_numpy(object)[order])

    def _columns_of(self, word: str) -> list[int]:
        """Return the column of a word or, where the ledger has it only inside longer words, theirs."""
        if word in self.place:
            return [self.place[word]]
        return [c for w, c in self.place.items() if word in w] if len(word) > 1 else []

    def alike(self, case_no: str | None = None, text: str | None = None, how_many: int = 200) -> pd.Series:
        """Return likeness (cosine) by case_no of the cases most like a case or a text, best first."""
        numbers = self.run.cases["case_no"].to_numpy(object)
        if case_no is not None:
            own = np.flatnonzero(numbers == case_no)
            if not len(own):
                return pd.Series(dtype=float)
            vector = self.run.vectors[own[0]].astype(np.float32)
        else:
            counts = count_words_in([(text, None)], self.run.vocabulary)
            vector = kinds_of(self.run).space.place(counts)[0]
        if not vector.any():
            return pd.Series(dtype=float)
        score = np.concatenate(
            [
                self.run.vectors[start : start + BLOCK, : len(vector)].astype(np.float32) @ vector
                for start in range(0, len(numbers), BLOCK)
            ]
        )
        if case_no is not None:
            score[own[0]] = -1
        best = np.argsort(-score, kind="stable")[:how_many]
        best = best[score[best] > 0]
        return pd.Series(score[best], index=numbers[best])


@lru_cache(maxsize=2)
def index_of(run: Run) -> Index:
    """Weigh the words of a run's cases (once a run and process)."""
    counts = run.counts.astype(np.float32)
    length = np.asarray(counts.sum(axis=1)).ravel()
    cases = counts.shape[0]
    spread = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log1p((cases - spread + 0.5) / (spread + 0.5)).astype(np.float32)
    damp = K1 * (1 - B + B * length / max(length.mean(), 1e-9))
    per_row = np.repeat(damp, np.diff(counts.indptr)).astype(np.float32)
    weighed = counts.copy()
    weighed.data = counts.data * (K1 + 1) / (counts.data + per_row) * idf[counts.indices]
    return Index(run, weighed.tocsc(), {w: i for i, w in enumerate(run.vocabulary)})


def _query_words(query: str) -> list[str]:
    """Return a query's words; a short one that the stop list would swallow is taken as it is."""
    found = words(query)
    return found or [w for w in re.split(r"\s+", plain(query).lower()) if w]


def highlighted(text: str | None, query: str, length: int = SNIPPET) -> str:
    """Return a text's part around the first hit as HTML, everything escaped, hits marked."""
    whole = plain(text)
    asked = sorted({*_query_words(query), *query.split()} - {""}, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(w) for w in asked), re.IGNORECASE) if asked else None
    first = pattern.search(whole) if pattern else None
    start = max(0, first.start() - length // 3) if first else 0
    part = ("…" if start else "") + whole[start : start + length] + ("…" if start + length < len(whole) else "")
    if pattern is None:
        return html.escape(part)
    pieces, at = [], 0
    for hit in pattern.finditer(part):
        pieces += [html.escape(part[at : hit.start()]), f"<mark>{html.escape(hit.group())}</mark>"]
        at = hit.end()
    return "".join([*pieces, html.escape(part[at:])])
