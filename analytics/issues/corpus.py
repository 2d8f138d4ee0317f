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
    """``counts``: cases × words, a title's words counted TITLE_WEIGHT times; ``titles``: cases with
    the word in the title, by word."""

    counts: sp.csr_matrix
    titles: np.ndarray
    vocabulary: list[str]

    def part(self, rows: np.ndarray) -> sp.csr_matrix:
        return self.counts[rows]


def count_words(texts: Sequence[tuple[str | None, str | None]]) -> Corpus:
    """Count the words of (title, text) pairs, read once, one after the other."""
    in_title: dict[str, int] = {}

    def tokens(pair: tuple[str | None, str | None]) -> list[str]:
        title = words(pair[0])
        for word in set(title):
            in_title[word] = in_title.get(word, 0) + 1
        return title * TITLE_WEIGHT + words(pair[1])

    counter = CountVectorizer(analyzer=tokens, dtype=np.float32)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no word in any of them
        return Corpus(sp.csr_matrix((len(texts), 0), dtype=np.float32), np.zeros(0), [])
    vocabulary = [str(w) for w in counter.get_feature_names_out()]
    return Corpus(counts.tocsr(), np.array([in_title.get(w, 0) for w in vocabulary], float), vocabulary)


def count_words_in(texts: Sequence[tuple[str | None, str | None]], vocabulary: list[str]) -> sp.csr_matrix:
    """Count the words of further cases over a vocabulary known already."""
    counter = CountVectorizer(analyzer=lambda p: words(p[0]) * TITLE_WEIGHT + words(p[1]), vocabulary=vocabulary)
    return counter.transform(texts).astype(np.float32).tocsr()
