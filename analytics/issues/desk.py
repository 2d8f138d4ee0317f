"""The desk where runs and decisions of a store meet: look, run, join new cases, decide, undo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics.clock import shanghai_now
from analytics.issues.answers import NAME, TEACH
from analytics.issues.classes import CLASS, TREE, ClassTree, read_tree, tree_of
from analytics.issues.constraints import Constraints
from analytics.issues.findings import Findings, each
from analytics.issues.reach import known_from
from analytics.language_model import WHERE, LanguageModel, ModelError
from analytics.ledger import Ledger
from analytics.settings import Settings
from analytics.store import Store, StoreError
from analytics.store.audit import MODEL_ASKED, AuditLog
from analytics.store.decisions import Decision, DecisionBook
from analytics.store.runs import Run, RunBook
from analytics.viewer import DECIDE, EXPORT, IMPORT, LOCAL, Viewer

#: A kept view is a row of the same book: by whom, when, and how it may be undone.
VIEW = "view"
#: A description of a type that somebody took over from a proposal.
DESCRIBE = "describe"
#: A ledger's table of types is named so, with the token of the findings after it.
TABLE = "issue_cases_"
if TYPE_CHECKING:
    from analytics.issues.embedding import Embed
    from analytics.issues.proposed_names import ProposedName
    from analytics.issues.questions import Question

Progress = Callable[[float, str], None]
ISSUE_COLUMNS = (
    "case_no", "issue_type", "issue_problem", "issue_class", "issue_confidence", "repeat_of", "issue_problem_name",
)  # fmt: skip
KINDS = {
    "rename": "改名",
    "merge": "合并",
    "split": "拆分",
    "move": "移动工单",
    "dismiss": "标为不是问题",
    "pin": "固定",
    "owner": "指定牵头部门",
    "note": "备注",
    DESCRIBE: "采用说明",
    TEACH: "回答提问",
    TREE: "导入分类表",
    CLASS: "归入分类",
    "undo": "撤销",
}


class IssueDesk:
    """Types and problems of one store."""

    def __init__(self, store: Store, settings: Settings | None = None, viewer: Viewer = LOCAL):
        self.store, self.settings, self.viewer = store, settings or store.settings, viewer
        # What is decided of demo data says nothing of the real ledger that takes its place.
        part = f"issues/{store.kind}"
        self.runs, self.book = RunBook(store.folder / part), DecisionBook(store, part, DECIDE, viewer)
        self._views = DecisionBook(store, part, EXPORT, viewer)

    def findings(self, ledger: Ledger) -> Findings | None:
        """Return what is found of this ledger, decisions applied; None before the first run.

        A run on demo data says nothing of a real ledger that took its place, nor the other way.
        """
        run = self.runs.of(ledger.snapshot.id)
        if run is None or run.card["synthetic"] != ledger.snapshot.synthetic:
            return None
        return _findings(run, self.book.last(), self.store.folder, self.book.part)

    def discover(self, ledger: Ledger, progress: Progress = lambda share, text: None) -> Run:
        """Find types and problems anew and publish the run; ids and decisions last."""
        self.viewer.require(DECIDE)
        from analytics.issues.discovery import discover  # scikit-learn: a second that others need not wait

        found = self.findings(ledger)
        constraints = Constraints.of(self.book.standing())
        files = discover(
            ledger, constraints, self.settings.most_texts, found.run if found else None, progress, self._embed()
        )
        with self.store.writing():
            run = self.runs.publish(files)
        progress(1.0, "归类完成")
        return run

    def join_new(self, ledger: Ledger) -> int:
        """Let cases that came after the run join its types, moving no other; returns how many came."""
        from analytics.issues.joining import join_new

        if not self.viewer.may(IMPORT):  # whoever brings new cases may let them join
            self.viewer.require(DECIDE)
        found = self.findings(ledger)
        if found is None:
            return 0
        with self.store.writing():
            files, joined = join_new(ledger, found.run, self._embed())
            if joined:
                self.runs.publish(files)
        return joined

    def fresh(self, ledger: Ledger) -> int:
        """Return how many cases, of the weeks that types reach, came after the run; 0 before the first one."""
        found = self.findings(ledger)
        if found is None:
            return 0
        since = found.run.since
        cases = (
            ledger.duckdb.frame(f"SELECT count(*) AS n FROM case_facts WHERE {known_from(since)}")["n"].iloc[0]
            if since
            else ledger.counts["cases"]
        )
        return max(int(cases) - len(found.run.cases), 0)

    def _embed(self) -> Embed | None:
        """Return the sentence model that the settings name, None for none."""
        if not self.settings.embedding_model:
            return None
        from analytics.issues.embedding import load_embedding

        return load_embedding(self.settings.embedding_model)

    def attach(self, ledger: Ledger) -> Ledger:
        """Return the ledger with types and problems as dimensions, where there are findings."""
        try:
            found = self.findings(ledger)
            if found is None:
                return ledger
            name = TABLE + found.token
            ledger.reader.put_once(name, lambda: _as_dimensions(found, ledger))
            dimensions = ("issue_type", "issue_problem", *(("issue_class",) if found.tree else ()))
        except StoreError:  # a damaged run must not take the other pages with it; 一类问题 says what is wrong
            return ledger
        return ledger.attach(name, *dimensions, since=found.run.since)

    # -- decisions ----------------------------------------------------------------------------

    def rename(self, id: str, name: str, who: str, why: str = "") -> int:
        """Give a type or problem a name that lasts."""
        if not name.strip():
            raise StoreError("名称不能为空")
        return self._decide("rename", id, {"value": name.strip()[:60]}, who, why)

    def describe(self, id: str, text: str, who: str, why: str = "") -> int:
        """Put a description beside what is counted of a type."""
        return self._decide(DESCRIBE, id, {"value": text.strip()[:500]}, who, why)

    def propose_name(self, ledger: Ledger, id: str, who: str) -> ProposedName:
        """Ask the office's language model to name and describe a type; what passes the checks is returned, nothing is changed.

        Who asks is audited before anything is sent, and what came of it after. Raises StoreError where no model is set or there
        is no such type, ModelError where it cannot be asked.
        """
        self.viewer.require(DECIDE)
        model = LanguageModel.of(self.settings, self.store.folder)
        if model is None:
            raise StoreError(f"没有配置语言模型；需要时请管理员在{WHERE} 写 address 与 model，重启后生效")
        found = self.findings(ledger)
        if found is None or id not in found.types.index:
            raise StoreError(f"没有编号为“{id}”的类型")
        from analytics.issues.proposed_names import material_of, propose

        material = material_of(ledger, found, id)
        log, by = AuditLog(self.store.folder), self.viewer.signature(who)
        sent = {"address": model.address, "model": model.name, "cases": len(material.sent)}
        log.record(self.viewer, MODEL_ASKED, id, sent, by)
        try:
            told = propose(model, material)
        except ModelError as error:
            log.record(self.viewer, MODEL_ASKED, id, {"failed": str(error)}, by)
            raise
        passed = {"name": bool(told.name), "description": bool(told.description), "dropped": list(told.dropped)}
        log.record(self.viewer, MODEL_ASKED, id, {"passed": passed}, by)
        return told

    def merge(self, ids: Sequence[str], into: str, who: str, why: str = "") -> int:
        """Make several types (or problems) one, under the id ``into``; later runs keep them together."""
        levels = {i[0] == "P" for i in (*ids, into)}
        others = [i for i in ids if i != into]
        if len(levels) > 1 or not others:
            raise StoreError("请选两个以上同一层的类型（或问题）合并")
        return self._decide("merge", into, {"ids": others}, who, why)

    def split(self, id: str, cases: Sequence[str], name: str, who: str, why: str = "") -> str:
        """Part some cases of a type off as a new type; later runs keep them apart. Returns the new id."""
        if not cases:
            raise StoreError("请至少选一件要拆出来的工单")
        new = f"TS{self.book.last() + 1:04d}"
        self._decide(
            "split", id, {"new": new, "cases": list(cases), "name": name.strip()[:60] or "拆分出的类型"}, who, why
        )
        return new

    def move(self, cases: Sequence[str], to: str, who: str, why: str = "") -> int:
        """Move cases to a type, a problem, or ('') to 未归类; it holds in later runs."""
        if not cases:
            raise StoreError("请至少选一件要移动的工单")
        return self._decide("move", to, {"cases": list(cases)}, who, why)

    def mark(self, kind: str, id: str, value: str, who: str, why: str = "") -> int:
        """Pin a type, say that it is no problem (dismiss), set its owner department or a note."""
        return self._decide(kind, id, {"value": value}, who, why)

    def answer(self, question: Question, other: str, yes: bool | None, who: str) -> int:
        """Write down what somebody answered (see ``answers.Answer``); None: could not tell. A good name is a name given."""
        if question.ask == NAME and yes:
            return self.rename(question.one, question.other, who)
        return self._decide(TEACH, question.one, {"ask": question.ask, "other": other, "yes": yes}, who, "")

    def import_classes(self, name: str, data: bytes, who: str) -> ClassTree:
        """Take a class tree (see ``classes.read_tree``) into force in place of the one before; undone like any decision."""
        self.viewer.require(DECIDE)
        tree = read_tree(name, data)
        self._decide(TREE, name[:60], {"leaves": [list(path) for path in tree.leaves]}, who, "")
        return tree

    def put_under(self, id: str, leaf: str, who: str, why: str = "") -> int:
        """Hang a type under a leaf of the class tree."""
        tree = tree_of(self.book.standing())
        if tree is None or leaf not in tree.names:
            raise StoreError(f"分类表里没有“{leaf}”")
        return self._decide(CLASS, id, {"value": leaf}, who, why)

    def undo(self, seq: int, who: str, why: str = "") -> int:
        """Take a decision back; raises StoreError when it does not stand."""
        if seq not in {d.seq for d in self.book.standing()}:
            raise StoreError(f"没有可撤销的第 {seq} 号决定（可能已撤销）")
        return self.book.undo(seq, who, why, _now())

    def history(self) -> list[Decision]:
        return self.book.history()

    def keep_view(self, name: str, query: dict[str, list[str]], who: str) -> int:
        """Keep an address's query under a name."""
        return self._views.record(VIEW, name[:40], {"query": query}, who, "", _now())

    def views(self) -> list[Decision]:
        """Return the views that the viewer has kept (at the machine itself all of them), oldest first."""
        mine = self.viewer.local, self.viewer.name
        return [d for d in self.book.standing() if d.kind == VIEW and (mine[0] or d.who == mine[1])]

    def drop_view(self, seq: int, who: str) -> None:
        """Forget a view; raises StoreError for one that is not the viewer's."""
        if seq not in {d.seq for d in self.views()}:
            raise StoreError("没有这个视图，或不是您保存的")
        self._views.undo(seq, who, "", _now())

    def _decide(self, kind: str, target: str, detail: dict[str, object], who: str, why: str) -> int:
        return self.book.record(kind, target, detail, who, why, _now())


def _as_dimensions(found: Findings, ledger: Ledger) -> pd.DataFrame:
    cases, names = found.cases, found.problems["name"]
    columns = {
        "case_no": cases["case_no"],
        "issue_type": cases["type_id"],
        "issue_problem": cases["problem_id"],
        "issue_class": _classes(found, ledger),
        "issue_confidence": cases["confidence"],
        "repeat_of": cases["repeat_of"],
        "issue_problem_name": each(cases["problem_id"], names.get),
    }
    return pd.DataFrame({name: columns[name] for name in ISSUE_COLUMNS}, copy=False)


def _classes(found: Findings, ledger: Ledger) -> np.ndarray:
    """Return each case's class (see ``case_classes``), None for all without a tree."""
    tree = found.tree
    if tree is None:
        return np.full(len(found.cases), None, dtype=object)
    from analytics.issues.case_classes import Given, classes_of_cases, given_classes

    kept = [
        c for c in ("own_class", "module") if c in ledger.duckdb.schema("cases")
    ]  # an older snapshot lacks the first
    told = ledger.duckdb.frame(
        f"SELECT case_no, {', '.join(kept)} FROM cases WHERE coalesce({', '.join(kept)}) IS NOT NULL"
    )
    told = told.set_index("case_no").reindex(found.cases["case_no"]).reindex(columns=["own_class", "module"])
    given = Given(f"{ledger.snapshot.id} {ledger.as_of}", given_classes(tree, told))
    confirmed = {d.target for d in found.decisions if d.kind == CLASS}
    return classes_of_cases(tree, found.run, given, found.cases["type_id"].to_numpy(object), found.classes, confirmed)


@lru_cache(maxsize=4)
def _findings(run: Run, last: int, folder: Path, part: str) -> Findings:
    return Findings(run, tuple(DecisionBook(Store(folder), part, DECIDE).standing()), last)


def _now() -> dt.datetime:
    return shanghai_now().replace(microsecond=0)
