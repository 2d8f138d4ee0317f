"""A map of all cases: types as islands, near ones side by side, cases inside by their own likeness."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

ISLAND = 0.75


def lay_out(vectors: np.ndarray, kind: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return x, y (cases × 2, float32); NaN for 未归类. The same input gives the same map."""
    places = np.full((len(vectors), 2), np.nan, dtype=np.float32)
    if not len(centres):
        return places
    middles = _middles(centres)
    reach = ISLAND * _nearest_apart(middles)
    largest = np.sqrt(max(np.bincount(kind[kind >= 0], minlength=len(centres)).max(), 1))
    for number in range(len(centres)):
        rows = np.flatnonzero(kind == number)
        if not len(rows):
            continue
        inside = _inside(vectors[rows].astype(np.float32))
        radius = reach * max(0.25, np.sqrt(len(rows)) / largest)
        places[rows] = middles[number] + radius * inside
    return places


def _middles(centres: np.ndarray) -> np.ndarray:
    if len(centres) < 4:
        angle = 2 * np.pi * np.arange(len(centres)) / max(len(centres), 1)
        return np.c_[np.cos(angle), np.sin(angle)]
    tsne = TSNE(init="pca", perplexity=min(12, (len(centres) - 1) / 3), metric="cosine", random_state=0, max_iter=1000)
    found: np.ndarray = tsne.fit_transform(centres.astype(np.float64))
    return found / max(np.abs(found).max(), 1e-9)


def _nearest_apart(middles: np.ndarray) -> float:
    if len(middles) < 2:
        return 1.0
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(np.median(apart.min(axis=1))) or 1.0


def _inside(vectors: np.ndarray) -> np.ndarray:
    """Fill a disc evenly with the cases of one type, in the directions in which they differ most."""
    if len(vectors) < 3:
        return np.zeros((len(vectors), 2))
    spread = PCA(2, random_state=0, svd_solver="randomized").fit_transform(vectors)
    for axis in range(2):  # a sign that does not depend on the solver
        if spread[np.abs(spread[:, axis]).argmax(), axis] < 0:
            spread[:, axis] *= -1
    length = np.linalg.norm(spread, axis=1)
    even = np.sqrt((np.argsort(np.argsort(length, kind="stable"), kind="stable") + 0.5) / len(length))
    result: np.ndarray = spread / np.maximum(length, 1e-9)[:, None] * even[:, None]
    return result
