"""Groups that many runs agree on: one run of k-means is a throw of dice, what most of them put together is not.

Evidence accumulation (Fred and Jain 2005): the share of runs in which two things lie together is a likeness of
its own; average linkage over it makes the groups, as many as there are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

RUNS = 40
#: Each run makes so many groups, but no more than one of FEWEST_IN things: types that a person can survey.
GROUPS = (60, 80, 100, 120)
FEWEST_IN = 4
ITERATIONS = 20
#: Two groups are one while two of their things lie together in at least this share of runs, on average.
LEAST_TOGETHER = 0.25
#: Among so few things runs say nothing; average linkage at this distance (1 − cosine) does.
FEW = 150
FEW_DISTANCE = 0.7


def agreed(views: Sequence[np.ndarray]) -> np.ndarray:
    """Return a group (0 …) for each row that ``views`` (unit vectors, one matrix a view) tell of; runs go round the views."""
    things = len(views[0])
    if things < 2:
        return np.zeros(things, dtype=np.int64)
    if things < FEW:
        return _linked(1 - views[-1] @ views[-1].T, FEW_DISTANCE)
    together = np.zeros((things, things), dtype=np.float32)
    for run in range(RUNS):
        groups = min(GROUPS[run // len(views) % len(GROUPS)], things // FEWEST_IN)
        finder = KMeans(groups, init="random", n_init=1, max_iter=ITERATIONS, random_state=run)
        # A run is a tenth of a second: threads that wait for one another cost more than they bring.
        with threadpool_limits(1):
            found = finder.fit_predict(views[run % len(views)])
        together += found[:, None] == found[None, :]
    return _linked(1 - together / RUNS, 1 - LEAST_TOGETHER)


def _linked(apart: np.ndarray, most: float) -> np.ndarray:
    """Return groups by average linkage of distances, none joined over more than ``most``."""
    apart = np.clip((apart + apart.T) / 2, 0, None)
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), "average")
    groups: np.ndarray = fcluster(tree, most, "distance").astype(np.int64) - 1
    return groups
