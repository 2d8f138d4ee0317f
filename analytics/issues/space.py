"""A space in which cases of the same kind lie close together.

TF-IDF (sublinear, the title weighing three times), of which latent semantic analysis makes dense vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

DIMENSIONS = 200
RAREST = 2
COMMONEST = 0.2
FEW = 100
#: Of the likeness of two cases, so much is their sentence vectors', where there is a model for them.
MEANING_SHARE = 0.5


@dataclass(frozen=True)
class Space:
    """``weights`` by word (0 for one that does not count) and ``axes`` (dimensions × words)."""

    weights: np.ndarray
    axes: np.ndarray

    def place(self, counts: sp.csr_matrix) -> np.ndarray:
        """Return unit vectors (cases × dimensions, float32) of counted cases; no known word, a zero vector."""
        placed: np.ndarray = unit_rows(weighted(counts, self.weights) @ self.axes.T)
        return placed.astype(np.float32)


def unit_rows(rows: Any) -> Any:
    """Return rows of length one (zero rows stay); none and empty ones are as they are."""
    return normalize(rows) if rows.shape[0] and rows.shape[1] else rows


def weighted(counts: sp.csr_matrix, weights: np.ndarray) -> sp.csr_matrix:
    """Return unit rows of (1 + log count) × weight."""
    known = counts.astype(np.float32).copy()
    known.data = (1 + np.log(known.data)).astype(np.float32)
    return unit_rows(known @ sp.diags_array(weights.astype(np.float32)).tocsr())


def word_weights(counts: sp.csr_matrix) -> np.ndarray:
    """Return the idf of every word, 0 for words too rare or too common."""
    cases = counts.shape[0]
    spread = np.bincount(counts.indices, minlength=counts.shape[1]).astype(float)
    few = cases < FEW
    counted = (spread >= (1 if few else RAREST)) & (spread <= cases * (1.0 if few else COMMONEST))
    weights: np.ndarray = np.where(counted, np.log((1 + cases) / (1 + spread)) + 1, 0.0)
    return weights


def blended(by_words: np.ndarray, meaning: np.ndarray | None) -> np.ndarray:
    """Put vectors by words and by a sentence model side by side, each with its share of the likeness."""
    if meaning is None:
        return by_words
    both: np.ndarray = unit_rows(
        np.hstack([np.sqrt(1 - MEANING_SHARE) * by_words, np.sqrt(MEANING_SHARE) * meaning]).astype(np.float32)
    )
    return both


def centred(meaning: np.ndarray | None, centre: np.ndarray | None) -> np.ndarray | None:
    """Take what all texts have in common out of sentence vectors: without that, all are alike."""
    if meaning is None or centre is None:
        return None
    found: np.ndarray = unit_rows((meaning - centre).astype(np.float32))
    return found


def fit_space(counts: sp.csr_matrix, weights: np.ndarray, most: int = DIMENSIONS) -> Space:
    """Find the axes (``most`` at most) of counted cases; the same input gives the same axes."""
    used = np.flatnonzero(weights > 0)
    dimensions = min(most, len(used) - 1, counts.shape[0] - 1)
    axes = np.zeros((max(dimensions, 1), len(weights)), dtype=np.float32)
    if dimensions < 1:
        axes[0, used] = 1.0
        return Space(weights, axes)
    finder = TruncatedSVD(dimensions, random_state=0, n_iter=4)
    finder.fit(weighted(counts[:, used], weights[used]))
    axes[:, used] = finder.components_
    return Space(weights, axes)
