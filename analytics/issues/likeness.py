"""How likely two cases are the same concrete matter: what they say, where, and when.

The log-odds add up what speaks for and against it, as in record linkage (Fellegi and Sunter 1969): shared rare
words, the one's title said again in the other, another district named, days between. The weights are round
numbers, chosen on two ledgers of real messages and the demo's together (docs/issue-types.md); none is fitted to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from analytics.issues.letters import letter_sets
from analytics.issues.space import unit_rows
from analytics.issues.texts import districts

Texts = Sequence[tuple[str | None, str | None]]


@dataclass(frozen=True)
class Weights:
    """Log-odds: of two cases that share ``nothing``, before anything else is known of them; what a cosine of 1 of their ``words``
    adds, and that all of either's ``titles`` is said in the other; what it takes away that they name other districts
    (``elsewhere``), and each e-fold of the days between them, or of the cases between them at CASES_A_DAY (``later``): the more came
    between, the more others it may be."""

    nothing: float = -4.6
    words: float = 14.0
    titles: float = 8.0
    elsewhere: float = -4.2
    later: float = -0.6


USUAL = Weights()
#: Answers may move a weight by about this share of itself: they are few, and all of pairs in doubt.
MOVES = 0.05
NEWTON_STEPS = 20
CASES_A_DAY = 6.0
#: Less likely pairs count as unlike.
LEAST = 0.05
#: A word, or a set of letters, that a larger share of cases has tells no matter from another.
COMMONEST_WORD, COMMONEST_SET = 0.2, 0.1
#: A title that says so little (sum of idf) isn't covered by a word or two.
SHORT_TITLE = 5.0
#: Districts are named at the beginning.
READ = 300
BLOCK = 1000
#: Among so few cases everything may be common.
FEW = 30


@dataclass(frozen=True)
class Features:
    """Of cases: unit ``words``, ``titles`` (shares of the title's letter sets), ``letters`` (0/1), ``places`` (0/1), ``days`` and
    ``turns`` (place among all cases by time, in days of CASES_A_DAY)."""

    words: sp.csr_matrix
    titles: sp.csr_matrix
    letters: sp.csr_matrix
    places: sp.csr_matrix
    days: np.ndarray
    turns: np.ndarray


def rarity(presence: sp.csr_matrix, commonest: float = COMMONEST_WORD) -> np.ndarray:
    """Return the idf of every column, 0 for one that only one case has, or a larger share of them than ``commonest``."""
    cases = presence.shape[0]
    spread = np.bincount(presence.indices, minlength=presence.shape[1]).astype(float)
    counted = (spread > 1) & (spread <= max(commonest * cases, FEW))
    weights: np.ndarray = np.where(counted, np.log((cases + 1) / np.maximum(spread, 1)), 0.0)
    return weights


def word_rows(counts: sp.csr_matrix, weights: np.ndarray) -> sp.csr_matrix:
    """Return unit rows of (1 + log count) × weight."""
    known = counts.astype(np.float32).copy()
    known.data = (1 + np.log(known.data)).astype(np.float32)
    rows = known @ sp.diags_array(weights.astype(np.float32)).tocsr()
    rows.eliminate_zeros()
    return unit_rows(rows).tocsr()


def features(counts: sp.csr_matrix, weights: np.ndarray, texts: Texts, at: np.ndarray) -> Features:
    """Return what likeness is told by, of cases: word counts and the words' rarity, (title, text) pairs, times (datetime64)."""
    words = word_rows(counts, weights)
    titles, letters = letter_sets(texts)
    weights = rarity(letters, COMMONEST_SET)
    used = np.flatnonzero(weights)
    letters, weighed = letters[:, used], (titles[:, used] @ sp.diags_array(weights[used].astype(np.float32))).tocsr()
    said = np.asarray(weighed.sum(axis=1)).ravel() + SHORT_TITLE
    shares = (sp.diags_array((1 / said).astype(np.float32)) @ weighed).tocsr()
    days = at.astype("datetime64[s]").astype(np.float64) / 86400
    turns = np.argsort(np.argsort(at, kind="stable"), kind="stable") / CASES_A_DAY
    return Features(words, shares, letters.tocsr(), _places(texts), days, turns)


def _places(texts: Texts) -> sp.csr_matrix:
    named = [districts(title) | districts((content or "")[:READ]) for title, content in texts]
    number = {name: i for i, name in enumerate(sorted(frozenset().union(*named)))}
    rows = np.repeat(np.arange(len(named)), [len(n) for n in named])
    columns = np.array([number[n] for names in named for n in sorted(names)], dtype=np.int64)
    return sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), (len(named), max(len(number), 1)))


def likely_pairs(of: Features, weights: Weights = USUAL) -> sp.csr_matrix:
    """Return how likely each two cases are one matter (symmetric, float32; pairs under LEAST and the diagonal left out).

    Most pairs share too little to be likely whatever place and time say, so those are asked of the others only.
    """
    cases = of.words.shape[0]
    words, titles, letters = (m.T.tocsc() for m in (of.words, of.titles, of.letters))
    least = np.log(LEAST / (1 - LEAST))
    blocks = []
    for start in range(0, cases, BLOCK):
        here = slice(start, min(start + BLOCK, cases))
        odds = weights.words * (of.words[here] @ words).toarray()
        odds += weights.titles / 2 * ((of.titles[here] @ letters) + (of.letters[here] @ titles)).toarray()
        row, column = np.nonzero(odds >= least - weights.nothing)
        elsewhere, apart = _place_and_time(of, row + start, column)
        likely = odds[row, column] + weights.nothing + weights.elsewhere * elsewhere + weights.later * apart
        kept = (likely >= least) & (row + start != column)
        share = 1 / (1 + np.exp(-likely[kept]))
        blocks.append(sp.csr_matrix((share.astype(np.float32), (row[kept], column[kept])), odds.shape))
    return sp.vstack(blocks).tocsr() if blocks else sp.csr_matrix((0, 0), dtype=np.float32)


def _place_and_time(of: Features, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of pairs of cases whether they name other districts (0/1), and the logarithm of the days between them."""
    named = np.diff(of.places.indptr) > 0
    both = np.flatnonzero(named[one] & named[other])
    shared = of.places[one[both]].multiply(of.places[other[both]]).sum(axis=1)
    elsewhere = np.zeros(len(one))
    elsewhere[both] = np.asarray(shared).ravel() == 0
    apart = np.maximum(np.abs(of.days[one] - of.days[other]), np.abs(of.turns[one] - of.turns[other]))
    return elsewhere, np.log1p(apart)


def learned(of: Features, one: np.ndarray, other: np.ndarray, same: np.ndarray) -> Weights:
    """Return the weights after people told of pairs of cases whether they are the ``same`` matter (0/1).

    Logistic regression whose prior is the usual weights (Gaussian, MOVES of each as standard deviation), by Newton's method.
    """
    if not len(one):
        return USUAL
    by_words = np.asarray(of.words[one].multiply(of.words[other]).sum(axis=1)).ravel()
    covered = of.titles[one].multiply(of.letters[other]) + of.letters[one].multiply(of.titles[other])
    by_titles = np.asarray(covered.sum(axis=1)).ravel() / 2
    told = np.column_stack([np.ones(len(one)), by_words, by_titles, *_place_and_time(of, one, other)])
    usual = np.array([USUAL.nothing, USUAL.words, USUAL.titles, USUAL.elsewhere, USUAL.later])
    firm, now = 1 / (MOVES * np.abs(usual)) ** 2, usual.copy()
    for _ in range(NEWTON_STEPS):
        share = 1 / (1 + np.exp(-told @ now))
        slope = told.T @ (share - same) + firm * (now - usual)
        bend = (told.T * (share * (1 - share))) @ told + np.diag(firm)
        now = now - np.linalg.solve(bend, slope)
    return Weights(*now.tolist())
