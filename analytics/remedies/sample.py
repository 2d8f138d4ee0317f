"""Cards of the demo store: the remedies planted in the invented ledger."""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd

from analytics.issues import Findings
from analytics.ledger import Ledger
from analytics.metrics import compute
from analytics.remedies import telling
from analytics.remedies.board import board
from analytics.remedies.cards import Card, CardBook
from analytics.remedies.effect import MAYBE, WORKED, Remedy, measured
from analytics.remedies.saving import last_year
from analytics.store import Store

WHO = "演示·综合科"
#: A found type stands for a planted one when so much of either is in the other.
MUTUAL = 0.5
#: Weeks in force: then judged; then looked at.
JUDGED_AFTER, EVALUATED_AFTER = 26, 12
#: Types without a remedy, largest first, are put so far.
BEGUN = ("identified", "chartered", "consulting", "planned")
#: Due so many days after the as-of: one demo card is late.
DUE_IN = {"chartered": 18, "consulting": -4, "planned": 9}
#: A remedy in force is due to be judged so long after its effect.
TO_JUDGE = dt.timedelta(weeks=30)
DAYS_BEFORE = {"take_up": 75, "chartered": 65, "consulting": 50, "planned": 30, "implementing": 3}


def place_cards(store: Store, ledger: Ledger, found: Findings) -> int:
    """Put the demo's cards on an empty board and return how many; nothing on a real ledger."""
    book = CardBook(store)
    folder = store.folder / "demo_truth"
    if not ledger.snapshot.synthetic or book.last or not folder.exists():
        return 0
    plants = json.loads((folder / "plants.json").read_text("utf-8"))
    truth = pd.read_csv(folder / "cases.csv", usecols=["case_no", "type_no"])
    remedies = _found_types(found, truth, [(r["type_no"], dt.date.fromisoformat(r["day"])) for r in plants["remedies"]])
    for type_id, day in remedies.items():
        _remedied(book, ledger, found, type_id, day)
    others = [i for i in found.types.index if i not in remedies]
    for type_id, stage in zip(others, BEGUN, strict=False):
        _begun(book, ledger, found, str(type_id), stage)
    return len(book.cards())


def _found_types(found: Findings, truth: pd.DataFrame, planted: list[tuple[int, dt.date]]) -> dict[str, dt.date]:
    both = found.cases[["case_no", "type_id"]].merge(truth, on="case_no").dropna(subset=["type_id"])
    shared = both.groupby(["type_no", "type_id"]).size()
    of_planted, of_found = both.groupby("type_no").size(), both.groupby("type_id").size()
    matched: dict[str, dt.date] = {}
    for type_no, day in planted:
        if type_no not in of_planted.index:
            continue
        best = str(shared[type_no].idxmax())
        if shared[type_no].max() >= MUTUAL * max(of_planted[type_no], of_found[best]):
            matched[best] = day
    return matched


def _remedied(book: CardBook, ledger: Ledger, found: Findings, type_id: str, day: dt.date) -> None:
    weeks = (ledger.as_of.date() - day).days // 7
    id = _at(book, ledger, found, type_id, day, tuple(DAYS_BEFORE))
    _write(book, id, day - dt.timedelta(days=4), effective_on=day, papers=["整改方案（演示）.docx"])
    _go(book, id, "implementing", day - dt.timedelta(days=3))
    if weeks < EVALUATED_AFTER:
        return
    asked = ledger.as_of - dt.timedelta(days=6)
    _go(book, id, "evaluating", (asked - dt.timedelta(days=20)).date())
    if weeks < JUDGED_AFTER:
        return
    card = _card(book, id)
    effect = measured(ledger, found, Remedy(type_id, day), board(book.cards(), found).treated)
    worked = effect.verdict in (WORKED, MAYBE)
    book.move(card, "closed" if worked else "ineffective", WHO, asked, "", telling.kept(effect, ledger))
    if not worked:
        _write(book, id, asked.date() + dt.timedelta(days=1), due=asked.date() + dt.timedelta(days=40))


def _begun(book: CardBook, ledger: Ledger, found: Findings, type_id: str, stage: str) -> None:
    day = ledger.as_of.date() + dt.timedelta(days=25)
    before = tuple(DAYS_BEFORE)[: BEGUN.index(stage) + 1]
    _at(book, ledger, found, type_id, day, before)


def _at(book: CardBook, ledger: Ledger, found: Findings, type_id: str, day: dt.date, stages: tuple[str, ...]) -> str:
    """Take a type up and move it on, so long before the day of effect as DAYS_BEFORE says; returns the card's id."""
    first = dt.datetime.combine(day - dt.timedelta(days=DAYS_BEFORE["take_up"]), dt.time(9, 30))
    id = book.take_up(found, type_id, WHO, first, "重复发生较多")
    for stage in stages[1:-1] if stages[-1] == "implementing" else stages[1:]:
        when = day - dt.timedelta(days=DAYS_BEFORE[stage] + 1)
        if stage == "chartered":
            last = stages[-1]
            due = ledger.as_of.date() + dt.timedelta(days=DUE_IN[last]) if last in DUE_IN else day + TO_JUDGE
            _write(book, id, when, owner=_owner(ledger, found, type_id), people="示例甲（牵头科室）", due=due)
        if stage == "planned":
            _write(book, id, when, measures="统一受理口径，一次性告知材料；牵头部门每周核对，超期即督办（演示）")
        _go(book, id, stage, when + dt.timedelta(days=1))
    return id


def _owner(ledger: Ledger, found: Findings, type_id: str) -> str:
    """Return the type's owner or else the department with most of its cases."""
    if owner := found.types.loc[type_id, "owner"]:
        return str(owner)
    rows = compute("demand", ledger, last_year(ledger).narrowed(issue_type=type_id), by=("department",))
    return str(rows.dropna(subset=["department"]).nlargest(1, "value")["department"].iloc[0])


def _write(book: CardBook, id: str, day: dt.date, **values: object) -> None:
    book.edit(_card(book, id), values, WHO, dt.datetime.combine(day, dt.time(10)))


def _go(book: CardBook, id: str, to: str, day: dt.date) -> None:
    book.move(_card(book, id), to, WHO, dt.datetime.combine(day, dt.time(15)))


def _card(book: CardBook, id: str) -> Card:
    card = book.card(id)
    assert card is not None
    return card
