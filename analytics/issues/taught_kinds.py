"""Kinds as people teach them: what they put together stays so, and what is like it follows.

Answers put a matter or a single case into one kind with another, or into a kind of its own. Whatever the runs of ``consensus``
nearly always put together with an answered one follows it; the rest is told by a ridge regression on both likenesses
(words and letters; shares of runs), in which answers weigh most and what was found unaided least.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.kernel_ridge import KernelRidge

from analytics.issues.space import unit_rows

#: How much what was found unaided, what follows an answer, and an answer weigh; and how much the regression is smoothed.
FOUND, FOLLOWS, ANSWERED, SMOOTH = 0.3, 1.0, 3.0, 0.3


def as_taught(
    group: np.ndarray, piece: np.ndarray, vectors: np.ndarray, alike: np.ndarray, answers: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's group after ``answers``, and which units' groups are told or follow from what was told.

    ``group``, ``piece`` (0 …, -1: of none), ``vectors``, ``alike`` (units × units): of the units; ``answers``: two units that are of one
    kind, or one and -1: of a kind of its own. The first unit of a group that
    others were told to be like stands for it: the group is of that unit's kind.
    """
    root = _roots(len(group), answers)
    told = np.unique([u for answer in answers for u in answer if u >= 0])
    placed, stands = {a for a, _ in answers}, dict[int, int]()
    for _, unit in answers:
        if unit >= 0 and group[unit] >= 0 and unit not in placed:  # what was itself put elsewhere stands for no group
            stands.setdefault(int(group[unit]), int(root[unit]))
    label = np.array([stands.get(g, len(group) + g) if g >= 0 else -1 for g in group])
    weight = np.where(group >= 0, FOUND, 0.0)
    for p in np.unique(piece[told]):
        inside = np.flatnonzero(piece == p) if p >= 0 else told[piece[told] < 0]
        known = told[np.isin(told, inside)]
        label[inside] = root[known[alike[np.ix_(inside, known)].argmax(axis=1)]]
        weight[inside] = FOLLOWS
    label[told], weight[told] = root[told], ANSWERED
    firm = weight >= FOLLOWS
    used = np.flatnonzero(weight > 0)
    classes, number = np.unique(label[used], return_inverse=True)
    side_by_side = unit_rows(alike)
    likeness = (vectors @ vectors.T + side_by_side @ side_by_side.T)[:, used]
    model = KernelRidge(alpha=SMOOTH, kernel="precomputed")
    model.fit(likeness[used], np.eye(len(classes))[number], sample_weight=weight[used])
    guessed = classes[model.predict(likeness).argmax(axis=1)]
    final = np.where(firm, label, np.where(group >= 0, guessed, -1))
    _, compact = np.unique(final, return_inverse=True)
    return np.where(final >= 0, compact - (final.min() < 0), -1), firm


def _roots(units: int, answers: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return the first unit of all that answers put together, for each unit."""
    root = np.arange(units)
    for a, b in answers:
        if b >= 0 and root[a] != root[b]:
            low, high = sorted((root[a], root[b]))
            root[root == high] = low
    return root
