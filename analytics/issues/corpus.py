"""The words of all cases as one sparse matrix; the title weighs more than the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer

from analytics.issues.texts import words

TITLE_WEIGHT = 3


@dataclass(frozen=True)
class Corpus:
    """``counts``: cases × words, a title's words counted TITLE_WEIGHT times; ``in_titles``: the same of
    the titles alone, each counted once."""

    counts: sp.csr_matrix
    in_titles: sp.csr_matrix
    vocabulary: list[str]

    def part(self, rows: np.ndarray) -> Corpus:
        """Return the corpus of some cases, over the same vocabulary."""
        return Corpus(self.counts[rows], self.in_titles[rows], self.vocabulary)

    def once(self, rows: np.ndarray) -> sp.csr_matrix:
        """Return the counts of some cases with title and text alike."""
        counts = (self.counts[rows] - (TITLE_WEIGHT - 1) * self.in_titles[rows]).tocsr()
        counts.eliminate_zeros()
        return counts


def count_words(texts: Sequence[tuple[str | None, str | None]]) -> Corpus:
    """Count the words of (title, text) pairs, read once, one after the other."""
    titles: list[list[str]] = []

    def tokens(pair: tuple[str | None, str | None]) -> list[str]:
        titles.append(words(pair[0]))
        return titles[-1] * TITLE_WEIGHT + words(pair[1])

    counter = CountVectorizer(analyzer=tokens, dtype=np.float32)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no word in any of them
        none = sp.csr_matrix((len(texts), 0), dtype=np.float32)
        return Corpus(none, none, [])
    vocabulary = [str(w) for w in counter.get_feature_names_out()]
    return Corpus(counts.tocsr(), _counted(titles, vocabulary), vocabulary)


def _counted(texts: list[list[str]], vocabulary: list[str]) -> sp.csr_matrix:
    counter = CountVectorizer(analyzer=lambda words: words, vocabulary=vocabulary, dtype=np.float32)
    return counter.transform(texts).tocsr()


def count_words_in(texts: Sequence[tuple[str | None, str | None]], vocabulary: list[str]) -> sp.csr_matrix:
    """Count the words of further cases over a vocabulary known already."""
    counter = CountVectorizer(analyzer=lambda p: words(p[0]) * TITLE_WEIGHT + words(p[1]), vocabulary=vocabulary)
    return counter.transform(texts).astype(np.float32).tocsr()
