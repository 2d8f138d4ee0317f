"""How often the suggested class of a case is the one that its ledger gives it, on cases whose class was hidden.

Usage: python -m benchmarks issue_classes [FOLDER_OF_REAL_MESSAGES] (default ../shared/real). Of messages_labelled.xlsx, the one
real file with a column of classes (the top level, 7 of the tree's 15), a share keeps its class, five times; the others' is
suggested by the product as it stands and compared with what was hidden.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedShuffleSplit

from analytics.issues import Findings, IssueDesk
from analytics.issues.case_classes import Given, classes_of_cases, given_classes
from analytics.issues.classes import BETWEEN, SUGGESTED
from analytics.settings import ROOT
from analytics.store import Store
from benchmarks.issue_types import import_real

FILE, TREE = "messages_labelled.xlsx", "taxonomy.xlsx"
SHARES = (0.0, 0.05, 0.1, 0.3, 0.5, 0.8)
HIDDEN, TIMES = 0.2, 5


def measured(folder: Path, shares: Sequence[float], times: int = TIMES) -> pd.DataFrame:
    """Return, by the share of cases that keep their class, how many keep it, the share of hidden ones suggested right, macro F1,
    and the share right by the type's leaf alone: columns kept, right, macro, by_type."""
    with tempfile.TemporaryDirectory() as place:
        ledger, desk = import_real(folder / FILE, place), IssueDesk(Store(place))
        desk.discover(ledger)
        desk.import_classes(TREE, (folder / TREE).read_bytes(), "benchmark")
        found = desk.findings(ledger)
        assert found is not None
        assert found.tree is not None
        told = ledger.duckdb.frame("SELECT case_no, own_class, module FROM cases").set_index("case_no")
        true = given_classes(found.tree, told.reindex(found.cases["case_no"]))
        rows = [{"share": s} | _measured(found, true, s, times) for s in shares]
    return pd.DataFrame(rows).set_index("share")


def _measured(found: Findings, true: np.ndarray, share: float, times: int) -> dict[str, float]:
    known = np.flatnonzero(~pd.isna(true))
    labels = true[known].astype(str)
    types = found.cases["type_id"].to_numpy(object)
    by_type = _top([found.classes.get(t) if t else None for t in types])
    split = StratifiedShuffleSplit(times, train_size=max(share, 0.05), test_size=HIDDEN, random_state=0)
    scores = []
    for n, (keep, hide) in enumerate(split.split(known, labels)):
        paths = np.full(len(true), None, dtype=object)
        if share:
            paths[known[keep]] = true[known[keep]]
        given = Given(f"{share} {n}", paths)
        got = _top(classes_of_cases(found.tree, found.run, given, types, found.classes, set()))[known[hide]]
        macro = f1_score(labels[hide], got, average="macro", labels=np.unique(labels))
        scores.append((np.mean(got == labels[hide]), macro, np.mean(by_type[known[hide]] == labels[hide])))
    right, macro, typed = np.mean(scores, axis=0)
    return {"kept": round(share * len(known)), "right": right, "macro": macro, "by_type": typed}


def _top(classes: Iterable[str | None]) -> np.ndarray:
    return np.array([str(c).removesuffix(SUGGESTED).split(BETWEEN)[0] for c in classes])


def main(arguments: list[str]) -> None:
    """Print accuracy and macro F1 at the level of the hidden classes, by the share of cases that keep theirs."""
    folder = Path(arguments[0]) if arguments else ROOT.parent / "shared" / "real"
    print(f"\n## 建议的分类与台账自己的分类（{FILE}）\n")
    print("| 有分类的占 | 件 | 建议对的 | 宏平均 F1 | 只看类型的 |\n| --- | --- | --- | --- | --- |")
    for row in measured(folder, SHARES).itertuples():
        print(f"| {row.Index:.0%} | {row.kept:.0f} | {row.right:.1%} | {row.macro:.3f} | {row.by_type:.1%} |")
