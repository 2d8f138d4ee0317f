"""Remedies and their effects: sentences of 五 and 七, and the table of the 治理台账."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Column, Fact, Sentence, Table
from analytics.issues.findings import Findings, printed_name
from analytics.metrics import NotMeasurable
from analytics.remedies import telling
from analytics.remedies.board import as_of_day
from analytics.remedies.cards import Card, by_urgency
from analytics.remedies.effect import HARMED, MAYBE, UNTOLD, WORKED, Effect
from analytics.remedies.pending import waiting_on
from analytics.remedies.saving import Assumptions, demand_behind, last_year, ranked
from analytics.remedies.stages import STAGES
from analytics.wording import day

ROOM = "analytics.remedies"
SHOWN = 3


def remedied(e: Evidence) -> list[Sentence]:
    """Say how many types are being remedied and which remedies showed an effect; nothing without cards."""
    shown, measured = e.board
    cards = [c for c in shown.cards if _about(e, shown.types[c.id])]
    if not cards:
        return []
    said = [] if e.now.where else [_account(e, cards, measured)]
    told = sorted(
        ((c, m) for c in cards if (m := measured.get(c.id)) and m.step),
        key=lambda pair: -abs((pair[1].avoided or (0.0,))[0]),
    )
    for card, effect in [(c, m) for c, m in told if _news(e, c, m)][:SHOWN]:
        effective = card.day("effective_on")
        text = (
            f"「{shown.names[card.id]}」整改自{day(effective) if effective else ''}起生效（{telling.scope(card.where)}），"
            f"受理量为{telling.ratio(effect)}，{telling.avoided(effect)}，{_judged(effect)}。"
        )
        said.append(e.say(f"problems.remedy.{card.id}", *e.quoted(f"remedy.{card.id}", text, ROOM)))
    return said


def _news(e: Evidence, card: Card, effect: Effect) -> bool:
    """Tell whether a card is reported: still open or closed in the period, and with a result."""
    current = card.open or card.since.date() >= e.now.start
    return bool(e.now.where) or (current and effect.verdict != UNTOLD)


def _judged(effect: Effect) -> str:
    doubts = f"（存疑：{'、'.join(c.name for c in effect.doubts)}）" if effect.doubts else ""
    return f"{effect.verdict}{doubts}"


def _about(e: Evidence, type_id: str | None) -> bool:
    """Tell whether a card belongs to what the briefing is about: everything, or one type."""
    scope = dict(e.now.where)
    return not scope or scope.get("issue_type") == (type_id,)


def _account(e: Evidence, cards: list[Card], measured: dict[str, Effect]) -> Sentence:
    today = as_of_day(e.ledger)
    working, late = [c for c in cards if c.open], [c for c in cards if c.overdue_days(today)]
    verdicts = [m.verdict for m in measured.values()]
    told: list[object] = ["治理台账在治理 ", _types(e, "open", len(working))]
    if late:
        told += ["（其中超期 ", _types(e, "late", len(late)), "）"]
    counts = [(w, verdicts.count(w)) for w in (WORKED, MAYBE, UNTOLD, HARMED) if w in verdicts]
    if counts:
        told.append("；已生效的整改中，")
        for place, (word, n) in enumerate(counts):
            told += ["、" if place else "", f"{word} ", _types(e, word, n)]
    return e.say("problems.board", *told, "。")


def _types(e: Evidence, name: str, count: int) -> Fact:
    return e.given(f"cards.{name}", count, "类", f"{count} 类")


def board_table(e: Evidence) -> list[Table]:
    """Return the 治理台账: the cards that are open, most urgent first."""
    shown, measured = e.board
    today = as_of_day(e.ledger)
    cards = by_urgency([c for c in shown.cards if c.open], today)
    if not cards or e.now.where:
        return []
    rows = tuple(
        (
            shown.names[c.id],
            STAGES[c.stage],
            c.text("owner") or "—",
            c.text("due") or "—",
            float(c.overdue_days(today)),
            measured[c.id].verdict if c.id in measured else "—",
        )
        for c in cards
    )
    columns = (
        Column("一类问题"), Column("阶段"), Column("牵头部门"), Column("完成期限"), Column("超期", "工作日"), Column("成效判断"),
    )  # fmt: skip
    return [Table("board", "一类问题治理台账", columns, rows, "成效由系统按台账测算，方法见手册。")]


def board_advice(e: Evidence, found: Findings | None) -> Iterator[Sentence]:
    """Suggest what the board waits for, and which type to take up next."""
    if e.now.where:
        return
    shown, measured = e.board
    for waiting in waiting_on(e.ledger, shown, measured)[:SHOWN]:
        id = f"advice.card.{waiting.card.id}"
        yield e.say(id, *e.quoted(id, waiting.sentence, ROOM))
    if found is None or not e.ledger.issues:
        return
    try:
        table = ranked(demand_behind(e.ledger, found), Assumptions(), "cases", shown.taken)
    except NotMeasurable:  # types do not reach a year back
        return
    if shown.cards and len(table):
        id, span = str(table.index[0]), last_year(e.ledger)
        count = e.metric("demand", span, where=(("issue_type", id),))
        yield e.say(
            "advice.next",
            f"还未列入治理台账的类型中，「{printed_name(found, id)}」过去一年 ",
            count,
            "，居首位，建议立项治理。",
        )
