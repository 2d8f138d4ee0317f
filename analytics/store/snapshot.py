"""One published state of the ledger, as its card tells it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from analytics.store.parts import Part


@dataclass(frozen=True)
class Snapshot:
    """One published state of the ledger; ``newest`` is the latest event in it."""

    id: str
    made_at: dt.datetime
    newest: dt.datetime | None
    cases: int
    synthetic: bool
    note: str
    batch: str | None
    #: The sealed files that it shares with other snapshots.
    parts: tuple[Part, ...] = ()
    #: What ``counted`` counts of all of it; none where an older program published it.
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def as_of(self) -> dt.datetime:
        """The instant just after the newest event: the default of every question."""
        return (self.newest or self.made_at).replace(microsecond=0) + dt.timedelta(seconds=1)

    def card(self) -> dict[str, object]:
        """Return the snapshot as its card names it."""
        newest = self.newest.isoformat() if self.newest else None
        told = {"newest": newest, "parts": [part.card() for part in self.parts], "counts": dict(self.counts)}
        return {**self.__dict__, "made_at": self.made_at.isoformat(), **told}

    @classmethod
    def of(cls, card: dict) -> Snapshot:
        """Read a snapshot from a card; raises KeyError, TypeError or ValueError for a damaged one."""
        at = {name: dt.datetime.fromisoformat(card[name]) if card[name] else None for name in ("made_at", "newest")}
        parts = tuple(Part.of(part) for part in card.get("parts", ()))
        counts = tuple(card.get("counts", {}).items())
        return cls(**{k: v for k, v in card.items() if k != "digest"} | at | {"parts": parts, "counts": counts})
