"""The list's dynamic management: drafted, reviewed, approved, in force, replaced, with who and when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pandas as pd

from analytics import model
from analytics.clock import shanghai_now
from analytics.items.versions import in_force
from analytics.ledger import Ledger
from analytics.store import Store, StoreError
from analytics.store.decisions import Decision, DecisionBook
from analytics.viewer import LOCAL, PROPOSE, Viewer

#: State → how people call it, and whose act leads there.
STATES = {
    "draft": ("草稿", "起草部门"),
    "reviewed": ("已审核", "区行政审批局"),
    "approved": ("已审定", "区政府办"),
    "in_force": ("已生效", "印发的清单"),
    "replaced": ("已被替代", "印发的清单"),
    "returned": ("已退回", "审核部门"),
    "withdrawn": ("已撤回", "起草部门"),
}
#: From a state, what a person may decide next. In force and replaced are read from the list, never decided.
MOVES = {
    "draft": ("reviewed", "returned", "withdrawn"),
    "reviewed": ("approved", "returned", "withdrawn"),
    "approved": ("withdrawn",),
    "returned": ("draft", "withdrawn"),
    "withdrawn": (),
    "in_force": (),
    "replaced": (),
}
FIELDS = ("item_name", "module", "department", "promised_days", "item_kind", "online")


@dataclass(frozen=True)
class Proposal:
    """An entry proposed for the list; ``steps`` are its decisions, oldest first."""

    id: str
    entry: dict[str, object]
    state: str
    since: dt.date
    steps: tuple[Decision, ...] = field(repr=False)

    @property
    def seen(self) -> int:
        """The newest decision on it that this view of it knows of."""
        return self.steps[-1].seq


class ProposalBook:
    """The proposals of one store; those on demo data lie apart from those on real data."""

    def __init__(self, store: Store, viewer: Viewer = LOCAL):
        self.book = DecisionBook(store, f"list/{store.kind}", PROPOSE, viewer)

    def draft(self, entry: dict[str, object], who: str, why: str = "") -> str:
        """Put a draft down and return its id; raises StoreError for an entry without name or module."""
        kept = {name: entry[name] for name in FIELDS if entry.get(name) not in (None, "")}
        if not str(kept.get("item_name", "")).strip() or kept.get("module") not in model.MODULES:
            raise StoreError("草稿要有事项名称和服务模块")
        if any(p.entry["item_name"] == kept["item_name"] and MOVES[p.state] for p in self.proposals()):
            raise StoreError(f"「{kept['item_name']}」已经在草稿里，不再重复列入")
        id = f"D{self.book.last() + 1:04d}"
        self.book.record("draft", id, kept, who, why, shanghai_now(), seen=0)
        return id

    def move(self, proposal: Proposal, to: str, who: str, why: str = "") -> None:
        """Decide the next state of a proposal; refused when somebody has decided on it since."""
        if to not in MOVES[proposal.state]:
            raise StoreError(f"「{STATES[proposal.state][0]}」之后不能是「{STATES[to][0]}」")
        self.book.record(to, proposal.id, {}, who, why, shanghai_now(), seen=proposal.seen)

    def proposals(self, ledger: Ledger | None = None) -> list[Proposal]:
        """Return every proposal as it stands; with a ledger, approved ones are looked up in its list."""
        steps: dict[str, list[Decision]] = {}
        for decision in self.book.standing():
            steps.setdefault(decision.target, []).append(decision)
        listed = _listed(ledger) if ledger else {}
        return [_stands(id, tuple(taken), listed) for id, taken in steps.items()]


def _listed(ledger: Ledger) -> dict[tuple[object, object], tuple[str, dt.date]]:
    """Return (name, module) → in_force or replaced at the as-of, and since when."""
    day = pd.Timestamp((ledger.as_of - pd.Timedelta(microseconds=1)).date())
    rows = ledger.run(ledger.table("items")).sort_values("in_force_from")
    found: dict[tuple[object, object], tuple[str, dt.date]] = {}
    for row in rows[pd.to_datetime(rows["in_force_from"]) <= day].to_dict("records"):
        over = pd.notna(row["in_force_to"]) and pd.Timestamp(row["in_force_to"]) < day
        since = pd.Timestamp(row["in_force_to"]) + pd.Timedelta(days=1) if over else pd.Timestamp(row["in_force_from"])
        found[row["item_name"], row["module"]] = ("replaced" if over else "in_force", since.date())
    return found


def _stands(id: str, steps: tuple[Decision, ...], listed: dict[tuple[object, object], tuple[str, dt.date]]) -> Proposal:
    entry, state, since = steps[0].detail, steps[-1].kind, steps[-1].at.date()
    if state == "approved":
        state, since = listed.get((entry["item_name"], entry["module"]), (state, since))
    return Proposal(id, entry, state, since, steps)


def next_version(ledger: Ledger, proposals: list[Proposal], version: str, day: dt.date) -> pd.DataFrame:
    """Return the rows, Chinese heads, whose import brings a new version of the list into force on a day.

    The items in force the day before with the approved proposals added, and the old version's
    rows ended. A new item's number is its draft's until the office writes its own.
    """
    current = in_force(ledger, day - dt.timedelta(days=1))
    if version in set(current["version"]):
        raise StoreError(f"清单版本“{version}”已经有了，请另起版本名")
    ended = current.assign(in_force_to=current["in_force_to"].fillna(pd.Timestamp(day - dt.timedelta(days=1))))
    carried = current.assign(version=version, in_force_from=pd.Timestamp(day), in_force_to=None)
    added = pd.DataFrame(
        [
            p.entry | {"item_no": p.id, "version": version, "in_force_from": pd.Timestamp(day)}
            for p in proposals
            if p.state == "approved"
        ]
    )
    whole = pd.concat([f.astype(object) for f in (ended, carried, added) if len(f)], ignore_index=True)
    whole = whole.reindex(columns=model.ITEMS.names)
    whole["module"] = whole["module"].map(model.MODULES)
    for column in ("stationed_on", "in_force_from", "in_force_to"):
        whole[column] = pd.to_datetime(whole[column]).dt.strftime("%Y-%m-%d")
    return whole.rename(columns={c.name: c.label for c in model.ITEMS.columns})
