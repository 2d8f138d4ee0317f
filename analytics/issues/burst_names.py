"""What bursts are called: as problems are named, and held to the same checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from analytics.issues.group_evidence import Group
from analytics.issues.group_names import GroupName, name_groups
from analytics.issues.name_checks import FIT
from analytics.issues.thinning import evenly
from analytics.ledger import Ledger
from analytics.privacy import mask_text
from analytics.store.runs import PROBLEM

#: A burst is named from so many of its cases, evenly taken.
READ = 20
_TEXTS = "SELECT case_no, title, content FROM cases WHERE case_no IN (SELECT unnest($chosen))"
FIRMS = "SELECT DISTINCT enterprise FROM cases WHERE enterprise IS NOT NULL"


def names_of_bursts(ledger: Ledger, cases: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return a name for each burst (id → its cases' numbers), masked; where none passes the checks, the plain topic."""
    if not cases:
        return {}
    read = {id: [own[i] for i in evenly(len(own), READ)] for id, own in ((id, sorted(c)) for id, c in cases.items())}
    chosen = sorted({c for own in read.values() for c in own})
    texts = ledger.duckdb.frame(_TEXTS, {"chosen": chosen}).set_index("case_no")
    groups = [
        Group(PROBLEM, texts.loc[own, "title"].tolist(), texts.loc[own, "content"].tolist()) for own in read.values()
    ]
    named = name_groups(groups, ledger.duckdb.frame(FIRMS)["enterprise"])
    return {id: mask_text(_sound(name)) for id, name in zip(read, named, strict=True)}


def _sound(name: GroupName) -> str:
    return name.plain if set(name.failed) - {FIT} else name.name
