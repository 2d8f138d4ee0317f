"""What a briefing says of the board: computed on its own ledger, as the board stood at its end."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from analytics.briefing.compose import Request
from analytics.briefing.facts import Briefing
from analytics.briefing.office import Office
from analytics.briefing.period import parse
from analytics.issues.findings import printed_name
from analytics.metrics import compute
from analytics.remedies import telling
from analytics.remedies.board import as_of_day, board_of, effects
from analytics.remedies.cards import CardBook
from analytics.remedies.effect import UNTOLD
from analytics.remedies.pending import pending
from analytics.remedies.saving import last_year
from tests.briefing.conftest import WEEK


def said(briefing: Briefing, key: str) -> dict[str, str]:
    return {s.id: s.text for section in briefing.sections if section.key == key for s in section.sentences}


def test_the_board_is_counted_and_shown(office: Office, week: Briefing) -> None:
    ledger = office.ledger(WEEK)
    shown, found = board_of(ledger)
    measured = {c.id: e for c, e in effects(ledger, found, shown)}
    working = [c for c in shown.cards if c.open]
    text = said(week, "problems")["problems.board"]
    assert f"治理台账在治理 {len(working)} 类" in text
    for word in {e.verdict for e in measured.values()}:
        assert f"{word} {sum(e.verdict == word for e in measured.values())} 类" in text
    table = next(t for t in week.tables() if t.id == "board")
    assert {r[0] for r in table.rows} == {shown.names[c.id] for c in working}
    assert all(
        r[4] == c.overdue_days(as_of_day(ledger)) for c in working for r in table.rows if r[0] == shown.names[c.id]
    )


def test_remedies_are_told_as_they_are_measured(office: Office, week: Briefing) -> None:
    ledger = office.ledger(WEEK)
    shown, found = board_of(ledger)
    told = said(week, "problems")
    spoken = 0
    for card, effect in effects(ledger, found, shown):
        text = told.get(f"problems.remedy.{card.id}")
        news = effect.verdict != UNTOLD and (card.open or card.since.date() >= WEEK.period.start)
        assert (text is not None) == news
        if text:
            spoken += 1
            assert telling.ratio(effect) in text
            assert telling.avoided(effect) in text
            assert effect.verdict in text
    assert spoken
    facts = [f for f in week.facts if f.op == "analytics.remedies"]
    assert facts
    assert all(f.how == "quoted" for f in facts)


def test_suggestions_are_what_waits_and_what_comes_next(office: Office, week: Briefing) -> None:
    ledger = office.ledger(WEEK)
    told = said(week, "advice")
    for waiting in pending(ledger)[:3]:
        assert told[f"advice.card.{waiting.card.id}"] == waiting.sentence
    shown, found = board_of(ledger)
    assert found
    span = last_year(ledger)
    rows = compute("demand", ledger, span, by=("issue_type",)).dropna(subset=["issue_type"])
    free = rows[~rows["issue_type"].isin(shown.taken)].sort_values("value")
    best = free.iloc[-1]
    assert f"「{printed_name(found, str(best['issue_type']))}」过去一年 {best['value']:.0f} 件" in told["advice.next"]


def test_a_report_on_one_type_says_what_its_remedy_did(office: Office) -> None:
    ledger = office.ledger(WEEK)
    shown, found = board_of(ledger)
    card, effect = next((c, e) for c, e in effects(ledger, found, shown) if e.step)
    about = replace(WEEK, subject=(("issue_type", shown.types[card.id]),))
    text = said(office.compose(about), "advice")[f"problems.remedy.{card.id}"]
    assert telling.ratio(effect) in text


def test_what_is_decided_later_changes_no_week_gone(office: Office) -> None:
    past = Request(parse("2026-W45"))
    before = office.compose(past).to_json()
    book = CardBook(office.store)
    card = next(c for c in book.cards() if c.stage == "planned")
    book.edit(card, {"note": "后来补的"}, "综合科 甲", dt.datetime(2026, 11, 24, 18))
    assert office.compose(past).to_json() == before
