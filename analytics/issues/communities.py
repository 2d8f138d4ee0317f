"""Groups of cases that lie close together: communities of the nearest-neighbour graph.

One run of a community algorithm is a throw of dice; many runs at several resolutions, and then
one over the pairs that they agree on, are not.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import AgglomerativeClustering
from sknetwork.clustering import Louvain

#: Each case is joined to its nearest so-many-th share of all: types are that coarse at any size.
NEIGHBOUR_SHARE = 0.009
FEWEST_NEIGHBOURS = 8
RESOLUTIONS = (2, 3, 4)
RUNS = 5
FINAL_RESOLUTION = 3
BLOCK = 2048
#: Under so many cases a graph says nothing; average linkage at this distance does.
FEW = 150
FEW_DISTANCE = 0.7


def communities(vectors: np.ndarray) -> np.ndarray:
    """Return a group (0 …, largest first) for every unit vector."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    if len(vectors) < FEW:
        distance = np.clip(1 - vectors @ vectors.T, 0, None)
        linkage = AgglomerativeClustering(
            None, metric="precomputed", linkage="average", distance_threshold=FEW_DISTANCE
        )
        return largest_first(linkage.fit_predict(distance))
    graph = neighbour_graph(vectors, max(FEWEST_NEIGHBOURS, int(NEIGHBOUR_SHARE * len(vectors))))
    return largest_first(_partition(_agreed(graph), FINAL_RESOLUTION, seed=0))


def neighbour_graph(vectors: np.ndarray, neighbours: int) -> sp.csr_matrix:
    """Join every case to its nearest by cosine; weights are the cosines, none negative."""
    cases = len(vectors)
    neighbours = min(neighbours, cases - 1)
    nearest = np.empty((cases, neighbours), dtype=np.int32)
    weights = np.empty((cases, neighbours), dtype=np.float32)
    for start in range(0, cases, BLOCK):
        alike = vectors[start : start + BLOCK] @ vectors.T
        alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = -1
        found = np.argpartition(-alike, neighbours - 1, axis=1)[:, :neighbours]
        nearest[start : start + BLOCK] = found
        weights[start : start + BLOCK] = np.take_along_axis(alike, found, axis=1).clip(1e-6)
    rows = np.repeat(np.arange(cases), neighbours)
    graph = sp.csr_matrix((weights.ravel(), (rows, nearest.ravel())), (cases, cases))
    return graph.maximum(graph.T).tocsr()


def _partition(graph: sp.csr_matrix, resolution: float, seed: int) -> np.ndarray:
    found: np.ndarray = Louvain(resolution, shuffle_nodes=True, random_state=seed).fit_predict(graph)
    return found


def _agreed(graph: sp.csr_matrix) -> sp.csr_matrix:
    """Weight every join by the share of runs that put both its ends into one group."""
    pairs = graph.tocoo()
    together = np.zeros(len(pairs.row), dtype=np.float32)
    for resolution in RESOLUTIONS:
        for run in range(RUNS):
            found = _partition(graph, resolution, seed=run)
            together += found[pairs.row] == found[pairs.col]
    share = together / (len(RESOLUTIONS) * RUNS)
    kept = share > 0
    return sp.csr_matrix((pairs.data[kept] * share[kept], (pairs.row[kept], pairs.col[kept])), graph.shape)


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
