"""Decisions that the board waits for: overdue cards, remedies to be judged, effects that are adverse or fading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analytics.ledger import Ledger
from analytics.remedies import telling
from analytics.remedies.board import Board, as_of_day, board_of, effects
from analytics.remedies.cards import Card, by_urgency
from analytics.remedies.checks import FAILED, LASTING
from analytics.remedies.effect import HARMED, UNTOLD, WORKED, Effect
from analytics.remedies.stages import STAGES
from analytics.remedies.step import BINS_A_YEAR

#: A remedy that shows nothing after so many weeks goes back to 会商.
PATIENCE = int(BINS_A_YEAR / 2)


@dataclass(frozen=True)
class Pending:
    """One decision that waits: its subject, what is asked, and the evidence."""

    card: Card
    type_id: str | None
    name: str
    sentence: str
    evidence: str


def pending(ledger: Ledger) -> list[Pending]:
    """Return what waits for a decision at the as-of, gravest first: harm, fading, late, to judge."""
    shown, found = board_of(ledger)
    return waiting_on(ledger, shown, {card.id: effect for card, effect in effects(ledger, found, shown)})


def waiting_on(ledger: Ledger, shown: Board, measured: dict[str, Effect]) -> list[Pending]:
    """Return what waits on a board whose effects are measured (by card id)."""
    return list(_waiting(ledger, shown, measured))


def _waiting(ledger: Ledger, shown: Board, measured: dict[str, Effect]) -> Iterator[Pending]:
    today = as_of_day(ledger)

    def of(card: Card, words: str, evidence: str) -> Pending:
        return Pending(card, shown.types[card.id], shown.names[card.id], f"「{shown.names[card.id]}」{words}", evidence)

    told = [(c, e) for c in shown.cards if (e := measured.get(c.id))]
    for card, effect in told:
        if effect.verdict == HARMED and card.open:
            yield of(card, "整改之后诉求反而增多，需停下查明原因。", telling.reason(effect))
    for card, effect in told:
        faded = [c for c in effect.checks if c.name == LASTING and c.outcome == FAILED]
        if faded and card.stage == "closed":
            yield of(card, "销号之后有回升，需重新会商。", faded[0].told)
    for card in by_urgency(list(shown.cards), today):
        if late := card.overdue_days(today):
            owner = card.text("owner") or "牵头部门未定"
            yield of(
                card,
                f"的整改已超期 {late} 个工作日，停在“{STAGES[card.stage]}”，需催办。",
                f"{owner}；期限 {card.text('due')}",
            )
    for card, effect in told:
        if card.stage in ("implementing", "evaluating") and effect.verdict == WORKED:
            yield of(card, "的整改明显见效，可以评估销号。", telling.reason(effect))
        elif card.stage == "evaluating" and effect.verdict == UNTOLD and effect.weeks >= PATIENCE:
            yield of(card, "的整改半年看不出效果，需重新会商。", telling.reason(effect))
