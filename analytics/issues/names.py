"""What sets a group apart: its keywords, its most typical cases; and how equal names are told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

KEYWORDS = 8
TYPICAL = 3


def keywords(share: np.ndarray, usual: np.ndarray, vocabulary: Sequence[str]) -> list[str]:
    """Return the words that set a group apart, best first.

    ``share`` of the group's cases use a word, ``usual`` of all cases do; the worth of a word is
    share × log(share ÷ usual), class-based TF-IDF with its two parts as shares.
    """
    worth = share * _lift(share, usual)
    best = np.argsort(-worth, kind="stable")[:KEYWORDS]
    return [vocabulary[i] for i in best if worth[i] > 0]


def _lift(share: np.ndarray, usual: np.ndarray) -> np.ndarray:
    lift: np.ndarray = np.log(np.maximum(share, 1e-9) / np.maximum(usual, 1e-9)).clip(0)
    return lift


def typical(vectors: np.ndarray, rows: np.ndarray, how_many: int) -> np.ndarray:
    """Return the rows closest to the middle of a group, closest first."""
    middle = vectors[rows].astype(np.float32).mean(axis=0)
    order = np.argsort(-(vectors[rows].astype(np.float32) @ middle), kind="stable")
    return rows[order[:how_many]]


def why_here(
    counts: sp.csr_matrix, weights: np.ndarray, axes: np.ndarray, centre: np.ndarray, vocabulary: Sequence[str]
) -> list[str]:
    """Return the words of one case (a row) that drew it to a centre, strongest first."""
    row = counts.tocoo()
    pull = (1 + np.log(row.data)) * weights[row.col] * (centre @ axes[:, row.col])
    order = np.argsort(-pull, kind="stable")[:KEYWORDS]
    return [vocabulary[row.col[i]] for i in order if pull[i] > 0]


def told_apart(names: Sequence[str], more: Sequence[Sequence[str]]) -> list[str]:
    """Make names unique: a second one of the same words takes a keyword along, then a number."""
    taken: dict[str, int] = {}
    result = []
    for name, words_of in zip(names, more, strict=True):
        chosen = name or "、".join(words_of[:3]) or "未命名"
        if chosen in taken:
            extra = next((w for w in words_of if w not in chosen), "")
            chosen = f"{chosen}（{extra}）" if extra else chosen
        number = taken.get(chosen, 0)
        taken[chosen] = number + 1
        result.append(chosen if not number else f"{chosen} {number + 1}")
    return result
