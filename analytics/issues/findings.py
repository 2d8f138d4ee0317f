"""What a run found, as people see it: decisions applied, names lasting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from analytics.issues.answers import NAME, TEACH
from analytics.issues.classes import ClassTree, class_of_types, tree_of
from analytics.issues.constraints import Constraints
from analytics.issues.names import told_apart
from analytics.privacy import mask_text
from analytics.store.decisions import Decision
from analytics.store.runs import PROBLEM, TYPE, Run

OUTSIDE = "未归类"
#: How a page marks a name that nobody has confirmed.
AUTOMATIC = "自动起名"
UNCHECKED = "未检查"
#: Of a name that somebody called bad.
MISNAMED = "不好"


@dataclass(frozen=True)
class Findings:
    """A run with the decisions in force.

    ``cases``: one row a case of the run, in its order (case_no, type_id, problem_id, confidence,
    repeat_of, x, y); ``types`` and ``problems``: indexed by id (name, automatic, plain, failed, confirmed,
    keywords, typical, cases, of those ``repeats``, pinned, dismissed, owner, note, description, and of problems type_id).
    ``confirmed``: a person gave the name; until then it is marked 自动起名. ``plain``: topic and trouble
    word, to print where the automatic name fails a check (``failed``).
    """

    run: Run
    decisions: tuple[Decision, ...] = field(repr=False)
    last: int = 0

    @property
    def token(self) -> str:
        """What tells one state of findings from another: the run and the newest decision."""
        return f"{self.run.id}_{self.last}"

    def __hash__(self) -> int:
        return hash((str(self.run.folder), self.token))

    @cached_property
    def constraints(self) -> Constraints:
        return Constraints.of(list(self.decisions))

    @cached_property
    def cases(self) -> pd.DataFrame:
        raw = self.run.cases
        shown = pd.DataFrame(
            {
                "case_no": raw["case_no"],
                "type_id": each(raw["kind"], self.shown_type),
                "problem_id": each(raw["matter"], self.constraints.root),
                "confidence": raw["confidence"].copy(),  # decisions write into it
                **{name: raw[name] for name in ("repeat_of", "x", "y")},
            },
            copy=False,
        )
        moved = [d for d in self.decisions if d.kind in ("split", "move")]
        place = pd.Series(np.arange(len(shown)), index=shown["case_no"]) if moved else pd.Series(dtype=int)
        for d in moved:
            self._move(shown, place, d)
        shown["problem_id"] = self._at_home(shown)
        return shown

    def shown_type(self, id: str) -> str:
        """Return the id under which a type as found is shown."""
        joined = self._joined.get(id)
        return self.constraints.root(joined if joined else id)

    @cached_property
    def _joined(self) -> dict[str, str]:
        groups = self.run.groups
        told = groups[groups["joined"].notna()]
        return dict(zip(told["id"], told["joined"], strict=True))

    def _move(self, shown: pd.DataFrame, place: pd.Series, d: Decision) -> None:
        """Put the cases of a decision where it says: a type, a problem (and its type), or nowhere."""
        given = d.detail.get("cases")
        numbers = [str(c) for c in given] if isinstance(given, list) else []
        rows = place.reindex(numbers).dropna().astype(int).to_numpy()
        goal = str(d.detail["new"]) if d.kind == "split" else d.target
        if goal.startswith("P"):
            of_problem = shown.loc[shown["problem_id"] == self.constraints.root(goal), "type_id"]
            shown.iloc[rows, shown.columns.get_indexer(["problem_id"])] = self.constraints.root(goal)
            if len(of_problem):
                shown.iloc[rows, shown.columns.get_indexer(["type_id"])] = of_problem.mode().iloc[0]
        else:
            shown.iloc[rows, shown.columns.get_indexer(["type_id"])] = self.constraints.root(goal) if goal else None
        shown.iloc[rows, shown.columns.get_indexer(["confidence"])] = 1.0

    @staticmethod
    def _at_home(shown: pd.DataFrame) -> np.ndarray:
        """Return problems that lie in one type each, that of most of their cases; a case elsewhere has none."""
        (kind, types), (matter, problems) = (pd.factorize(shown[name]) for name in ("type_id", "problem_id"))
        inside = (kind >= 0) & (matter >= 0)
        counts = np.bincount(matter[inside] * len(types) + kind[inside], minlength=len(problems) * len(types)).reshape(
            len(problems), len(types)
        )
        by_name = np.argsort(types)
        home = by_name[counts[:, by_name].argmax(axis=1)] if counts.size else np.zeros(len(problems), dtype=int)
        at_home = inside & (np.append(home, -1)[matter] == kind)
        kept: np.ndarray = np.array([*problems, None], dtype=object)[np.where(at_home, matter, -1)]
        return kept

    @cached_property
    def types(self) -> pd.DataFrame:
        table = self._table(TYPE, "type_id")
        return table.sort_values(["cases", "id"], ascending=[False, True]).set_index("id")

    @cached_property
    def problems(self) -> pd.DataFrame:
        table = self._table(PROBLEM, "problem_id")
        inside = self.cases[["problem_id", "type_id"]].drop_duplicates("problem_id")
        table["type_id"] = table["id"].map(dict(zip(inside["problem_id"], inside["type_id"], strict=True)))
        return table.sort_values(["cases", "id"], ascending=[False, True]).set_index("id")

    def _table(self, level: str, column: str) -> pd.DataFrame:
        """Return one row a group that holds cases: as found, then as decided."""
        counted = self.cases["repeat_of"].notna().groupby(self.cases[column]).agg(["size", "sum"])
        found = self.run.groups[self.run.groups["level"] == level].set_index("id")
        table = pd.DataFrame(
            {"id": counted.index, "cases": counted["size"].to_numpy(), "repeats": counted["sum"].to_numpy()}
        )
        for name in ("name", "keywords", "typical"):
            table[name] = [found[name].get(i) for i in table["id"]]
        for name in ("keywords", "typical"):
            table[name] = [list(v) if v is not None else [] for v in table[name]]
        table["automatic"] = table["name"]
        said = self._said
        for name, default in (
            ("pinned", False),
            ("dismissed", False),
            ("owner", ""),
            ("note", ""),
            ("description", ""),
        ):
            table[name] = [said.get((i, name), default) for i in table["id"]]
        given = [said.get((i, "name")) for i in table["id"]]
        table["confirmed"] = [g is not None for g in given]
        table["plain"], table["failed"] = self._checked(found, table)
        # A name that people found bad gives way to the plain topic.
        bad = [said.get((i, "misnamed")) == n for i, n in zip(table["id"], table["name"], strict=True)]
        table["failed"] = [[*f, MISNAMED] if b else f for f, b in zip(table["failed"], bad, strict=True)]
        automatic = np.where(bad, table["plain"], table["name"])
        table["name"] = [g or n or "" for g, n in zip(given, automatic, strict=True)]
        # A keyword may be a place, which no type's name holds: a number tells two types apart that came to one name.
        more = [[] if level == TYPE else k for k in table["keywords"]]
        table["name"] = told_apart([mask_text(str(n)) for n in table["name"]], more)
        return table

    @staticmethod
    def _checked(found: pd.DataFrame, table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
        """Return the plain topic of each group and the checks that its automatic name fails; of an older run, all names fail."""
        if "failed" not in found:
            return table["name"].fillna("").tolist(), [[UNCHECKED]] * len(table)
        failed = [found["failed"].get(i) for i in table["id"]]
        plain = [found["plain"].get(i) or "" for i in table["id"]]
        return [mask_text(str(p)) for p in plain], [[UNCHECKED] if f is None else list(f) for f in failed]

    @cached_property
    def _said(self) -> dict[tuple[str, str], object]:
        """Return what decisions say of groups: (id, name | pinned | dismissed | owner | note | description) → value."""
        said: dict[tuple[str, str], object] = {}
        for d in self.decisions:
            if d.kind in ("rename", "owner", "note"):
                said[(d.target, "name" if d.kind == "rename" else d.kind)] = d.detail["value"]
            elif d.kind == "describe":
                said[(d.target, "description")] = d.detail["value"]
            elif d.kind in ("pin", "dismiss"):
                said[(d.target, d.kind.replace("pin", "pinned").replace("dismiss", "dismissed"))] = True
            elif d.kind == TEACH and d.detail["ask"] == NAME and d.detail["yes"] is False:
                said[(d.target, "misnamed")] = d.detail["other"]
            elif d.kind == "split":
                said.setdefault((str(d.detail["new"]), "name"), d.detail["name"])
        return said

    @cached_property
    def tree(self) -> ClassTree | None:
        """The office's own classes, None where none were imported."""
        return tree_of(self.decisions)

    @cached_property
    def classes(self) -> dict[str, str]:
        """The class of each type, one that nobody has confirmed marked; empty without a tree."""
        if self.tree is None:
            return {}
        kind = pd.Index(self.types.index).get_indexer(self.cases["type_id"])
        return class_of_types(
            self.tree, list(self.types.index), self.decisions, self.run.counts, self.run.vocabulary, kind
        )

    @property
    def unassigned(self) -> int:
        return int(self.cases["type_id"].isna().sum())

    def name_of(self, id: str | None) -> str:
        """Return the name of a type or problem; 未归类 for none."""
        for table in (self.types, self.problems):
            if id in table.index:
                return str(table.loc[id, "name"])
        return OUTSIDE


def printed_name(found: Findings, id: str) -> str:
    """Return the name that a briefing prints: a person's, or the automatic one that passes every check, else the plain topic."""
    for table in (found.types, found.problems):
        if id in table.index:
            row = table.loc[id]
            sound = row["confirmed"] or not row["failed"]
            return str(row["name"] if sound else row["plain"] or row["name"])
    return OUTSIDE


def each(ids: pd.Series, say: Callable[[str], object]) -> np.ndarray:
    """Return what is said of each id of a long column, asked once an id; None where there is none."""
    places, known = pd.factorize(ids)
    said: np.ndarray = np.array([*(say(i) for i in known), None], dtype=object)[places]
    return said
