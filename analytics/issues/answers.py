"""What people answered when they were asked (教一教): facts about cases, so that they last whatever later runs find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.store.decisions import Decision

#: The kind of such a decision, and what is asked: one matter? which kind? a good name?
TEACH, MATTER, KIND, NAME = "teach", "matter", "kind", "name"


@dataclass(frozen=True)
class Answer:
    """``one`` and ``other`` are case numbers; ``yes``: they are one matter (MATTER), of one kind (KIND). KIND without ``other``: of none
    of the kinds that were offered. NAME: ``one`` is an id, ``other`` the name. None: who was asked could not tell."""

    ask: str
    one: str
    other: str
    yes: bool | None
    seq: int = 0

    @classmethod
    def of(cls, decision: Decision) -> Answer:
        told = decision.detail
        yes = told.get("yes")
        return cls(
            str(told["ask"]),
            decision.target,
            str(told.get("other") or ""),
            yes if yes is None else bool(yes),
            decision.seq,
        )


def answers_of(decisions: Iterable[Decision]) -> list[Answer]:
    """Return the answers in force, oldest first."""
    return [Answer.of(d) for d in decisions if d.kind == TEACH]


@dataclass(frozen=True)
class Said:
    """Answers as rows of a table of cases: two rows ``together`` in one matter, ``apart``, and of one kind (the second -1: none)."""

    together: tuple[tuple[int, int], ...] = ()
    apart: tuple[tuple[int, int], ...] = ()
    kinds: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, answers: Sequence[Answer], case_no: Iterable[object], first: np.ndarray) -> Said:
        """Read answers on cases ``case_no``; one that repeats another (``first``: its row, else -1) stands for that."""
        asked = {c for a in answers for c in (a.one, a.other)}
        place = (
            {str(c): int(first[i]) if first[i] >= 0 else i for i, c in enumerate(case_no) if c in asked}
            if asked
            else {}
        )
        two: dict[tuple[str, bool], list[tuple[int, int]]] = {}
        for a in answers:
            one, other = place.get(a.one, -1), place.get(a.other, -1)
            known = one >= 0 and one != other and (other >= 0 or (a.ask == KIND and not a.other))
            if a.yes is not None and known and a.ask in (MATTER, KIND):
                two.setdefault((a.ask, a.yes), []).append((one, other))
        kinds = two.get((KIND, True), []) + two.get((KIND, False), [])
        return cls(tuple(two.get((MATTER, True), ())), tuple(two.get((MATTER, False), ())), tuple(kinds))

    def among(self, rows: np.ndarray) -> Said:
        """Return what is said of some rows (sorted), by their places among them."""
        place = {int(r): i for i, r in enumerate(rows)} | {-1: -1} if self.rows.size else {}
        parts = (self.together, self.apart, self.kinds)
        return Said(*(tuple((place[a], place[b]) for a, b in two if a in place and b in place) for two in parts))

    @property
    def rows(self) -> np.ndarray:
        """Return every row of which something was said."""
        told = {r for two in (*self.together, *self.apart, *self.kinds) for r in two if r >= 0}
        return np.array(sorted(told), dtype=np.int64)
