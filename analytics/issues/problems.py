"""Which cases are the same concrete matter, over the whole ledger.

Found among some thousand cases at a time in the order of their coming (a matter's cases come near one another),
by how likely each two are one (``likeness``). What later thousands hold of an earlier matter is known by its words, and
only the others are compared with each other: most of a large ledger is of matters known already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from analytics.issues.agglomeration import grown
from analytics.issues.answers import Said
from analytics.issues.corpus import Corpus
from analytics.issues.likeness import Features, Texts, features, learned, likely_pairs, rarity
from analytics.issues.space import unit_rows

#: Two groups are one matter while so like each other (0–1, see ``agglomeration``).
LEAST_LIKE = 0.4
#: So many cases are compared each with each.
AT_ONCE = 6000
#: A case, or a group of a later thousand, is of a known matter from so great a cosine with its mean on.
KNOWN = 0.6
#: A matter is remembered by so many words.
REMEMBERED = 60
#: So many pairs at most are kept to ask about.
MOST_ASKED = 60
NOTHING = Said()


@dataclass(frozen=True)
class Matters:
    """A matter (0 …, largest first) for each case, -1 for one that stands alone; ``doubts``: what to ask, two cases each."""

    found: np.ndarray
    doubts: list[TwoCases]


@dataclass(frozen=True)
class TwoCases:
    """Two rows that stand for two groups of so many cases, which were ``joined`` or not; ``worth``: pairs that an answer may change."""

    one: int
    other: int
    joined: bool
    worth: float


def problems_of(corpus: Corpus, texts: Texts, at: np.ndarray, told: Said = NOTHING) -> Matters:
    """Find the matters of cases. ``texts`` are (title, text) pairs, ``at`` times (datetime64), both in the corpus's order;
    ``told``: what people said of these cases."""
    cases = len(texts)
    found = np.full(cases, -1, dtype=np.int64)
    if cases < 2 or not corpus.vocabulary:
        return Matters(found, [])
    order = np.argsort(at, kind="stable")
    parts = np.array_split(order, -(-cases // AT_ONCE))
    weights = rarity(corpus.counts)
    rows = said(corpus.counts, weights) if len(parts) > 1 else None
    doubts: list[TwoCases] = []
    for part in parts:
        rows_of = np.sort(part)
        known = None if rows is None else means(rows, found)
        if rows is not None and known is not None:
            found[rows_of] = nearest(rows[rows_of], known)
            rows_of = rows_of[(found[rows_of] < 0) | np.isin(rows_of, told.rows)]
        of = features(corpus.once(rows_of), weights, [texts[r] for r in rows_of], at[rows_of])
        own, asked = _part(of, rows_of, told)
        doubts += asked
        found[rows_of] = own if rows is None or known is None else _with_known(rows[rows_of], own, known)
    doubts.sort(key=lambda d: (-d.worth, d.one, d.other))
    return Matters(largest_first(_as_told(found, told)), doubts[:MOST_ASKED])


def _part(of: Features, rows: np.ndarray, told: Said) -> tuple[np.ndarray, list[TwoCases]]:
    """Return the groups of cases (``rows``) that are compared with each other, and what to ask of them."""
    together, apart = (_within(rows, two) for two in (told.together, told.apart))
    pairs = [*together, *apart]
    one, other = (np.array([p[k] for p in pairs], dtype=np.int64) for k in (0, 1))
    same = np.arange(len(pairs)) < len(together)
    likely = likely_pairs(of, learned(of, one, other, same.astype(float)))
    growth = grown(likely, LEAST_LIKE, together, apart)
    asked = {frozenset(p) for p in pairs}
    doubts = []
    for doubt in growth.doubts(MOST_ASKED + len(asked), LEAST_LIKE):
        a, b = _middle(likely, doubt.one), _middle(likely, doubt.other)
        if frozenset((a, b)) not in asked:
            doubts.append(TwoCases(int(rows[a]), int(rows[b]), doubt.joined, doubt.weight))
    return alone_out(growth.groups()), doubts


def _middle(likely: sp.csr_matrix, group: tuple[int, ...]) -> int:
    """Return the row of a group that is most like the others in it."""
    rows = np.array(group)
    if len(rows) == 1:
        return int(rows[0])
    return int(rows[np.asarray(likely[rows][:, rows].sum(axis=1)).ravel().argmax()])


def _within(rows: np.ndarray, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return pairs of which both are among ``rows`` (sorted), by their places there."""
    place = {int(r): i for i, r in enumerate(rows)} if pairs else {}
    return [(place[a], place[b]) for a, b in pairs if a in place and b in place]


def _as_told(found: np.ndarray, told: Said) -> np.ndarray:
    """Let what people said hold between parts too: matters told to be one become one; of two told apart the second leaves."""
    for a, b in told.together:
        low = found.max(initial=-1) + 1
        for case in (a, b):
            if found[case] < 0:
                found[case] = low
        found[found == found[b]] = found[a]
    for a, b in told.apart:
        if found[a] == found[b] >= 0:
            found[b] = -1
    return found


def said(counts: sp.csr_matrix, weights: np.ndarray) -> sp.csr_matrix:
    """Return unit rows of the words that cases use at all, by rarity."""
    used = counts.astype(np.float32).copy()
    used.data[:] = 1
    rows = (used @ sp.diags_array(weights.astype(np.float32)).tocsr()).tocsr()
    rows.eliminate_zeros()
    return unit_rows(rows).tocsr()


def means(rows: sp.csr_matrix, found: np.ndarray) -> sp.csr_matrix:
    """Return the unit mean row of every group (0 …), its REMEMBERED strongest words."""
    inside = np.flatnonzero(found >= 0)
    groups = int(found.max(initial=-1)) + 1
    member = sp.csr_matrix((np.ones(len(inside), np.float32), (found[inside], inside)), (groups, rows.shape[0]))
    return unit_rows(_strongest((member @ rows).tocsr())).tocsr()


def _strongest(rows: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.diff(rows.indptr)
    row = np.repeat(np.arange(rows.shape[0]), lengths)
    order = np.lexsort((rows.indices, -rows.data, row))
    place = np.arange(len(order)) - np.repeat(rows.indptr[:-1], lengths)
    kept = order[place < REMEMBERED]
    return sp.csr_matrix((rows.data[kept], (row[kept], rows.indices[kept])), rows.shape)


def nearest(rows: sp.csr_matrix, known: sp.csr_matrix) -> np.ndarray:
    """Return the known matter whose mean each unit row is most like, -1 where none is like enough."""
    best = np.full(rows.shape[0], -1, dtype=np.int64)
    if not known.shape[0]:
        return best
    across = known.T.tocsr()
    for start in range(0, rows.shape[0], AT_ONCE):
        alike = (rows[start : start + AT_ONCE] @ across).tocsr()
        top = np.asarray(alike.max(axis=1).todense()).ravel()
        likest = np.asarray(alike.argmax(axis=1)).ravel()
        best[start : start + AT_ONCE] = np.where(top >= KNOWN, likest, -1)
    return best


def _with_known(rows: sp.csr_matrix, own: np.ndarray, known: sp.csr_matrix) -> np.ndarray:
    """Give the matters of a part the number of the known one that they are of; new ones follow, -1 stays."""
    into = nearest(means(rows, own), known)
    fresh = into < 0
    into[fresh] = known.shape[0] + np.arange(fresh.sum())
    told: np.ndarray = np.append(into, -1)[own]
    return told


def alone_out(groups: np.ndarray) -> np.ndarray:
    """Number the groups of two and more; -1 for a case alone."""
    return largest_first(np.where(np.bincount(groups)[groups] > 1, groups, -1))


def largest_first(groups: np.ndarray) -> np.ndarray:
    """Number groups from the largest on, equal ones by their first case; -1 stays."""
    inside = groups >= 0
    _, first, number, size = np.unique(groups[inside], return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -size))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    result = np.full(len(groups), -1, dtype=np.int64)
    result[inside] = rank[number]
    return result
