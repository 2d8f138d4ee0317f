"""Groups grown from pairs: the likest two are joined first, until no two are like enough.

The likeness of two groups is the sum over all pairs between them, divided by the root of the same sums
within each: the cosine of the groups' means in the space of that likeness. A matter told in many words is
loose within, and asks no more of a newcomer than of its own; a tight one asks more.

What people have said of two rows holds: ``together`` are joined first, ``apart`` never come into one group.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

Two = tuple[int, int]
#: Groups that were joined under, or left apart over, so great a likeness are in doubt.
SURE_APART, SURE_ONE = 0.05, 0.75


@dataclass(frozen=True)
class Doubt:
    """Two groups (their rows) that were ``joined``, or left apart, at a likeness that leaves it open."""

    one: tuple[int, ...]
    other: tuple[int, ...]
    likeness: float
    joined: bool
    #: Pairs of rows that an answer may change: all between the two, by how likely they were wrongly joined or left apart.
    weight: float


@dataclass
class Growth:
    """Groups as they grow: each is known by a row of it; sums of pairs ``beside`` others and ``within``, who may not be joined."""

    beside: list[dict[int, float]]
    within: list[float]
    against: dict[int, set[int]] = field(default_factory=dict)
    into: list[int] = field(default_factory=list)
    turn: list[int] = field(default_factory=list)
    #: Of each group the number of the join that made it, its own row for one alone; of each join its two parts and likeness.
    made_by: list[int] = field(default_factory=list)
    joins: list[tuple[int, int, float]] = field(default_factory=list)
    #: So many of the joins were asked for; the others were chosen.
    said: int = 0

    @classmethod
    def of(cls, pairs: sp.csr_matrix, apart: Sequence[Two]) -> Growth:
        upper, rows = sp.triu(pairs, 1).tocoo(), pairs.shape[0]
        order = np.lexsort((upper.col, upper.row))
        growth = cls([{} for _ in range(rows)], [1.0] * rows)
        for a, b, s in zip(*(v[order].tolist() for v in (upper.row, upper.col, upper.data.astype(float))), strict=True):
            growth.beside[a][b] = growth.beside[b][a] = s
        for a, b in apart:
            growth.against.setdefault(a, set()).add(b)
            growth.against.setdefault(b, set()).add(a)
        growth.into, growth.turn, growth.made_by = list(range(rows)), [0] * rows, list(range(rows))
        return growth

    def like(self, a: int, c: int) -> float:
        return self.beside[a].get(c, 0.0) / (self.within[a] * self.within[c]) ** 0.5

    def barred(self, a: int, b: int) -> bool:
        return a in self.against and b in self.against[a]

    def root(self, row: int) -> int:
        while self.into[row] != row:
            row = self.into[row]
        return row

    def join(self, a: int, b: int) -> int:
        """Make two groups one; returns the row by which it is known."""
        if len(self.beside[a]) < len(self.beside[b]):
            a, b = b, a
        self.joins.append((self.made_by[a], self.made_by[b], self.like(a, b)))
        self.made_by[a] = len(self.into) + len(self.joins) - 1
        self.into[b], self.turn[b], self.turn[a] = a, -1, self.turn[a] + 1
        self.within[a] += self.within[b] + 2 * self.beside[a].pop(b, 0.0)
        mine, theirs, self.beside[b] = self.beside[a], self.beside[b], {}
        theirs.pop(a, None)
        for c, s in theirs.items():
            mine[c] = mine.get(c, 0.0) + s
            self.beside[c].pop(b)
            self.beside[c][a] = mine[c]
        for c in self.against.pop(b, ()):
            self.against[c].discard(b)
            self.against[c].add(a)
            self.against.setdefault(a, set()).add(c)
        return a

    def grow(self, least: float) -> None:
        """Join the likest two while any are at least so like. Equal ones: the earlier rows first."""
        queue = [
            (-like, a, b, self.turn[a], self.turn[b])
            for a, own in enumerate(self.beside)
            for b in own
            if a < b and (like := self.like(a, b)) >= least
        ]
        heapq.heapify(queue)
        while queue:
            _, a, b, turn_a, turn_b = heapq.heappop(queue)
            if self.turn[a] != turn_a or self.turn[b] != turn_b or self.barred(a, b):  # one of them has changed since
                continue
            a = self.join(a, b)
            within, mine = self.within, self.within[a]
            for c, s in self.beside[a].items():
                like = s / (mine * within[c]) ** 0.5
                if like >= least:
                    first, second = (a, c) if a < c else (c, a)
                    heapq.heappush(queue, (-like, first, second, self.turn[first], self.turn[second]))

    def groups(self) -> np.ndarray:
        """Return each row's group, numbered by their first row."""
        found = np.array([self.root(row) for row in range(len(self.into))], dtype=np.int64)
        _, first, number = np.unique(found, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.argsort(first)] = np.arange(len(first))
        return rank[number]

    def members(self, part: int) -> tuple[int, ...]:
        """Return the rows of what a join has made, or of one alone."""
        rows, open_parts = [], [part]
        while open_parts:
            part = open_parts.pop()
            if part < len(self.into):
                rows.append(part)
            else:
                open_parts += self.joins[part - len(self.into)][:2]
        return tuple(sorted(rows))

    def doubts(self, most: int, least: float) -> list[Doubt]:
        """Return the pairs of groups of which to know would change most, the weightiest first."""
        told = [(*j, True) for j in self.joins[self.said :] if j[2] < SURE_ONE]
        for a, own in enumerate(self.beside):
            far = [c for c in own if a < c and not self.barred(a, c) and self.like(a, c) >= SURE_APART]
            told += [(self.made_by[a], self.made_by[c], self.like(a, c), False) for c in far]
        sizes = [1] * len(self.into)
        for one, other, _ in self.joins:
            sizes.append(sizes[one] + sizes[other])
        weight = [sizes[a] * sizes[b] * open_to(like, least, joined) for a, b, like, joined in told]
        best = sorted(range(len(told)), key=lambda i: (-weight[i], told[i]))[:most]
        return [Doubt(self.members(told[i][0]), self.members(told[i][1]), *told[i][2:], weight[i]) for i in best]


#: How quickly doubt goes with the distance from the cut.
SHARPNESS = 10.0


def open_to(likeness: float, least: float, joined: bool) -> float:
    """Return how likely it is that two groups were wrongly joined, or wrongly left apart."""
    one = 1 / (1 + float(np.exp(-SHARPNESS * (likeness - least))))
    return 1 - one if joined else one


def grown(pairs: sp.csr_matrix, least: float, together: Sequence[Two] = (), apart: Sequence[Two] = ()) -> Growth:
    """Grow groups of the rows of a symmetric matrix of likenesses (0–1, own ones left out).

    Two groups are joined while their likeness (see above) is at least ``least``; rows ``together`` before all others, rows ``apart``
    never.
    """
    growth = Growth.of(pairs, apart)
    for a, b in together:
        one, other = growth.root(a), growth.root(b)
        if one != other and not growth.barred(one, other):
            growth.join(one, other)
    growth.said = len(growth.joins)
    growth.grow(least)
    return growth
