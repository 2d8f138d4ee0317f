"""What a text is written with, letter by letter: words cut or written another way stay alike.

A name of an estate or a firm is in no dictionary: it is cut differently from text to text, written with
a like-sounding character, or turned round (巴辛, 辛巴). Single characters and the sets of two and three
that stand side by side see it all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues.texts import bare

#: More of a text tells the same again.
READ = 1500
_FIRST, _LAST = 0x3400, 0x9FFF
_RADIX = 1 << 16


def letter_sets(texts: Sequence[tuple[str | None, str | None]]) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Return which letter sets stand in the title, and which in title or text (cases × sets, float32 0/1).

    A set is a character, or two or three side by side, their order forgotten. Sets that stand in no title are
    left out, since likeness asks for those of titles only, and so are sets of one case: nothing shares them.
    """
    title_of, title_set = _runs([bare(t) for t, _ in texts])
    text_of, text_set = _runs([bare(c)[:READ] for _, c in texts])
    number, kept = pd.factorize(title_set)
    place = pd.Index(kept).get_indexer(text_set)
    in_title = place >= 0
    titles = _present(title_of, number, len(texts), len(kept))
    whole = _present(
        np.concatenate([title_of, text_of[in_title]]), np.concatenate([number, place[in_title]]), len(texts), len(kept)
    )
    shared = np.flatnonzero(np.bincount(whole.indices, minlength=len(kept)) > 1)
    return titles[:, shared], whole[:, shared]


def letter_pairs(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (text, pair) of all characters side by side, in order: the texts' rows and int64 keys of the pairs."""
    letters, of = _letters(texts)
    together = (of[1:] == of[:-1]) & (letters[1:] > 0) & (letters[:-1] > 0)
    return of[1:][together], (letters[:-1] * _RADIX + letters[1:])[together]


def _letters(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the code points of all texts, one after the other (0: no letter), and whose each is."""
    codes = np.frombuffer("".join(f"{t} " for t in texts).encode("utf-32-le"), np.uint32).astype(np.int64)
    of = np.repeat(np.arange(len(texts)), [len(t) + 1 for t in texts])
    letter = ((codes >= _FIRST) & (codes <= _LAST)) | ((codes >= ord("a")) & (codes <= ord("z")))
    return np.where(letter, codes, 0), of


def _runs(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (text, key) of every set of one, two and three letters side by side."""
    letters, of = _letters(texts)
    rows, keys = [], []
    for size in (1, 2, 3):
        end = max(len(letters) - size + 1, 0)
        side = np.sort(np.stack([letters[i : i + end] for i in range(size)]), axis=0)
        kept = side[0] > 0  # a space ends each text, so no run goes from one into the next
        key = np.zeros(end, np.int64)
        for line in side:
            key = key * _RADIX + line
        rows.append(of[:end][kept])
        keys.append(key[kept])
    return np.concatenate(rows), np.concatenate(keys)


def _present(row: np.ndarray, column: np.ndarray, rows: int, columns: int) -> sp.csr_matrix:
    found = sp.csr_matrix((np.ones(len(row), np.float32), (row, column)), (rows, columns))
    found.sum_duplicates()
    found.data[:] = 1
    return found
