"""Groups grown from pairs: the likest two are joined first, until no two are like enough.

The likeness of two groups is the sum over all pairs between them, divided by the root of the same sums
within each: the cosine of the groups' means in the space of that likeness. A matter told in many words is
loose within, and asks no more of a newcomer than of its own; a tight one asks more.
"""

from __future__ import annotations

import heapq

import numpy as np
import scipy.sparse as sp


def grown(pairs: sp.csr_matrix, least: float) -> np.ndarray:
    """Return a group (0 …, by first member) for each row of a symmetric matrix of likenesses (0–1, own ones left out).

    Two groups are joined while their likeness (see above) is at least ``least``. Equal ones: the earlier rows first.
    """
    upper = sp.triu(pairs, 1).tocoo()
    cases = pairs.shape[0]
    order = np.lexsort((upper.col, upper.row))
    one, other, share = (values[order].tolist() for values in (upper.row, upper.col, upper.data.astype(float)))
    beside: list[dict[int, float]] = [{} for _ in range(cases)]
    for a, b, s in zip(one, other, share, strict=True):
        beside[a][b] = beside[b][a] = s
    within, turn = [1.0] * cases, [0] * cases
    into = list(range(cases))
    queue = [(-s, a, b, 0, 0) for a, b, s in zip(one, other, share, strict=True) if s >= least]
    heapq.heapify(queue)
    while queue:
        _, a, b, turn_a, turn_b = heapq.heappop(queue)
        if turn[a] != turn_a or turn[b] != turn_b:  # one of them has changed since
            continue
        if len(beside[a]) < len(beside[b]):
            a, b = b, a
        into[b] = a
        turn[b] = -1
        turn[a] += 1
        _merge(a, b, beside, within)
        for c, s in beside[a].items():
            like = s / (within[a] * within[c]) ** 0.5
            if like >= least:
                first, second = (a, c) if a < c else (c, a)
                heapq.heappush(queue, (-like, first, second, turn[first], turn[second]))
    return _roots(into)


def _merge(a: int, b: int, beside: list[dict[int, float]], within: list[float]) -> None:
    """Add group b's sums to group a's."""
    within[a] += within[b] + 2 * beside[a].pop(b)
    mine, theirs = beside[a], beside[b]
    theirs.pop(a)
    beside[b] = {}
    for c, s in theirs.items():
        mine[c] = mine.get(c, 0.0) + s
        beside[c].pop(b)
        beside[c][a] = mine[c]


def _roots(into: list[int]) -> np.ndarray:
    """Follow each row to the group that it ended in; groups numbered by their first row."""
    found = np.empty(len(into), dtype=np.int64)
    for row in range(len(into)):
        root = row
        while into[root] != root:
            root = into[root]
        into[row] = found[row] = root
    _, first, number = np.unique(found, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[number]
