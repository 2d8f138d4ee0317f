"""Which kind (类型) a case is of: found on a sample, then told of every case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from analytics.issues.calibrating import fitted_sharpness, softmax
from analytics.issues.communities import communities, largest_first
from analytics.issues.corpus import Corpus
from analytics.issues.space import Space, blended, fit_space, spread_weights, unit_rows, word_weights

#: So many cases are enough to find the kinds by; every case beyond is told by the nearest.
SAMPLE = 10_000
SAMPLE_RECENT = 2_000
SMALLEST = 3
#: A case less alike (cosine) to every kind's centre is 未归类.
LEAST_ALIKE = 0.15
BLOCK = 20_000


@dataclass(frozen=True)
class Kinds:
    """The fitted kinds: a space, a centre for each kind, and how sharply likeness tells them apart."""

    space: Space
    centres: np.ndarray
    sharpness: float

    def tell(
        self, counts: sp.csr_matrix, meaning: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return for each case its kind (-1: 未归类), the confidence in it, and its vector."""
        vectors = blended(self.space.place(counts), meaning)
        kind, confidence = self.tell_placed(vectors)
        return kind, confidence, vectors

    def tell_placed(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not len(self.centres) or not len(vectors):
            return np.full(len(vectors), -1), np.zeros(len(vectors))
        alike = vectors @ self.centres.T
        kind = alike.argmax(axis=1)
        best = alike[np.arange(len(kind)), kind]
        return np.where(best >= LEAST_ALIKE, kind, -1), softmax(alike, self.sharpness)[np.arange(len(kind)), kind]

    def confidence_in(self, vectors: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """Return the confidence in kinds given from elsewhere (0 where -1)."""
        if not len(self.centres):
            return np.zeros(len(kind))
        told: np.ndarray = softmax(vectors @ self.centres.T, self.sharpness)[np.arange(len(kind)), np.maximum(kind, 0)]
        return np.where(kind >= 0, told, 0.0)


def sample_rows(cases: int, recent: np.ndarray) -> np.ndarray:
    """Return the rows to find kinds by: all, or an even choice with more of the ``recent`` ones."""
    if cases <= SAMPLE:
        return np.arange(cases)
    even = np.linspace(0, cases - 1, SAMPLE - SAMPLE_RECENT).astype(np.int64)
    late = recent[np.linspace(0, len(recent) - 1, min(SAMPLE_RECENT, len(recent))).astype(np.int64)]
    return np.unique(np.concatenate([even, late]))


def find_kinds(corpus: Corpus, rows: np.ndarray, meaning: np.ndarray | None = None) -> tuple[Kinds, np.ndarray]:
    """Find the kinds among some cases; returns them and each of those cases' kind (-1: 未归类).

    ``meaning``: sentence vectors of those cases, where there is a model for them.

    Two passes: groups of the first give weights to the words, the second groups by those.
    """
    counts = corpus.part(rows)
    filled = np.flatnonzero(np.diff(counts.indptr) > 0)
    kind = np.full(len(rows), -1, dtype=np.int64)
    weights = word_weights(counts, corpus.titles)
    if len(filled) < SMALLEST or not (weights > 0).any():
        return Kinds(Space(weights, np.zeros((1, len(weights)), np.float32)), np.zeros((0, 1), np.float32), 1.0), kind
    counts, meaning = counts[filled], None if meaning is None else meaning[filled]
    space = fit_space(counts, weights)
    first = communities(blended(space.place(counts), meaning))
    if first.max() > 0:
        sharper = weights * spread_weights(counts, first)
        if (sharper > 0).sum() > 1:
            space = fit_space(counts, sharper)
            first = communities(blended(space.place(counts), meaning))
    vectors = blended(space.place(counts), meaning)
    told = largest_first(np.where(np.bincount(first)[first] >= SMALLEST, first, -1))
    told[~vectors.any(axis=1)] = -1
    centres = centres_of(vectors, told)
    if len(centres):
        own = (vectors * centres[np.maximum(told, 0)]).sum(axis=1)
        told[own < LEAST_ALIKE] = -1
    kind[filled] = told
    return Kinds(space, centres, _sharpness(vectors, centres, told)), kind


def centres_of(vectors: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Return the unit middle of every kind (0 …)."""
    kinds = int(kind.max()) + 1
    if not kinds:
        return np.zeros((0, vectors.shape[1]), np.float32)
    sums = np.zeros((kinds, vectors.shape[1]), np.float32)
    np.add.at(sums, kind[kind >= 0], vectors[kind >= 0])
    centres: np.ndarray = unit_rows(sums).astype(np.float32)
    return centres


def _sharpness(vectors: np.ndarray, centres: np.ndarray, kind: np.ndarray) -> float:
    """Return the sharpness at which the confidence in the kinds found is best calibrated (log loss)."""
    inside = kind >= 0
    if len(centres) < 2 or not inside.any():
        return 1.0
    return fitted_sharpness(vectors[inside] @ centres.T, kind[inside])
