"""The first lines of a type's page answer seven questions, with counts that the lists behind them have."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analytics import figures
from analytics.issues import IssueDesk
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute, period
from analytics.store import Store
from tests.pages.test_pages import open_page

QUESTIONS = ("多少", "从何时", "是谁", "在哪里", "归谁办", "怎么答的", "该做什么")


def lines_of(store: Store, type_id: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    app = open_page("issues", store, monkeypatch, type=type_id)
    told = next(str(m.value) for m in app.markdown if str(m.value).startswith("**多少**"))
    return dict(re.findall(r"\*\*(.+?)\*\*\u3000(.*?)(?:  \n|$)", told))


def test_seven_questions_are_answered_on_the_demo(
    demo_store: Store, demo_found: IssueDesk, demo_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = demo_found.findings(demo_ledger)
    id = str(found.types.index[0])
    told = lines_of(demo_store, id, monkeypatch)
    assert tuple(told) == QUESTIONS
    ledger = demo_found.attach(demo_ledger)
    slice = Slice(*period("this_month", demo_ledger.as_of)).narrowed(issue_type=id)
    now = int(compute("demand", ledger, slice)["value"].iloc[0])
    assert told["多少"].startswith(f"统计期内 {now:,} 件")
    assert f"全部 {found.types.loc[id, 'cases']:,} 件" in told["多少"]
    by_department = compute("demand", ledger, slice, by=("department",)).set_index("department")["value"]
    assert f"{by_department.idxmax()} {by_department.max():,.0f}/{by_department.sum():,.0f}" in told["归谁办"]
    assert re.search(rf"最大的具体问题「.+」\d+/{now} 件", told["在哪里"])
    assert "有答复" in told["怎么答的"]
    assert "治理台账" in told["该做什么"]


def test_what_a_ledger_lacks_is_said(real_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from analytics.ledger import open_ledger

    desk = IssueDesk(real_store)
    ledger = open_ledger(real_store)
    found = desk.findings(ledger) or (desk.discover(ledger), desk.findings(ledger))[1]
    told = lines_of(real_store, str(found.types.index[0]), monkeypatch)
    assert "台账里没有承办部门" in told["归谁办"]
    assert "没有指定牵头部门" in told["归谁办"]
    assert "有答复" in told["怎么答的"]


def test_every_type_on_the_map_bears_its_number_and_names_lie_apart() -> None:
    middles = pd.DataFrame(
        {"x": [0.0, 0.02, 5.0, 10.0], "y": [0.0, 0.0, 5.0, 10.0], "name": ["甲", "乙", "<b>丙</b>", "丁"]},
        index=["T1", "T2", "T3", "T4"],
    )
    points = middles.assign(case_no="C", type_id=middles.index, type=middles["name"])
    texts = [a.text for a in figures.case_map(points, middles).layout.annotations]
    assert texts == ["1", "2", "3 &lt;b&gt;丙&lt;/b&gt;", "4 丁"]
