"""What people have decided, as later runs must respect it: pinned, merged and split types."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.issues.answers import Answer, answers_of
from analytics.store.decisions import Decision


@dataclass
class Constraints:
    """``merged``: id → the id it was merged into; ``pinned``: ids whose cases must stay;
    ``splits``: new id → (the id it came from, its cases); ``answers``: what people answered when asked."""

    merged: dict[str, str] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=set)
    splits: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    @classmethod
    def of(cls, decisions: list[Decision]) -> Constraints:
        """Read the constraints off the decisions in force, in their order."""
        result = cls(answers=answers_of(decisions))
        for d in decisions:
            if d.kind == "merge":
                result.merged |= {str(i): d.target for i in _strings(d.detail["ids"]) if i != d.target}
            elif d.kind == "pin":
                result.pinned.add(d.target)
            elif d.kind == "split":
                result.splits[str(d.detail["new"])] = (d.target, frozenset(_strings(d.detail["cases"])))
        return result

    def root(self, id: str) -> str:
        """Return the id under which a group is shown after all merges."""
        seen = set()
        while id in self.merged and id not in seen:
            seen.add(id)
            id = self.merged[id]
        return id

    def held(self, own: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Keep every case of a pinned type where it was."""
        stay = np.array([b is not None and (b in self.pinned or self.root(b) in self.pinned) for b in before])
        return np.where(stay, before, own) if len(own) else own

    def parted(self, own: np.ndarray, before: np.ndarray, case_no: pd.Series, vectors: np.ndarray) -> np.ndarray:
        """Give the cases of a split to their side, and new cases to the side they are more like."""
        own = own.copy()
        for new, (old, cases) in self.splits.items():
            chosen = case_no.isin(cases).to_numpy()
            own[chosen] = new
            rest = own == old
            # A case decided once stays on its side; a case not seen before goes by likeness.
            own[rest & (before == new)] = new
            fresh = rest & np.array([b not in (old, new) for b in before])
            if fresh.any() and chosen.any() and (rest & ~fresh).any():
                sides = np.vstack([vectors[chosen].mean(axis=0), vectors[rest & ~fresh].mean(axis=0)])
                sides /= np.linalg.norm(sides, axis=1, keepdims=True).clip(1e-9)
                nearer = (vectors[fresh] @ sides.T).argmax(axis=1) == 0
                own[np.flatnonzero(fresh)[nearer]] = new
        return own

    def joined(self, id: str, came_from: str | None) -> str | None:
        """Return the type that a new group belongs to by a decision: it came out of a merged or pinned one."""
        if came_from is None or came_from == id:
            return None
        root = self.root(came_from)
        fixed = root in self.pinned or root in self.merged.values()
        return root if fixed and root != id and self.root(id) != root else None


def _strings(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else []
