"""Which cases are the same concrete matter, over the whole ledger.

Found among some thousand cases at a time in the order of their coming (a matter's cases come near one another),
by how likely each two are one (``likeness``). What later thousands hold of an earlier matter is known by its words, and
only the others are compared with each other: most of a large ledger is of matters known already.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from analytics.issues.agglomeration import grown
from analytics.issues.corpus import Corpus
from analytics.issues.likeness import Texts, features, likely_pairs, rarity
from analytics.issues.space import unit_rows

#: Two groups are one matter while so like each other (0–1, see ``agglomeration``).
LEAST_LIKE = 0.4
#: So many cases are compared each with each.
AT_ONCE = 6000
#: A case, or a group of a later thousand, is of a known matter from so great a cosine with its mean on.
KNOWN = 0.6
#: A matter is remembered by so many words.
REMEMBERED = 60


def problems_of(corpus: Corpus, texts: Texts, at: np.ndarray) -> np.ndarray:
    """Return a matter (0 …, largest first) for each case, -1 for one that stands alone.

    ``texts`` are (title, text) pairs, ``at`` times (datetime64), both in the corpus's order.
    """
    cases = len(texts)
    found = np.full(cases, -1, dtype=np.int64)
    if cases < 2 or not corpus.vocabulary:
        return found
    order = np.argsort(at, kind="stable")
    parts = np.array_split(order, -(-cases // AT_ONCE))
    weights = rarity(corpus.counts)
    rows = said(corpus.counts, weights) if len(parts) > 1 else None
    for part in parts:
        rows_of = np.sort(part)
        known = None if rows is None else means(rows, found)
        if rows is not None and known is not None:
            found[rows_of] = nearest(rows[rows_of], known)
            rows_of = rows_of[found[rows_of] < 0]
        pairs = likely_pairs(features(corpus.once(rows_of), weights, [texts[r] for r in rows_of], at[rows_of]))
        own = alone_out(grown(pairs, LEAST_LIKE))
        found[rows_of] = own if rows is None or known is None else _with_known(rows[rows_of], own, known)
    return largest_first(found)


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
