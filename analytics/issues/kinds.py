"""Which kind (类型) a case is of: found among concrete matters and single cases, then told of every case.

What one department could remedy with one measure, whatever the place. So each matter counts once, however many
cases it has, and a word or a pair of letters that only a few matters use (an estate, a firm) counts for no kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from analytics.issues.calibrating import fitted_sharpness, softmax
from analytics.issues.consensus import agreed
from analytics.issues.letters import letter_pairs
from analytics.issues.problems import largest_first
from analytics.issues.space import Space, blended, fit_space, unit_rows, word_weights
from analytics.issues.taught_kinds import as_taught
from analytics.issues.texts import bare

Texts = Sequence[tuple[str | None, str | None]]
#: So many matters and single cases are enough to find the kinds by; every case beyond is told by the nearest.
SAMPLE = 4_000
SAMPLE_RECENT = 1_000
SMALLEST = 3
#: A case less alike (cosine) to every kind's centre is 未归类.
LEAST_ALIKE = 0.15
#: The kinds are looked for in so many dimensions of the words, and LETTERS of the letters.
VIEWS = (60, 100, 150)
LETTERS = 100
READ = 500
TITLE_WEIGHT = 3


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


def sample_units(units: int, recent: np.ndarray) -> np.ndarray:
    """Return the units to find kinds by: all, or an even choice with more of the ``recent`` ones."""
    if units <= SAMPLE:
        return np.arange(units)
    even = np.linspace(0, units - 1, SAMPLE - SAMPLE_RECENT).astype(np.int64)
    late = recent[np.linspace(0, len(recent) - 1, min(SAMPLE_RECENT, len(recent))).astype(np.int64)]
    return np.unique(np.concatenate([even, late]))


def units_of(matter: np.ndarray) -> np.ndarray:
    """Return the unit (0 …, in the order of their first cases) of each case: its matter, or itself where it has none."""
    own = np.where(matter >= 0, matter, matter.max(initial=-1) + 1 + np.arange(len(matter)))
    _, first, number = np.unique(own, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[number]


def find_kinds(
    counts: sp.csr_matrix,
    texts: Texts,
    unit: np.ndarray,
    meaning: np.ndarray | None = None,
    taught: Sequence[tuple[int, int]] = (),
) -> tuple[Kinds, np.ndarray, np.ndarray]:
    """Find the kinds among some cases; returns them, each of those cases' kind (-1: 未归类), and its piece of it (-1: none).

    ``counts``, ``texts``: of those cases; ``unit``: which matter (0 …), all whole; ``meaning``: sentence vectors, where there is a model for them;
    ``taught``: places of two cases that people put into one kind (the second -1: into none of those there were).
    """
    together = _sums(unit)
    weights = word_weights(_words_of_units(counts, together))
    kind = np.full(len(unit), -1, dtype=np.int64)
    if counts.shape[0] < SMALLEST or not (weights > 0).any():
        none = Kinds(Space(weights, np.zeros((1, len(weights)), np.float32)), np.zeros((0, 1), np.float32), 1.0)
        return none, kind, kind
    space = fit_space(counts, weights)
    vectors = blended(space.place(counts), meaning)
    views = _views(vectors, texts, together, meaning)
    filled = np.flatnonzero(np.asarray(together @ vectors.any(axis=1).astype(float)).ravel() > 0)
    group, piece = (np.full(together.shape[0], -1, dtype=np.int64) for _ in range(2))
    told = agreed([v[filled] for v in views])
    group[filled], piece[filled] = told.groups, told.pieces
    answers = [(int(unit[a]), int(unit[b]) if b >= 0 else -1) for a, b in taught]
    firm: np.ndarray = np.zeros(len(group), dtype=bool)
    if answers:
        group, firm = as_taught(group, piece, views[-1], _spread(told.alike, filled, len(group)), answers)
    kind = _settled(group, unit, vectors, firm)
    centres = centres_of(vectors, kind)
    return Kinds(space, centres, _sharpness(vectors, centres, kind)), kind, piece[unit]


def _spread(alike: np.ndarray, filled: np.ndarray, units: int) -> np.ndarray:
    whole = np.eye(units, dtype=np.float32)
    whole[np.ix_(filled, filled)] = alike
    return whole


def _sums(unit: np.ndarray) -> sp.csr_matrix:
    """Return the matrix (units × cases) that adds up the cases of each unit."""
    return sp.csr_matrix((np.ones(len(unit), np.float32), (unit, np.arange(len(unit)))))


def _words_of_units(counts: sp.csr_matrix, together: sp.csr_matrix) -> sp.csr_matrix:
    words = (together @ counts).tocsr()
    words.data[:] = 1
    return words


def _views(vectors: np.ndarray, texts: Texts, together: sp.csr_matrix, meaning: np.ndarray | None) -> list[np.ndarray]:
    """Return the units' means as vectors of words (several dimensions), letters, and meaning where there is a model."""
    letters = together @ _letter_vectors(texts, together)
    beside = [unit_rows(letters)] + ([unit_rows(together @ meaning)] if meaning is not None else [])
    return [
        unit_rows(np.hstack([unit_rows(together @ vectors[:, :size]), *beside])).astype(np.float32) for size in VIEWS
    ]


def _letter_vectors(texts: Texts, together: sp.csr_matrix) -> np.ndarray:
    """Return unit vectors (cases × LETTERS) of the pairs of letters in titles and beginnings of texts."""
    title_of, title_pair = letter_pairs([bare(title) for title, _ in texts])
    text_of, text_pair = letter_pairs([bare(content)[:READ] for _, content in texts])
    row = np.concatenate([np.repeat(title_of, TITLE_WEIGHT), text_of])
    pairs, column = np.unique(np.concatenate([np.repeat(title_pair, TITLE_WEIGHT), text_pair]), return_inverse=True)
    counts = sp.csr_matrix((np.ones(len(row), np.float32), (row, column)), (len(texts), len(pairs)))
    counts.sum_duplicates()
    weights = word_weights(_words_of_units(counts, together))
    if not (weights > 0).any():
        return np.zeros((len(texts), 1), np.float32)
    return fit_space(counts, weights, LETTERS).place(counts)


def _settled(group: np.ndarray, unit: np.ndarray, vectors: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Return each case's kind: a group that is a single matter, or small, goes to the kind that it is like, if to any.

    ``told``: units whose group people told; they stay in it.
    """
    own = group[unit]
    matters = np.bincount(group[group >= 0], minlength=1)
    cases = np.bincount(own[own >= 0], minlength=1)
    firm = (matters >= 2) & (cases >= SMALLEST)
    firm[group[told]] = True
    kind = largest_first(np.where((own >= 0) & firm[own], own, -1))
    left = kind < 0
    sums = np.zeros((int(unit.max()) + 1, vectors.shape[1]), np.float32)
    np.add.at(sums, unit, vectors)
    alike = unit_rows(sums) @ centres_of(vectors, kind).T
    if alike.shape[1]:
        nearest = np.where(alike.max(axis=1) >= LEAST_ALIKE, alike.argmax(axis=1), -1)
        kind = np.where(left & vectors.any(axis=1), nearest[unit], kind)
    alone = (kind < 0) & (own >= 0) & (cases[own] >= SMALLEST)
    return largest_first(np.where(alone, kind.max() + 1 + own, kind))


def centres_of(vectors: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Return the unit middle of every kind (0 …)."""
    kinds = int(kind.max(initial=-1)) + 1
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
