"""Real messages, grouped as readers group them: floors a little under what is reached (docs/issue-types.md)."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path

import pytest

from analytics import ingest
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.settings import ROOT, load_settings
from analytics.store import Store

SHARED = ROOT.parent / "shared"
FILES = {
    "board": ("board_messages.xlsx", "board_groups.csv"),
    "replies": ("messages_with_replies.xlsx", "replies_groups.csv"),
}
FLOORS = {
    "board": {"pairs": 0.84, "b3": 0.87, "best3": 0.86, "best5": 0.83, "best10": 0.92, "v": 0.68, "ari": 0.38, "type_b3": 0.41},
    "replies": {"pairs": 0.55, "b3": 0.82, "v": 0.63, "ari": 0.31, "type_b3": 0.37},
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_groups_are_as_the_readers_have_them(name: str, tmp_path: Path) -> None:
    file, groups = FILES[name]
    score = SHARED / "tools" / "score_groups.py"
    if not (SHARED / "real" / groups).exists() or not score.exists():
        pytest.skip("readers' groups of real messages (../shared/real) are not on this machine")
    spec = importlib.util.spec_from_file_location("score_groups", score)
    scoring = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scoring)
    store, settings = Store(tmp_path), load_settings()
    messages = (SHARED / "real" / file).read_bytes()
    ingest.run_import(store, ingest.plan_files([(file, messages)], settings), settings, dt.datetime(2026, 11, 24, 17))
    desk, ledger = IssueDesk(store), open_ledger(store)
    desk.discover(ledger)
    found = desk.findings(ledger)
    table = found.cases[["case_no", "type_id", "problem_id"]].assign(
        type_name=found.cases["type_id"].map(found.types["name"]),
        problem_name=found.cases["problem_id"].map(found.problems["name"]),
    )
    table.to_csv(tmp_path / "assignments.csv", index=False)
    reached = scoring.main(str(tmp_path / "assignments.csv"), str(SHARED / "real" / groups))
    short = {k: round(reached[k], 3) for k, floor in FLOORS[name].items() if reached[k] < floor}
    assert not short
    # A problem lies in one type, and hardly any type is one problem.
    inside = found.cases.dropna(subset=["problem_id"])
    assert (inside.groupby("problem_id")["type_id"].nunique() == 1).all()
    one = found.cases.assign(matter=found.cases["problem_id"].fillna(found.cases["case_no"]))
    assert (one.groupby("type_id")["matter"].nunique() > 1).all()
