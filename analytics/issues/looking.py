"""What pages show of findings: points of the map, nodes of the tree, texts, good solutions, a way to split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from analytics import model
from analytics.issues.findings import Findings
from analytics.issues.thinning import evenly
from analytics.issues.voices import SENDER
from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.metrics.evidence import facts_behind

SOLVED_SHOWN = 3
#: Problems of a type with less of it than this are drawn together.
SMALL_PART = 0.02
OTHERS = "其余"
#: A type is described from so many of its cases, evenly taken.
DESCRIBED = 500


def _looked_at(ledger: Ledger, slice: Slice) -> ir.Table:
    """Return the case facts of the period and filters among which types were found."""
    facts = facts_behind("demand", ledger, slice, columns=("case_no", "module"))
    return facts.semi_join(ledger.table(ledger.issues), "case_no") if ledger.issues else facts


def map_points(ledger: Ledger, slice: Slice, found: Findings, most: int) -> pd.DataFrame:
    """Return case_no, x, y, type_id of the slice's classified cases that the viewer may see, evenly thinned."""
    seen = ledger.run(_looked_at(ledger, slice).select("case_no"))
    placed = found.cases.loc[
        found.cases["x"].notna() & found.cases["type_id"].notna(), ["case_no", "x", "y", "type_id"]
    ]
    rows = seen.merge(placed, on="case_no").sort_values("case_no", ignore_index=True)
    return rows.iloc[evenly(len(rows), most)].reset_index(drop=True)


def tree_nodes(ledger: Ledger, slice: Slice, found: Findings) -> pd.DataFrame:
    """Return id, parent, name, cases of the slice's modules, types and problems; a type is under its main module."""
    facts = ledger.whole.run(_looked_at(ledger, slice).select("case_no", "module"))
    cases = found.cases[found.cases["type_id"].notna()].merge(facts, on="case_no")
    if cases.empty:
        return pd.DataFrame(columns=["id", "parent", "name", "cases"])
    cases["module"] = cases["module"].where(cases["module"].notna(), model.UNKNOWN)
    main = cases.groupby("type_id")["module"].agg(lambda m: m.value_counts().index[0])
    types = cases["type_id"].value_counts()
    inside = cases.assign(problem_id=cases["problem_id"].where(cases["problem_id"].notna(), ""))
    problems = inside.groupby(["type_id", "problem_id"]).size().rename("cases").reset_index()
    small = problems["cases"] < SMALL_PART * problems["type_id"].map(types)
    problems.loc[small | (problems["problem_id"] == ""), "problem_id"] = ""
    problems = problems.groupby(["type_id", "problem_id"])["cases"].sum().reset_index()
    leaves = pd.DataFrame(
        {
            "id": [f"{t}/{p or OTHERS}" for t, p in zip(problems["type_id"], problems["problem_id"], strict=True)],
            "parent": problems["type_id"],
            "name": [found.name_of(p) if p else OTHERS for p in problems["problem_id"]],
            "cases": problems["cases"],
        }
    )
    middle = pd.DataFrame(
        {
            "id": types.index,
            "parent": main.loc[types.index],
            "name": [found.name_of(i) for i in types.index],
            "cases": types,
        }
    )
    top = middle.groupby("parent")["cases"].sum()
    modules = pd.DataFrame(
        {"id": top.index, "parent": "", "name": [model.label_of("module", m) for m in top.index], "cases": top}
    )
    return pd.concat([modules.sort_values("cases", ascending=False), middle, leaves], ignore_index=True)


def branch_of(nodes: pd.DataFrame, top: str) -> pd.DataFrame:
    """Return one module's node of a tree with everything under it."""
    types = nodes.loc[nodes["parent"] == top, "id"]
    return nodes[(nodes["id"] == top) | nodes["id"].isin(types) | nodes["parent"].isin(types)]


def texts_of(ledger: Ledger, case_nos: Sequence[str]) -> pd.DataFrame:
    """Return case_no, title, content of a few cases, in the order given."""
    cases = ledger.table("cases")
    rows = ledger.run(cases.filter(cases.case_no.isin(list(case_nos))).select("case_no", "title", "content"))
    return rows.set_index("case_no").reindex([c for c in case_nos if c in set(rows["case_no"])]).reset_index()


@dataclass(frozen=True)
class Belonging:
    """Where one case belongs, how surely, by which words, and which case it repeats."""

    type_id: str | None
    problem_id: str | None
    confidence: float
    words: tuple[str, ...]
    repeat_of: str | None


def belonging(ledger: Ledger, found: Findings, case_no: str) -> Belonging | None:
    """Return where a case belongs; None for one that no run has read or that the viewer may not see.

    A case that it repeats is told only where the viewer may see that one too.
    """
    from analytics.issues.names import why_here

    rows = np.flatnonzero((found.cases["case_no"] == case_no).to_numpy())
    if not len(rows) or not ledger.may_see(case_no):
        return None
    row, kept = found.cases.iloc[rows[0]], found.run.model
    own = np.flatnonzero(kept["kinds"] == found.run.cases["kind"].iloc[rows[0]])
    words: list[str] = []
    if len(own):
        centre = kept["centres"][own[0]][: len(kept["axes"])]
        words = why_here(found.run.counts[rows[0]], kept["weights"], kept["axes"], centre, found.run.vocabulary)
    first = row["repeat_of"] if row["repeat_of"] and ledger.may_see(row["repeat_of"]) else None
    return Belonging(row["type_id"], row["problem_id"], float(row["confidence"]), tuple(words), first)


def class_of(ledger: Ledger, case_no: str) -> str:
    """Return a case's class, marked where it is suggested; '' without a class tree, where none is told or who asks may not see it."""
    table = dict(ledger.attached).get("issue_class")
    if table is None:
        return ""
    rows = ledger.run(ledger.table(table).filter(lambda t: t.case_no == case_no).select("case_no", "issue_class"))
    told = rows["issue_class"].iloc[0] if len(rows) else None
    return told if isinstance(told, str) else ""


def rows_of(ledger: Ledger, case_nos: Sequence[str]) -> pd.DataFrame:
    """Return case_no, accepted_at, title, content, module, department, issue_type, in the order given."""
    facts, cases = ledger.table("case_facts"), ledger.table("cases")
    chosen = facts.filter(facts.case_no.isin(list(case_nos))).select("case_no", "accepted_at", "module", "department")
    both = chosen.inner_join(cases.select("case_no", "title", "content"), "case_no")
    if ledger.issues:
        both = both.left_join(ledger.table(ledger.issues).select("case_no", "issue_type"), "case_no")
    else:
        both = both.mutate(issue_type=ibis.null("string"))
    rows = ledger.run(both)
    place = {c: i for i, c in enumerate(case_nos)}
    return rows.sort_values("case_no", key=lambda c: c.map(place), ignore_index=True)


def described(ledger: Ledger, found: Findings, type_id: str) -> dict[str, str]:
    """Return what can be said of a type in up to three sentences (see ``description.told``), from cases that the viewer may see."""
    from analytics.issues.description import told

    facts, cases = ledger.table("case_facts"), ledger.table("cases")
    numbers = found.cases.loc[found.cases["type_id"] == type_id, "case_no"].sort_values()
    chosen = numbers.iloc[evenly(len(numbers), DESCRIBED)].tolist()
    own = ledger.own(facts)
    mine = own.filter(own.case_no.isin(chosen))
    fields = mine.select("case_no", "accepted_at", "department", "street", "channel")
    rows = ledger.run(fields.inner_join(cases.select("case_no", "title", "content", "reply"), "case_no"))
    every = ledger.run(own.filter(own.case_no.isin(numbers.tolist())).select("case_no", "accepted_at"))["accepted_at"]
    return told(rows.sort_values("case_no", ignore_index=True), found.types.loc[type_id, "keywords"], every=every)


def senders(ledger: Ledger, slice: Slice) -> tuple[int, int]:
    """Return how many of a slice's cases say who sent them, and how many senders that are (see ``voices.SENDER``)."""
    facts, cases = facts_behind("demand", ledger, slice, columns=("case_no",)), ledger.table("cases")
    told = cases.select("case_no", sender=ibis.coalesce(*(cases[c].nullif("") for c in SENDER)))
    both = facts.inner_join(told, "case_no")
    row = ledger.whole.run(both.aggregate(told=both.sender.count(), senders=both.sender.nunique())).iloc[0]
    return int(row["told"]), int(row["senders"])


def left_over(ledger: Ledger, found: Findings) -> pd.DataFrame:
    """Return the cases of no type with the type whose middle is nearest: case_no, title, type_id, likeness."""
    rows = np.flatnonzero(found.cases["type_id"].isna().to_numpy())
    centres, ids = found.run.model["centres"], found.run.model["kinds"]
    if not len(rows) or not len(centres):
        return pd.DataFrame(columns=["case_no", "title", "type_id", "likeness"])
    alike = found.run.vectors[rows].astype(np.float32) @ centres.T
    near = pd.DataFrame(
        {
            "case_no": found.cases["case_no"].to_numpy(object)[rows],
            "type_id": [found.shown_type(str(i)) for i in ids[alike.argmax(axis=1)]],
            "likeness": alike.max(axis=1),
        }
    )
    near = near[near["type_id"].isin(found.types.index)]
    return (
        texts_of(ledger, near["case_no"].tolist())
        .drop(columns="content")
        .merge(near, on="case_no")
        .sort_values(["likeness", "case_no"], ascending=[False, True], ignore_index=True)
    )


def solved_well(ledger: Ledger, type_id: str) -> pd.DataFrame:
    """Return the quickest cases of a type graded 5 and closed in time: case_no, title, department, days, reply."""
    facts = ledger.table("case_facts")
    if not ledger.issues:
        return pd.DataFrame()
    mine = ledger.own(ledger.table(ledger.issues).filter(lambda t: t.issue_type == type_id).select("case_no"))
    good = facts.semi_join(mine, "case_no").filter(
        facts.grade == 5, facts.closed_at.notnull(), facts.due_at.notnull(), facts.closed_at <= facts.due_at
    )
    days = good.closed_time - good.accepted_time - good.paused_days
    chosen = good.select("case_no", "department", days=days)
    texts = ledger.table("cases").select("case_no", "title", "reply")
    both = chosen.inner_join(texts, "case_no")
    told = both.reply.notnull().ifelse(0, 1)
    return ledger.run(both.order_by(told, ibis.asc("days"), "case_no").limit(SOLVED_SHOWN))


@dataclass(frozen=True)
class Proposal:
    """A part of a type that might be a type of its own."""

    cases: tuple[str, ...]
    keywords: tuple[str, ...]


def proposed_split(found: Findings, type_id: str) -> Proposal:
    """Propose the smaller of the two parts into which a type's cases fall (k-means of their vectors)."""
    from sklearn.cluster import KMeans

    from analytics.issues.names import keywords

    rows = np.flatnonzero((found.cases["type_id"] == type_id).to_numpy())
    if len(rows) < 4:
        return Proposal((), ())
    order = rows[np.argsort(found.cases["case_no"].to_numpy(object)[rows])]
    parts = KMeans(2, n_init=4, random_state=0).fit_predict(found.run.vectors[order].astype(np.float32))
    smaller = order[parts == np.bincount(parts, minlength=2).argmin()]
    uses = found.run.counts > 0
    share = np.asarray(uses[smaller].mean(axis=0)).ravel()
    usual = np.asarray(uses[order].mean(axis=0)).ravel()
    return Proposal(
        tuple(found.cases["case_no"].to_numpy(object)[smaller]), tuple(keywords(share, usual, found.run.vocabulary)[:6])
    )
