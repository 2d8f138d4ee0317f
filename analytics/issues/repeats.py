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


def repeats_of(counts: sp.csr_matrix, sender: pd.Series, at: np.ndarray) -> np.ndarray:
    """Return for each case the row of the first case that it repeats, -1 where it repeats none.

    ``sender`` is None where unknown; ``at`` are times (datetime64).
    """
    first = np.full(counts.shape[0], -1, dtype=np.int64)
    spread = np.bincount(counts.indices, minlength=counts.shape[1])
    rows = weighted(counts, np.log((1 + counts.shape[0]) / (1 + spread)) + 1)
    order = np.argsort(at, kind="stable")
    known = sender.iloc[order]
    known = known[known.notna() & (known != "")]
    places = pd.Series(order, index=order).loc[known.index.to_numpy()] if len(known) else pd.Series(dtype=np.int64)
    for _, group in places.groupby(known.to_numpy(), sort=False):
        if 1 < len(group) <= MOST_CASES:
            _link(rows, at, group.to_numpy(), first)
    return first


def _link(rows: sp.csr_matrix, at: np.ndarray, mine: np.ndarray, first: np.ndarray) -> None:
    soon = at[mine][None, :] - at[mine][:, None] <= WITHIN
    alike = np.triu(((rows[mine] @ rows[mine].T).toarray() >= SAME) & soon, k=1)
    for later in np.flatnonzero(alike.any(axis=0)):
        earlier = mine[int(alike[:, later].argmax())]
        first[mine[later]] = first[earlier] if first[earlier] >= 0 else earlier
