"""The words of all cases as one sparse matrix; the title weighs more than the text."""

from __future__ import annotations

from array import array
from collections import defaultdict
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
    number: defaultdict[str, int] = defaultdict()
    number.default_factory = number.__len__
    titles, whole = _Tally(), _Tally()
    for title, text in texts:
        said, told = ([number[w] for w in words(part)] for part in (title, text))
        titles.add(said)
        whole.add(said * TITLE_WEIGHT + told)
    vocabulary = sorted(number)
    column = np.empty(len(vocabulary), dtype=np.int32)
    column[[number[w] for w in vocabulary]] = np.arange(len(vocabulary))
    return Corpus(whole.counts(column), titles.counts(column), vocabulary)


class _Tally:
    """The words of cases by number, one after the other, and where each case ends."""

    def __init__(self) -> None:
        self.words, self.ends = array("i"), array("q", [0])

    def add(self, words: list[int]) -> None:
        self.words.extend(words)
        self.ends.append(len(self.words))

    def counts(self, column: np.ndarray) -> sp.csr_matrix:
        """Return cases × words (float32), a word's place given by its number."""
        places = column[np.frombuffer(self.words, np.int32)] if len(self.words) else np.empty(0, np.int32)
        shape = (len(self.ends) - 1, len(column))
        found = sp.csr_matrix((np.ones(len(places), np.float32), places, np.array(self.ends)), shape)
        found.sum_duplicates()
        return found


def count_words_in(texts: Sequence[tuple[str | None, str | None]], vocabulary: list[str]) -> sp.csr_matrix:
    """Count the words of further cases over a vocabulary known already."""
    counter = CountVectorizer(analyzer=lambda p: words(p[0]) * TITLE_WEIGHT + words(p[1]), vocabulary=vocabulary)
    return counter.transform(texts).astype(np.float32).tocsr()
