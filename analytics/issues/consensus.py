"""Groups that many runs agree on: one run of k-means is a throw of dice, what most of them put together is not.

Evidence accumulation (Fred and Jain 2005): the share of runs in which two things lie together is a likeness of
its own; average linkage over it makes the groups, as many as there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

RUNS = 40
#: Each run makes so many groups, but no more than one of FEWEST_IN things: types that a person can survey.
GROUPS = (60, 80, 100, 120)
FEWEST_IN = 4
ITERATIONS = 6
#: Two groups are one while two of their things lie together in at least this share of runs, on average.
LEAST_TOGETHER = 0.25
#: What lies together in so many is asked about as one (see ``questions``).
PIECE_TOGETHER = 0.7
#: Among so few things runs say nothing; average linkage at this distance (1 − cosine) does.
FEW = 150
FEW_DISTANCE, FEW_PIECE = 0.7, 0.5
#: Two runs at a time: the machine has two cores, and k-means lets the interpreter go.
AT_ONCE = 2


@dataclass(frozen=True)
class Agreement:
    """Of each thing its group and, finer, the piece of a group that nearly all runs agree on (0 …); ``alike``: the share of runs
    in which two lie together, or their cosine where there are few."""

    groups: np.ndarray
    pieces: np.ndarray
    alike: np.ndarray


def agreed(views: Sequence[np.ndarray]) -> Agreement:
    """Return the groups of the rows that ``views`` (unit vectors, one matrix a view) tell of; runs go round the views."""
    things = len(views[0])
    if things < 2:
        alone = np.zeros(things, dtype=np.int64)
        return Agreement(alone, alone, np.ones((things, things), np.float32))
    if things < FEW:
        alike = views[-1] @ views[-1].T
        groups, pieces = _linked(1 - alike, (FEW_DISTANCE, FEW_PIECE))
        return Agreement(groups, pieces, alike)
    together = np.zeros((things, things), dtype=np.uint8)
    # A run is a tenth of a second: threads that wait for one another inside it cost more than they bring.
    # How many OpenMP may use is each thread's own, so it is said in those of the pool as well.
    with threadpool_limits(1), ThreadPoolExecutor(AT_ONCE, initializer=threadpool_limits, initargs=(1,)) as pool:
        for found in pool.map(lambda run: _one_run(views, run), range(RUNS)):
            together += (found[:, None] == found[None, :]).view(np.uint8)
    alike = together.astype(np.float32) / RUNS
    groups, pieces = _linked(1 - alike, (1 - LEAST_TOGETHER, 1 - PIECE_TOGETHER))
    return Agreement(groups, pieces, alike)


def _one_run(views: Sequence[np.ndarray], run: int) -> np.ndarray:
    groups = min(GROUPS[run // len(views) % len(GROUPS)], len(views[0]) // FEWEST_IN)
    finder = KMeans(groups, init="random", n_init=1, max_iter=ITERATIONS, random_state=run)
    found: np.ndarray = finder.fit_predict(views[run % len(views)])
    return found


def _linked(apart: np.ndarray, most: Sequence[float]) -> list[np.ndarray]:
    """Return groups by average linkage of distances, none joined over more than each of ``most``."""
    apart = np.clip((apart + apart.T) / 2, 0, None)
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), "average")
    return [fcluster(tree, cut, "distance").astype(np.int64) - 1 for cut in most]
