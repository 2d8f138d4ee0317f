"""Cards of the 治理台账, kept in an append-only book; each change with author and time, concurrent edits refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analytics import workdays
from analytics.issues import Findings
from analytics.metrics.slices import Where
from analytics.remedies.stages import FIELDS, IN_FORCE, JUDGED, MOVES, NEEDED, OPEN, SCOPES, STAGES, forward
from analytics.store import Store, StoreError
from analytics.store.decisions import Decision, DecisionBook
from analytics.viewer import GOVERN, LOCAL, Viewer

#: Cases kept with a card, so that its type is known again whatever a later run calls it.
KEPT_CASES = 400
LONGEST = {"people": 60, "measures": 1000, "note": 500}


@dataclass(frozen=True)
class Card:
    """A type taken up, as it stands; ``steps`` are its decisions, oldest first.

    ``type_id``, ``name`` and ``cases``: the type when it was taken up.
    """

    id: str
    type_id: str
    name: str
    cases: tuple[str, ...] = field(repr=False)
    stage: str
    since: dt.datetime
    values: Mapping[str, object] = field(repr=False)
    steps: tuple[Decision, ...] = field(repr=False)

    @property
    def seen(self) -> int:
        """The newest decision on it that this view of it knows of."""
        return self.steps[-1].seq

    @property
    def open(self) -> bool:
        return self.stage in OPEN

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "")

    def day(self, name: str) -> dt.date | None:
        value = self.text(name)
        return dt.date.fromisoformat(value) if value else None

    @property
    def papers(self) -> tuple[str, ...]:
        value = self.values.get("papers")
        return tuple(str(v) for v in value) if isinstance(value, list) else ()

    @property
    def where(self) -> Where:
        """The remedy's scope as filters; empty for the whole district."""
        value = self.values.get("scope")
        scope = value if isinstance(value, dict) else {}
        return tuple(sorted((str(k), tuple(str(x) for x in v)) for k, v in scope.items() if v))

    @property
    def in_force(self) -> bool:
        return self.stage in IN_FORCE and self.day("effective_on") is not None

    @property
    def was_in_force(self) -> bool:
        """Tell whether a remedy is or once was in force, whatever the stage now (a relapse goes back to 会商)."""
        return self.day("effective_on") is not None and any(s.detail.get("to") == "implementing" for s in self.steps)

    def overdue_days(self, today: dt.date) -> int:
        """Return the working days since the due date of a card that is not done, 0 when not late."""
        due = self.day("due")
        if due is None or not self.open or due >= today:
            return 0
        return int(workdays.whole_working_days_between([due], [today])[0])

    def missing(self, to: str) -> list[str]:
        """Return what must still be filled before the card may go to a stage, as people call it."""
        return [FIELDS[name] for name in NEEDED.get(to, ()) if not self.values.get(name)]


class CardBook:
    """The cards of one store; those on demo data lie apart from those on real data."""

    def __init__(self, store: Store, viewer: Viewer = LOCAL):
        self.book = DecisionBook(store, f"remedies/{store.kind}", GOVERN, viewer)

    @property
    def last(self) -> int:
        """The newest decision: with it, what is asked of cards is cached."""
        return self.book.last()

    def cards(self, before: dt.datetime | None = None) -> list[Card]:
        """Return every card as it stands or, with ``before``, as it stood then; by id."""
        steps: dict[str, list[Decision]] = {}
        for decision in self.book.standing():
            if before is None or decision.at < before:
                steps.setdefault(decision.target, []).append(decision)
        return [_stands(id, tuple(taken)) for id, taken in sorted(steps.items())]

    def card(self, id: str) -> Card | None:
        return next((c for c in self.cards() if c.id == id), None)

    def take_up(self, found: Findings, type_id: str, who: str, at: dt.datetime, why: str = "") -> str:
        """Put a type on the board (识别) and return the card's id.

        Raises StoreError where the type is on the board already or is none.
        """
        if type_id not in found.types.index:
            raise StoreError("这一类已经不在归类结果里，请回到「一类问题」页重选")
        for card in self.cards():
            if card.open and now_is(card, found) == type_id:
                raise StoreError(f"「{card.name}」已在台账上（{card.id}，{STAGES[card.stage]}），不必再列")
        mine = found.cases.loc[found.cases["type_id"] == type_id, "case_no"].sort_values()
        every = max(1, len(mine) // KEPT_CASES)
        id = f"Z{self.book.last() + 1:04d}"
        owner = str(found.types.loc[type_id, "owner"] or "")
        detail: dict[str, object] = {
            "type_id": type_id,
            "name": found.name_of(type_id),
            "cases": mine.iloc[::every].tolist()[:KEPT_CASES],
            "values": {"owner": owner} if owner else {},
        }
        self.book.record("take_up", id, detail, _named(who), why, at, seen=0)
        return id

    def edit(
        self,
        card: Card,
        values: Mapping[str, object],
        who: str,
        at: dt.datetime,
        why: str = "",
        seen: int | None = None,
    ) -> bool:
        """Change fields of a card; False where nothing is different.

        Refused when somebody changed it since ``seen``, the newest decision that the writer was
        shown (default: that of ``card``).
        """
        changed = {k: v for k, v in as_kept(values).items() if (card.values.get(k) or "") != (v or "")}
        if not changed:
            return False
        self.book.record("edit", card.id, {"values": changed}, _named(who), why, at, seen=seen or card.seen)
        return True

    def move(
        self,
        card: Card,
        to: str,
        who: str,
        at: dt.datetime,
        why: str = "",
        effect: Mapping[str, object] | None = None,
        seen: int | None = None,
    ) -> None:
        """Move a card to another stage; refused without what that stage needs, or when somebody changed it since.

        ``effect``: what was computed of the remedy, kept with 销号 and 未见效.
        """
        if to not in MOVES[card.stage]:
            raise StoreError(f"「{STAGES[card.stage]}」之后不能是「{STAGES[to]}」")
        if forward(card.stage, to) and (missing := card.missing(to)):
            raise StoreError(f"到「{STAGES[to]}」之前要先填：{'、'.join(missing)}")
        effective = card.day("effective_on")
        if to == "evaluating" and effective and effective > at.date():
            raise StoreError(f"措施 {effective:%Y-%m-%d} 才生效，还不能评估")
        if to in JUDGED and effect is None:
            raise StoreError("没有测算过成效，不能下结论")
        detail: dict[str, object] = {"from": card.stage, "to": to}
        if to in JUDGED:
            detail["effect"] = dict(effect or {})
        self.book.record("move", card.id, detail, _named(who), why, at, seen=seen or card.seen)


def _named(who: str) -> str:
    if not who.strip():
        raise StoreError("请填经办单位和姓名，这一步要留痕")
    return who.strip()[:30]


def as_kept(values: Mapping[str, object]) -> dict[str, object]:
    """Return fields as they are kept (and what is kept already as it is); raises StoreError for an unknown one."""
    kept: dict[str, object] = {}
    for name, value in values.items():
        if name not in FIELDS:
            raise StoreError(f"台账里没有“{name}”这一项")
        if name in ("due", "effective_on"):
            kept[name] = value.isoformat() if isinstance(value, dt.date) else str(value or "")
        elif name == "papers":
            kept[name] = list(dict.fromkeys(str(v).strip()[:80] for v in _listed(value) if str(v).strip()))
        elif name == "scope":
            scope = value if isinstance(value, Mapping) else {}
            kept[name] = {str(k): [str(x) for x in _listed(v)] for k, v in scope.items() if k in SCOPES and v}
        else:
            kept[name] = str(value or "").strip()[: LONGEST.get(name, 80)]
    return kept


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else []


def _stands(id: str, steps: tuple[Decision, ...]) -> Card:
    first, stage, since = steps[0], "identified", steps[0].at
    values: dict[str, object] = {}
    for step in steps:
        changed = step.detail.get("values")
        values |= changed if isinstance(changed, dict) else {}
        if step.kind == "move":
            stage, since = str(step.detail["to"]), step.at
    cases = first.detail.get("cases")
    return Card(
        id,
        str(first.detail["type_id"]),
        str(first.detail["name"]),
        tuple(str(c) for c in cases) if isinstance(cases, list) else (),
        stage,
        since,
        values,
        steps,
    )


def now_is(card: Card, found: Findings) -> str | None:
    """Return the type that a card's type is called now, None when its cases are in no type any more.

    Its own id (or what it was merged into) where that still holds cases; otherwise the type that
    most of the cases kept with the card lie in now.
    """
    id = found.shown_type(card.type_id)
    if id in found.types.index:
        return id
    now = found.cases.loc[found.cases["case_no"].isin(card.cases), "type_id"].dropna()
    return None if now.empty else str(now.value_counts().index[0])


def by_urgency(cards: Sequence[Card], today: dt.date) -> list[Card]:
    """Return cards with the most overdue first, then by due date, cards without one last."""
    return sorted(cards, key=lambda c: (-c.overdue_days(today), c.day("due") or dt.date.max, c.id))
