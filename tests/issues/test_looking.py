"""Ranking, search, likeness, crossings, the tree and suggestions."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import model
from analytics.caselist import ListRequest, count_cases
from analytics.exporting import case_table, notes_of
from analytics.issues import IssueDesk, crossing, looking, ranking, searching
from analytics.issues.accepting import accept_values
from analytics.issues.search import highlighted, index_of
from analytics.issues.triage import _even, fit_triage
from analytics.ledger import LOCAL, Ledger, open_ledger
from analytics.metrics import Slice, compute
from analytics.metrics.comparison import basis
from analytics.settings import load_settings
from analytics.store import Store
from analytics.suggested import suggested_modules, told
from tests.ingest.stored import imported
from tests.issues.test_discovery import KINDS, texts_of_three_kinds
from tests.small import ledger_of

YEAR = Slice(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def test_impact_is_the_weighted_mean_of_shares_of_the_largest() -> None:
    table = pd.DataFrame({"demand": [10.0, 5, 0], "growth": [-3.0, 2, 4], "overdue_open": [np.nan] * 3})
    score = ranking.impact(table, {"demand": 75, "growth": 25, "overdue_open": 50})
    assert score.tolist() == [75.0, 50.0, 25.0]


def test_measured_agrees_with_the_catalogue(demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    ledger = demo_found.attach(demo_ledger)
    made = basis(ledger, YEAR, "previous")
    table = ranking.measured(ledger, made)
    top = table["demand"].idxmax()
    for code in ("demand", "on_time_rate", "satisfaction"):
        assert table.loc[top, code] == compute(code, ledger, YEAR.narrowed(issue_type=top))["value"].iloc[0]
    earlier = compute("demand", ledger, made.flows.narrowed(issue_type=top))["value"].iloc[0]
    assert table.loc[top, "before"] == earlier
    fair = earlier * made.days / made.days_before
    assert table.loc[top, "growth"] == pytest.approx(table.loc[top, "demand"] - fair)


def test_what_a_ledger_lacks_is_unknown_and_not_zero(tmp_path: Path) -> None:
    rows = texts_of_three_kinds()
    for row in rows:
        row["credit_code"] = None
    ledger = ledger_of(tmp_path, rows)
    desk = IssueDesk(Store(tmp_path))
    desk.discover(ledger)
    whole = Slice(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    table = ranking.measured(desk.attach(ledger), basis(ledger, whole, "none"))
    assert table["demand"].sum() == len(rows)
    assert table[["departments", "enterprises", "bad_ratings", "satisfaction"]].isna().all().all()


def test_search_finds_what_the_list_of_cases_finds_and_tells_apart_what_is_only_like_it(
    demo_ledger: Ledger, demo_found: IssueDesk
) -> None:
    found = demo_found.findings(demo_ledger)
    hits, near = searching.search(demo_ledger, found, "租金 减免").exact, ()
    for query in ("租金 减免", "贷款", "物业 房租减免", "银行"):
        for scope in (YEAR, YEAR.narrowed(module="finance")):
            got = searching.search(demo_ledger, found, query, scope)
            assert len(got.exact) == count_cases(demo_ledger, scope, ListRequest(words=query))
            assert not set(got.exact) & set(got.near)
            near += got.near
    assert near
    texts = looking.texts_of(demo_ledger, hits[:10])
    said = texts["title"] + texts["content"]
    assert len(hits) > 10
    assert said.str.contains("租金").all()
    assert said.str.contains("减免").all()
    narrow = searching.search(demo_ledger, found, "租金 减免", YEAR).exact
    assert 0 < len(narrow) < len(hits)
    assert searching.search(demo_ledger, found, "zzqqxx") == searching.Hits((), ())
    assert set(searching.search(demo_ledger, None, "租金 减免").exact) == set(hits)


def test_letters_inside_words_are_found_too(demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    found = demo_found.findings(demo_ledger)
    number = found.cases["case_no"].iloc[3]
    assert searching.search(demo_ledger, found, number).exact == (number,)
    assert searching.search(demo_ledger, found, number.lower()).exact == (number,)


def test_a_department_finds_only_its_own_cases(demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    found = demo_found.findings(demo_ledger)
    department = demo_ledger.run(demo_ledger.table("case_facts").limit(1))["department"].iloc[0]
    own = open_ledger(Store(demo_ledger.folder), replace(LOCAL, department=department))
    allowed = set(own.run(own.table("case_facts").select("case_no"))["case_no"])
    search = searching.search(own, found, "申请")
    for hits in (search.exact, search.near, searching.alike(own, found, next(iter(allowed)))):
        assert set(hits) <= allowed


def test_cases_like_one_are_mostly_of_its_problem(demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    found = demo_found.findings(demo_ledger)
    largest = found.problems.index[0]
    one = found.cases.loc[found.cases["problem_id"] == largest, "case_no"].iloc[0]
    near = index_of(found.run).alike(one, how_many=10).index
    assert one not in near
    kinds = found.cases.set_index("case_no").loc[near, "type_id"]
    assert (kinds == found.problems.loc[largest, "type_id"]).mean() >= 0.8
    assert len(index_of(found.run).alike(text="房租减免没有兑现", how_many=5)) == 5
    assert index_of(found.run).alike("没有这个编号").empty


def test_highlighting_escapes_everything() -> None:
    shown = highlighted("<script>alert(1)</script> 房租太高 & 其他", "房租")
    assert "<script>" not in shown
    assert "<mark>房租</mark>" in shown
    assert "&amp;" in highlighted("a & b 房租", "房租")
    assert highlighted(None, "房租") == ""


def test_crossings_mark_what_margins_do_not_explain(tmp_path: Path) -> None:
    rows = [
        {"case_no": f"C{i}", "accepted_at": dt.datetime(2024, 3, 1), "street": s, "channel": c}
        for i, (s, c) in enumerate(
            [("甲", "窗口")] * 30 + [("甲", "热线")] * 10 + [("乙", "窗口")] * 10 + [("乙", "热线")] * 30
        )
    ]
    found = crossing.crossed(
        ledger_of(tmp_path, rows), Slice(dt.date(2024, 1, 1), dt.date(2024, 12, 31)), "street", "channel"
    )
    cell = found.set_index(["row_code", "column_code"]).loc[("甲", "窗口")]
    assert (cell["value"], cell["expected"]) == (30, 20)
    assert cell["residual"] == pytest.approx(10 / np.sqrt(20 * 0.5 * 0.5))
    assert found["value"].sum() == 80


def test_the_tree_adds_up(demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    found, ledger = demo_found.findings(demo_ledger), demo_found.attach(demo_ledger)
    nodes = looking.tree_nodes(ledger, everything(ledger), found)
    assert nodes["id"].is_unique
    for parent, rows in nodes[nodes["parent"] != ""].groupby("parent"):
        assert rows["cases"].sum() == nodes.loc[nodes["id"] == parent, "cases"].iloc[0]


def test_map_and_tree_follow_period_and_filters(demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    found, ledger = demo_found.findings(demo_ledger), demo_found.attach(demo_ledger)
    october = Slice(dt.date(2026, 10, 1), dt.date(2026, 10, 31)).narrowed(module="legal")
    nodes, points = looking.tree_nodes(ledger, october, found), looking.map_points(ledger, october, found, 10**6)
    accepted = int(compute("demand", ledger, october)["value"].iloc[0])
    outside = int(compute("demand", ledger, october.narrowed(issue_type=model.UNKNOWN))["value"].sum())
    assert 0 < nodes.loc[nodes["parent"] == "", "cases"].sum() == len(points) == accepted - outside
    assert len(points) < len(looking.map_points(ledger, everything(ledger), found, 10**6))


def everything(ledger: Ledger) -> Slice:
    return Slice(ledger.first_day, ledger.as_of.date())


def test_why_a_case_belongs_is_said_in_its_own_words(demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    found = demo_found.findings(demo_ledger)
    sure = found.cases.sort_values("confidence", ascending=False).iloc[0]["case_no"]
    placed = looking.belonging(demo_ledger, found, sure)
    text = looking.texts_of(demo_ledger, [sure]).iloc[0]
    assert placed.type_id in found.types.index
    assert placed.words
    assert all(w in text["title"] + text["content"] for w in placed.words)


def test_triage_learns_and_its_probabilities_mean_what_they_say(real_folder: Path) -> None:
    labelled = pd.read_excel(real_folder / "messages_labelled.xlsx", engine="calamine")
    unlabelled = pd.read_excel(real_folder / "messages_with_replies.xlsx", engine="calamine")
    pairs = lambda f: list(zip(f["留言主题"].astype(str), f["留言详情"].astype(str), strict=True))  # noqa: E731
    model = fit_triage(pairs(labelled), labelled["一级分类"].tolist(), pairs(unlabelled))
    assert model.macro_f1 >= 0.78
    bands = model.calibration
    assert bands["n"].sum() == 495
    assert np.average(abs(bands["told"] - bands["right"]), weights=bands["n"]) < 0.08


def test_suggestions_learn_from_cases_evenly_spaced_in_time(demo_ledger: Ledger) -> None:
    whole = _even(demo_ledger, "module IS NOT NULL", 10**6)
    assert (
        len(whole)
        == compute("demand", demo_ledger, Slice(dt.date(2000, 1, 1), dt.date(2030, 1, 1)), by=("module",))
        .dropna(subset=["module"])["value"]
        .sum()
    )
    assert whole["accepted_at"].is_monotonic_decreasing
    for most in (1, 7, 100, len(whole) - 1):
        some = _even(demo_ledger, "module IS NOT NULL", most)
        places = np.flatnonzero(whole["case_no"].isin(some["case_no"]))
        assert len(some) == len(places) == most
        assert places[0] == 0
        assert np.diff([*places, len(whole)]).max() <= len(whole) / most + 1


def test_an_accepted_module_is_in_the_ledger_and_nothing_else_changed(tmp_path: Path) -> None:
    rows = [
        {
            "case_no": f"C{i}",
            "accepted_at": dt.datetime(2024, 3, 1, 10, i),
            "title": "请回电 13812345678",
            "content": KINDS["公交"][1],
            "module": None if i == 3 else "finance",
        }
        for i in range(6)
    ]
    ledger = ledger_of(tmp_path, rows)
    store = Store(tmp_path)
    result = accept_values(store, ledger, "module", {"C3": "legal"}, load_settings(), dt.datetime(2025, 1, 1))
    assert (result.updated, result.read) == (1, 1)
    after = open_ledger(store, LOCAL.revealing())
    kept = after.run(after.table("cases").order_by("case_no"))
    assert kept["module"].tolist() == ["finance"] * 3 + ["legal"] + ["finance"] * 2
    assert kept["title"].tolist() == ["请回电 13812345678"] * 6
    assert kept["accepted_at"].tolist() == [pd.Timestamp(2024, 3, 1, 10, i) for i in range(6)]


def test_a_suggested_module_is_marked_until_a_file_gives_another(tmp_path: Path) -> None:
    rows = [
        {"case_no": f"C{i}", "accepted_at": f"2024-03-01 10:0{i}", "title": "漏水", "content": "x"} for i in range(3)
    ]
    ledger = ledger_of(tmp_path, rows)
    store = Store(tmp_path)
    assert (suggested_modules(ledger), told(ledger)) == (frozenset(), "")
    at = dt.datetime(2025, 1, 1)
    accept_values(store, ledger, "module", {"C1": "legal", "C2": "legal"}, load_settings(), at)
    after = open_ledger(store)
    assert suggested_modules(after) == {"C1", "C2"}
    assert told(after) == "其中 2 件的模块来自采纳的分派建议"
    assert any("建议" in note for note in notes_of(after, YEAR))
    listed = case_table(after.run(after.table("case_facts").select("case_no", "module").order_by("case_no")), {"C1"})
    assert [m.endswith("（建议）") for m in listed["服务模块"]] == [False, True, False]
    imported(store, "台账.csv", "工单编号,受理时间,诉求主题,诉求内容,服务模块\nC1,2024-03-01 10:01,漏水,x,金融服务\n")
    assert suggested_modules(open_ledger(store)) == {"C2"}
