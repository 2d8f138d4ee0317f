"""What pages ask of the board of remedies; cached as everything asked is, by the newest decision too."""

from __future__ import annotations

import pandas as pd

from analytics.issues import Findings
from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.metrics.slices import Where
from analytics.remedies import alike, levers, quality, saving, signs
from analytics.remedies.board import Board, board, board_of, measured_once
from analytics.remedies.cards import Card, CardBook
from analytics.remedies.effect import Effect, Remedy
from analytics.remedies.pending import Pending, pending
from analytics.remedies.series import Series, binned, daily
from analytics.remedies.step import weekly
from pages.common.asking import cached, cached_few, counted, counted_few, findings, store, viewer


def book() -> CardBook:
    """Return the cards of the store that is shown."""
    return CardBook(store(), viewer())


@cached_few
def _ask_board(ledger: Ledger, token: str, last: int) -> Board:
    return board(book().cards(), findings(ledger))


def ask_board(ledger: Ledger, found: Findings | None) -> Board:
    """Return the board beside the findings of now."""
    return _ask_board(ledger, found.token if found else "", book().last)


@counted
def _ask_waiting(ledger: Ledger, token: str, last: int) -> list[Pending]:
    return pending(ledger)


def ask_waiting(ledger: Ledger, found: Findings | None) -> tuple[Board, list[Pending]]:
    """Return the board as it stood at the ledger's as-of, and what on it waits for a decision."""
    token = found.token if found else ""
    return _ask_board_then(ledger, token, book().last), _ask_waiting(ledger, token, book().last)


@cached_few
def _ask_board_then(ledger: Ledger, token: str, last: int) -> Board:
    return board_of(ledger)[0]


@counted
def ask_effect(ledger: Ledger, token: str, remedy: Remedy, treated: frozenset[str]) -> Effect:
    """Measure one remedy (see effect.measured)."""
    return measured_once(ledger, _found(ledger), remedy, treated)


def ask_card(ledger: Ledger, found: Findings, shown: Board, card: Card) -> Effect | None:
    """Return the effect of a card's remedy; None where none is in force yet."""
    remedy = shown.remedy(card)
    if remedy is None or remedy.day >= ledger.as_of.date():
        return None
    effect: Effect = ask_effect(ledger, found.token, remedy, shown.treated)
    return effect


def ask_effects(ledger: Ledger, found: Findings) -> dict[str, Effect]:
    """Return the effect of every remedy in force, by card."""
    shown = ask_board(ledger, found)
    return {c.id: e for c in shown.cards if (e := ask_card(ledger, found, shown, c))}


@counted
def ask_weekly(ledger: Ledger, remedy: Remedy, treated: frozenset[str]) -> pd.DataFrame:
    """Return what was observed and expected, bin by bin (see step.weekly)."""
    return weekly(series_of(ledger, remedy, treated))


def series_of(ledger: Ledger, remedy: Remedy, treated: frozenset[str]) -> Series:
    scoped = daily(ledger, remedy.where) if remedy.where else None
    return binned([remedy.type_id], remedy.day, daily(ledger), scoped, treated)


@counted
def ask_quality(ledger: Ledger, remedy: Remedy) -> pd.DataFrame:
    return quality.compared(ledger, remedy)


@counted
def ask_signs(ledger: Ledger, slice: Slice, type_id: str) -> pd.DataFrame:
    return signs.signs(ledger, slice, type_id)


def _found(ledger: Ledger) -> Findings:
    found = findings(ledger)
    assert found is not None  # the page says what to do before the first run
    return found


@cached
def ask_alike(ledger: Ledger, token: str, type_id: str) -> pd.DataFrame:
    return alike.alike(ledger, _found(ledger), type_id)


@counted
def ask_behind(ledger: Ledger, token: str, where: Where) -> pd.DataFrame:
    return saving.demand_behind(ledger, _found(ledger), where)


@counted_few
def ask_ground(ledger: Ledger, token: str, where: Where) -> levers.Ground:
    return levers.ground(ledger, _found(ledger), where)


@counted
def ask_common(ledger: Ledger, token: str, where: Where) -> pd.DataFrame:
    return levers.common(ask_ground(ledger, token, where))


@counted
def ask_fewest(ledger: Ledger, token: str, where: Where, share: float, without: tuple[str, ...]) -> pd.DataFrame:
    return levers.fewest(ask_ground(ledger, token, where), share, without)
