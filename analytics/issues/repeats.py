"""重复诉求: the same sender says nearly the same again. Linked to the first, shown and counted like any other, but not when it is judged whether something rises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues.space import weighted

#: Cosine of words from which two cases of one sender are the same said again.
SAME = 0.85
#: Said again later than this, it is a new case.
WITHIN = np.timedelta64(30, "D")
#: A "sender" with more cases than this is a placeholder (匿名), not a sender.
MOST_CASES = 2000
#: So many pairs are compared at a time.
AT_ONCE = 100_000


def repeats_of(counts: sp.csr_matrix, sender: pd.Series, at: np.ndarray) -> np.ndarray:
    """Return for each case the row of the first case that it repeats, -1 where it repeats none.

    ``sender`` is None where unknown; ``at`` are times (datetime64).
    """
    first = np.full(counts.shape[0], -1, dtype=np.int64)
    spread = np.bincount(counts.indices, minlength=counts.shape[1])
    rows = weighted(counts, np.log((1 + counts.shape[0]) / (1 + spread)) + 1)
    known = np.flatnonzero((sender.notna() & (sender != "")).to_numpy())
    known = known[np.argsort(at[known], kind="stable")]
    who = pd.factorize(sender.iloc[known])[0]
    known, who = (values[np.argsort(who, kind="stable")] for values in (known, who))
    earlier, later = _soon_after(at[known], who)
    for start in range(0, len(earlier), AT_ONCE):
        one, other = (known[pairs[start : start + AT_ONCE]] for pairs in (earlier, later))
        alike = np.asarray(rows[one].multiply(rows[other]).sum(axis=1)).ravel() >= SAME
        for before, after in zip(one[alike].tolist(), other[alike].tolist(), strict=True):
            if first[after] < 0:
                first[after] = first[before] if first[before] >= 0 else before
    return first


def _soon_after(at: np.ndarray, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of each two cases of one sender WITHIN of one another, by the later and then the earlier one.

    ``at``, ``who``: of cases sorted by sender and time.
    """
    cases = np.bincount(who)[who] if len(who) else who
    # Each sender's times lie in a span of their own, so that one search finds where the last 30 days begin.
    begun = np.searchsorted(who, who, side="left")
    stamp = at.astype("datetime64[s]").astype(np.int64)
    stamp = stamp - stamp.min(initial=0)
    span = int(stamp.max(initial=0)) + int(WITHIN.astype("timedelta64[s]").astype(int)) + 1
    axis = who * span + stamp
    since = np.maximum(np.searchsorted(axis, axis - int(WITHIN.astype("timedelta64[s]").astype(int))), begun)
    many = np.where(cases <= MOST_CASES, np.arange(len(who)) - since, 0)
    later = np.repeat(np.arange(len(who)), many)
    earlier = np.arange(len(later)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(since, many)
    return earlier, later
