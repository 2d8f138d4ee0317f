"""The cards of a store joined with the current findings: present type, present name, effect of the remedy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from analytics.issues import Findings, IssueDesk
from analytics.ledger import Ledger
from analytics.remedies.cards import Card, CardBook, now_is
from analytics.remedies.effect import Effect, Remedy, measured
from analytics.remedies.stages import OPEN
from analytics.store import Store


@dataclass(frozen=True)
class Board:
    """Cards with, by card id, the present type (None where it no longer exists) and its present name."""

    cards: tuple[Card, ...]
    types: dict[str, str | None]
    names: dict[str, str]

    @property
    def treated(self) -> frozenset[str]:
        """Types whose remedies are or were in force; they are left out of every comparison."""
        return frozenset(t for c in self.cards if c.was_in_force and (t := self.types[c.id]))

    @property
    def taken(self) -> frozenset[str]:
        """The types that are on the board and not given up."""
        return frozenset(t for c in self.cards if c.stage in (*OPEN, "closed") and (t := self.types[c.id]))

    def remedy(self, card: Card) -> Remedy | None:
        """Return what a card's effect is measured by; None before a remedy is in force."""
        type_id, day = self.types[card.id], card.day("effective_on")
        if type_id is None or day is None or not card.in_force:
            return None
        return Remedy(type_id, day, card.where)


def board(cards: list[Card], found: Findings | None) -> Board:
    """Return the cards with their present types; without findings, under the names they were taken up with."""
    types = {c.id: now_is(c, found) if found else None for c in cards}
    names = {c.id: found.name_of(t) if found and (t := types[c.id]) else c.name for c in cards}
    return Board(tuple(cards), types, names)


def board_of(ledger: Ledger) -> tuple[Board, Findings | None]:
    """Return the board as it stood at the ledger's as-of (at the newest one: as it stands) and the findings."""
    store = Store(ledger.folder)
    before = ledger.as_of if ledger.as_of < ledger.snapshot.as_of else None
    found = IssueDesk(store).findings(ledger) if ledger.issues else None
    return board(CardBook(store).cards(before), found), found


def effects(ledger: Ledger, found: Findings | None, shown: Board) -> Iterator[tuple[Card, Effect]]:
    """Measure the remedies in force at the ledger's as-of, one after another."""
    if found is None or not ledger.issues:
        return
    for card in shown.cards:
        if effect := effect_of(ledger, found, shown, card):
            yield card, effect


def effect_of(ledger: Ledger, found: Findings, shown: Board, card: Card) -> Effect | None:
    """Return the effect of a card's remedy, measured once; None where none is in force yet."""
    remedy = shown.remedy(card)
    if remedy is None or remedy.day >= ledger.as_of.date():
        return None
    return measured_once(ledger.whole, found, remedy, shown.treated)


@lru_cache(maxsize=500)
def measured_once(ledger: Ledger, found: Findings, remedy: Remedy, treated: frozenset[str]) -> Effect:
    """Measure a remedy (see effect.measured), and only once for a ledger and its findings."""
    return measured(ledger, found, remedy, treated)


def as_of_day(ledger: Ledger) -> dt.date:
    """Return the last day the ledger knows of: cards are late by it."""
    return (ledger.as_of - dt.timedelta(microseconds=1)).date()
