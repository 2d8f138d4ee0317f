"""Within one kind, which cases are the same concrete matter: average linkage of their words.

What sets one matter apart from another of its kind is the words that the others do not use, so
words are weighted by their rarity inside the kind.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import AgglomerativeClustering

from analytics.issues.communities import largest_first
from analytics.issues.space import weighted

#: Two groups are one matter when their cases are, on average, at least so alike (cosine).
LEAST_ALIKE = 0.3
#: So many cases are compared each with each; a larger kind goes in rounds.
AT_ONCE = 2500
ROUNDS = 4
#: A word used once in so many cases is as rare as can be: in a large kind, slips and proper names would set cases apart.
RAREST = 60


def problems_of(counts: sp.csr_matrix) -> np.ndarray:
    """Return a matter (0 …, largest first) for each case of one kind, -1 for one that stands alone."""
    cases = counts.shape[0]
    if cases < 2:
        return np.full(cases, -1, dtype=np.int64)
    rows = weighted(counts, _rarity(counts))
    found = np.full(cases, -1, dtype=np.int64)
    left = np.arange(cases)
    for _ in range(ROUNDS):
        if len(left) < 2:
            break
        start = left[:: -(-len(left) // AT_ONCE)]
        groups = _linked(rows[start])
        known = _alone_out(groups)
        if (known >= 0).any():
            found[start] = np.where(known >= 0, known + found.max() + 1, -1)
        rest = np.setdiff1d(left, start, assume_unique=True)
        found[rest] = _nearest(rows, found, rest)
        if not len(rest):
            break
        left = np.flatnonzero(found < 0)
    return largest_first(_joined(rows, found))


def _rarity(counts: sp.csr_matrix) -> np.ndarray:
    cases = counts.shape[0]
    among = min(cases, RAREST)
    spread = np.bincount(counts.indices, minlength=counts.shape[1]) * among / max(cases, 1)
    weights: np.ndarray = np.log((1 + among) / (1 + spread)) + 1
    return weights


def _linked(rows: sp.csr_matrix) -> np.ndarray:
    distance = np.clip(1 - (rows @ rows.T).toarray(), 0, None)
    np.fill_diagonal(distance, 0)
    linkage = AgglomerativeClustering(None, metric="precomputed", linkage="average", distance_threshold=1 - LEAST_ALIKE)
    groups: np.ndarray = linkage.fit_predict(distance)
    return groups


def _alone_out(groups: np.ndarray) -> np.ndarray:
    """Number the groups of two and more; -1 for a case alone."""
    return largest_first(np.where(np.bincount(groups)[groups] > 1, groups, -1))


def _means(rows: sp.csr_matrix, found: np.ndarray) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return each group's mean row, and how many are in it."""
    inside = np.flatnonzero(found >= 0)
    sizes = np.bincount(found[inside])
    share = sp.csr_matrix((1 / sizes[found[inside]], (found[inside], inside)), (len(sizes), rows.shape[0]))
    return share @ rows, sizes


def _joined(rows: sp.csr_matrix, found: np.ndarray) -> np.ndarray:
    """Go on with average linkage over the groups of all rounds: what a later round began may be of an earlier one's matter."""
    means, sizes = _means(rows, found)
    alike, sizes = (means @ means.T).toarray(), sizes.astype(float)
    np.fill_diagonal(alike, -1)
    into = np.arange(len(sizes))
    while alike.max(initial=-1) >= LEAST_ALIKE:
        one, other = np.unravel_index(alike.argmax(), alike.shape)
        both = (sizes[one] * alike[one] + sizes[other] * alike[other]) / (sizes[one] + sizes[other])
        alike[one], alike[:, one] = both, both
        alike[other], alike[:, other], alike[one, one] = -1, -1, -1
        sizes[one] += sizes[other]
        into[into == other] = one
    return np.where(found >= 0, np.append(into, -1)[found], -1)


def _nearest(rows: sp.csr_matrix, found: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return for further cases the group whose members they are most alike on average, else -1."""
    if not (found >= 0).any() or not len(rest):
        return np.full(len(rest), -1, dtype=np.int64)
    alike = (rows[rest] @ _means(rows, found)[0].T).toarray()
    best = alike.argmax(axis=1)
    return np.where(alike[np.arange(len(rest)), best] >= LEAST_ALIKE, best, -1)


def nearest_problem(known: sp.csr_matrix, problem: np.ndarray, new: sp.csr_matrix) -> np.ndarray:
    """Return for new cases of one kind the problem (an id, None) that their words are most like.

    ``known`` and ``problem``: the kind's earlier cases and their problems' ids.
    """
    ids = sorted({p for p in problem if p is not None})
    number = {p: i for i, p in enumerate(ids)}
    rarity = _rarity(known)
    rows = sp.vstack([weighted(known, rarity), weighted(new, rarity)]).tocsr()
    found = np.array([number.get(p, -1) for p in problem] + [-1] * new.shape[0], dtype=np.int64)
    best = _nearest(rows, found, np.arange(known.shape[0], rows.shape[0]))
    return np.array([*ids, None], dtype=object)[best]
