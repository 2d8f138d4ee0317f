"""What to ask people: the answers that would change most of what was found.

A run keeps some questions of each kind; ``next_questions`` gives the ten that are asked now, those answered left out. A
question on a matter is worth the pairs of cases that its answer may change; one on a kind the cases that would move with its
answer; one on a name the cases of the type that bears it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analytics.issues.answers import KIND, MATTER, NAME, answers_of
from analytics.issues.findings import Findings

if TYPE_CHECKING:
    from analytics.issues.found import Found

ASKED = 10
#: Of the ten so many are on matters, on kinds and on names, while there are so many.
SHARES = {MATTER: 4, KIND: 4, NAME: 2}
#: A run keeps so many questions on kinds; each offers so many kinds to choose from.
MOST_KEPT, OFFERED = 60, 6


@dataclass(frozen=True)
class Question:
    """``one``: a case (MATTER, KIND) or an id (NAME); ``other``: the second case, or the name; ``offered``: (type, its typical case) to
    choose from; ``joined``: the two cases are one matter as things stand; ``worth``: see above."""

    ask: str
    one: str
    other: str
    offered: tuple[tuple[str, str], ...] = ()
    joined: bool = False
    worth: float = 0.0


def questions_of(found: Found, ids: Sequence[str], typical: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
    """Return the questions that a run keeps, on matters and then on kinds, as they stand in its card.

    ``ids`` of the kinds, and the numbers of their ``typical`` cases.
    """
    numbers = found.texts["case_no"].to_numpy(object)
    matters: list[dict[str, object]] = [
        {
            "ask": MATTER,
            "one": str(numbers[d.one]),
            "other": str(numbers[d.other]),
            "joined": d.joined,
            "worth": round(d.worth, 2),
        }
        for d in found.doubts
    ]
    return matters + _on_kinds(found, ids, typical, numbers)


def _on_kinds(
    found: Found, ids: Sequence[str], typical: Mapping[str, Sequence[str]], numbers: np.ndarray
) -> list[dict[str, object]]:
    """Ask of each large piece of a kind, by its middle case, where it belongs: its own kind is offered first, then the nearest."""
    asked: list[dict[str, object]] = []
    known = np.array(sorted({r for two in found.told.kinds for r in two if r >= 0}), dtype=np.int64)
    for piece, cases in _pieces(found):
        rows = np.flatnonzero(found.piece == piece)
        vectors = found.vectors[rows].astype(np.float32)
        row = rows[int((vectors @ vectors.sum(axis=0)).argmax())]
        like = found.kinds.centres @ found.vectors[row].astype(np.float32)
        own = int(found.kind[row])
        if own >= 0:
            like[own] = np.inf  # first, so that a person moves a piece only where its own kind is wrong
        near = [int(k) for k in np.argsort(-like, kind="stable")[:OFFERED]]
        # A kind is told by a case that people put into it, else by its typical one that is not asked of itself.
        shown = {k: [*map(str, numbers[known[found.kind[known] == k]]), *typical[ids[k]]] for k in near}
        stands = [(ids[k], next((c for c in shown[k] if c != numbers[row]), "")) for k in near]
        offered = [[id, case] for id, case in stands if case]
        asked.append({"ask": KIND, "one": str(numbers[row]), "other": "", "offered": offered, "worth": float(cases)})
    return asked


def _pieces(found: Found) -> list[tuple[int, int]]:
    """Return the largest pieces (number, cases) of which nothing has been said yet, large first."""
    unit = np.where(found.matter >= 0, found.matter, found.matter.max(initial=-1) + 1 + np.arange(len(found.matter)))
    sizes = np.bincount(unit)
    known = np.flatnonzero(found.piece >= 0)
    _, first = np.unique(unit[known], return_index=True)
    once = known[first]
    cases = np.bincount(found.piece[once], weights=sizes[unit[once]]).astype(int) if len(once) else np.zeros(0, int)
    said = {r for two in found.told.kinds for r in two if r >= 0}
    cases[list({int(found.piece[r]) for r in said if found.piece[r] >= 0})] = 0
    order = np.argsort(-cases, kind="stable")[:MOST_KEPT]
    return [(int(p), int(cases[p])) for p in order if cases[p] > 0]


def next_questions(found: Findings, ask: str = "", most: int = ASKED) -> list[Question]:
    """Return the questions that help most now, ``most`` at most: of one kind (``ask``), or of each in turn by its share, the worthiest first."""
    answered = {(a.ask, frozenset((a.one, a.other)) if a.ask == MATTER else a.one) for a in answers_of(found.decisions)}
    open_now: dict[str, list[Question]] = {MATTER: [], KIND: [], NAME: _on_names(found)}
    kept = found.run.card.get("questions")
    for told in kept if isinstance(kept, list) else []:
        offered = tuple((str(id), str(case)) for id, case in told.get("offered", ()))
        question = Question(
            told["ask"], told["one"], told["other"], offered, bool(told.get("joined")), float(told["worth"])
        )
        open_now[question.ask].append(question)
    left = {
        kind: [q for q in own if (q.ask, frozenset((q.one, q.other)) if q.ask == MATTER else q.one) not in answered]
        for kind, own in open_now.items()
    }
    if ask:
        return left[ask][:most]
    given = Counter(a.ask for a in answers_of(found.decisions))
    return _in_turn(left, given, most)


def _in_turn(left: dict[str, list[Question]], given: Counter[str], most: int) -> list[Question]:
    """Return questions of each kind by its share, those asked before counted in, so that a round brings all kinds."""
    chosen: list[Question] = []
    turn, place = Counter(given), Counter[str]()
    while len(chosen) < most and (open_kinds := [k for k in SHARES if place[k] < len(left[k])]):
        kind = min(open_kinds, key=lambda k: (turn[k] / SHARES[k], list(SHARES).index(k)))
        chosen.append(left[kind][place[kind]])
        place[kind] += 1
        turn[kind] += 1
    return chosen


def _on_names(found: Findings) -> list[Question]:
    """Ask of the automatic names of the largest types."""
    types = found.types[~found.types["confirmed"] & ~found.types["dismissed"]]
    return [Question(NAME, str(id), str(row["name"]), worth=float(row["cases"])) for id, row in types.iterrows()]
