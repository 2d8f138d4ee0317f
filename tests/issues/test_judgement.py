"""Human judgement: every decision shows at once, lasts through later runs, and can be undone."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analytics.issues import Findings, IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import Slice, compute
from analytics.settings import ROOT
from analytics.store import Store, StoreError
from tests.issues.test_discovery import texts_of_three_kinds
from tests.small import ledger_of, publish


@pytest.fixture
def desk(tmp_path: Path) -> IssueDesk:
    desk = IssueDesk(Store(tmp_path))
    desk.discover(ledger_of(tmp_path, texts_of_three_kinds()))
    return desk


def look(desk: IssueDesk) -> Ledger:
    return open_ledger(desk.store)


def types(desk: IssueDesk) -> dict[str, int]:
    return desk.findings(look(desk)).types["cases"].to_dict()


def again_with_more(desk: IssueDesk) -> None:
    """Run discovery on a ledger that has grown."""
    more = [
        *texts_of_three_kinds(),
        *({**r, "case_no": "N" + r["case_no"], "credit_code": None} for r in texts_of_three_kinds(10)),
    ]
    publish(desk.store.folder, {"cases": more}, dt.datetime(2025, 1, 1))
    desk.discover(look(desk))


def test_a_name_lasts_and_can_be_taken_back(desk: IssueDesk) -> None:
    automatic = desk.findings(look(desk)).types.loc["T0001", "name"]
    seq = desk.rename("T0001", "  公交出行 ", "王某", "领导要求")
    assert desk.findings(look(desk)).types.loc["T0001", "name"] == "公交出行"
    again_with_more(desk)
    assert desk.findings(look(desk)).types.loc["T0001", "name"] == "公交出行"
    desk.undo(seq, "王某")
    assert desk.findings(look(desk)).types.loc["T0001", "name"] != "公交出行"
    assert automatic
    assert [d.kind for d in desk.history()] == ["rename", "undo"]
    assert desk.history()[0].undone
    with pytest.raises(StoreError, match="已撤销"):
        desk.undo(seq, "王某")


def test_automatic_names_last_too(desk: IssueDesk) -> None:
    before = desk.findings(look(desk)).types["name"]
    again_with_more(desk)
    assert desk.findings(look(desk)).types["name"].to_dict() == before.to_dict()


def test_a_merged_type_stays_merged(desk: IssueDesk) -> None:
    assert types(desk) == {"T0001": 20, "T0002": 20, "T0003": 20}
    seq = desk.merge(["T0002", "T0003"], "T0002", "王某")
    assert types(desk) == {"T0001": 20, "T0002": 40}
    again_with_more(desk)
    assert types(desk) == {"T0001": 30, "T0002": 60}
    desk.undo(seq, "王某")
    assert types(desk) == {"T0001": 30, "T0002": 30, "T0003": 30}


def test_a_split_stays_split_and_new_cases_go_to_the_likelier_side(desk: IssueDesk) -> None:
    found = desk.findings(look(desk))
    mine = found.cases[found.cases["type_id"] == "T0001"]["case_no"].tolist()
    new = desk.split("T0001", mine[:8], "拆出的", "王某")
    assert types(desk) == {"T0001": 12, "T0002": 20, "T0003": 20, new: 8}
    again_with_more(desk)
    after = desk.findings(look(desk)).cases.set_index("case_no")["type_id"]
    assert (after.loc[mine[:8]] == new).all()
    assert (after.loc[mine[8:]] == "T0001").all()
    assert sum(types(desk).values()) == 90


def test_moved_cases_stay_where_they_were_put(desk: IssueDesk) -> None:
    desk.move(["C0000", "C0001"], "", "王某")
    desk.move(["C0002"], "T0001", "王某")
    again_with_more(desk)
    cases = desk.findings(look(desk)).cases.set_index("case_no")
    assert cases.loc[["C0000", "C0001"], "type_id"].isna().all()
    assert cases.loc["C0002", "type_id"] == "T0001"


def test_decisions_leave_what_the_run_found_as_it_was(desk: IssueDesk) -> None:
    before = desk.findings(look(desk)).run.cases.copy()
    desk.move(before["case_no"].tolist()[:3], str(before["kind"].iloc[-1]), "王某")
    found = desk.findings(look(desk))
    assert (found.cases["confidence"].iloc[:3] == 1.0).all()
    pd.testing.assert_frame_equal(found.run.cases, before)


def test_a_problem_lies_in_the_type_of_most_of_its_cases() -> None:
    shown = pd.DataFrame(
        {
            "type_id": ["T2", "T1", "T1", "T2", "T1", None, "T3", "T3"],
            "problem_id": ["P1", "P1", "P1", "P2", "P2", "P2", None, "P1"],
        }
    )
    assert Findings._at_home(shown).tolist() == [None, "P1", "P1", None, "P2", None, None, None]
    assert Findings._at_home(shown.assign(problem_id=None)).tolist() == [None] * 8
    assert Findings._at_home(shown.iloc[:0]).tolist() == []


def test_a_pinned_type_keeps_its_cases(desk: IssueDesk) -> None:
    desk.mark("pin", "T0003", "", "王某")
    desk.mark("owner", "T0003", "区人社局", "王某")
    desk.mark("note", "T0003", "每周跟踪", "王某")
    desk.mark("dismiss", "T0002", "", "王某")
    again_with_more(desk)
    kept = desk.findings(look(desk)).types
    assert kept.loc["T0003", ["pinned", "owner", "note"]].tolist() == [True, "区人社局", "每周跟踪"]
    assert kept["dismissed"].to_dict() == {"T0001": False, "T0002": True, "T0003": False}


def test_metrics_count_by_type_as_findings_do(desk: IssueDesk) -> None:
    ledger = desk.attach(look(desk))
    whole = Slice(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    by_type = compute("demand", ledger, whole, by=("issue_type",)).set_index("issue_type")["value"]
    assert by_type.to_dict() == types(desk)
    one = compute("demand", ledger, whole.narrowed(issue_type="T0002"))["value"].iloc[0]
    assert one == 20
    desk.merge(["T0002", "T0003"], "T0002", "王某")
    merged = compute("demand", desk.attach(look(desk)), whole.narrowed(issue_type="T0002"))["value"].iloc[0]
    assert merged == 40


def test_refused_decisions_say_why(desk: IssueDesk) -> None:
    for act in (
        lambda: desk.rename("T0001", "  ", "王某"),
        lambda: desk.merge(["T0001"], "T0001", "王某"),
        lambda: desk.split("T0001", [], "名", "王某"),
        lambda: desk.move([], "T0001", "王某"),
    ):
        with pytest.raises(StoreError):
            act()
    assert desk.history() == []


def test_decisions_of_two_processes_are_both_kept(desk: IssueDesk) -> None:
    script = (
        "import sys; from analytics.issues import IssueDesk; from analytics.store import Store\n"
        "desk = IssueDesk(Store(sys.argv[1]))\n"
        "for i in range(20): desk.rename('T0001', f'{sys.argv[2]}{i}', sys.argv[2])"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", script, str(desk.store.folder), name], cwd=ROOT) for name in "ab"
    ]
    assert [w.wait() for w in workers] == [0, 0]
    assert sorted(d.detail["value"] for d in desk.history()) == sorted(f"{n}{i}" for n in "ab" for i in range(20))


def test_demo_decisions_do_not_reach_the_real_ledger(demo_store: Store, demo_ledger: Ledger, tmp_path: Path) -> None:
    demo, real = IssueDesk(demo_store), IssueDesk(Store(tmp_path))
    assert demo.book.path.parent.name == "demo"
    assert real.book.path.parent.name == "real"


def test_a_real_ledger_does_not_inherit_the_findings_of_demo_data(demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    from dataclasses import replace

    real = replace(demo_ledger, snapshot=replace(demo_ledger.snapshot, synthetic=False))
    assert demo_found.findings(real) is None
    assert demo_found.findings(demo_ledger) is not None
