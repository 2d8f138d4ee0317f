"""Several rows of one case: departments side by side, one row a step, versions; and what is not one case at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analytics.ingest import ByHand
from analytics.store import Store
from tests.ingest.stored import held, imported

HEAD = "工单编号,受理时间,诉求内容,承办部门,主协办,办结时间,满意度\n"
T = pd.Timestamp


def test_the_lead_need_not_stand_first(tmp_path: Path) -> None:
    lines = "G1,2026-03-02,油烟,环保局,协办,2026-03-09,\nG1,2026-03-02,油烟,城管局,主办,2026-03-05,满意\n"
    result = imported(tmp_path, "a.csv", HEAD + lines)
    assert (result.accepted, result.updated) == (1, 1)
    case = held(tmp_path).loc["G1"]
    assert (case["department"], case["co_departments"], case["closed_at"]) == ("城管局", "环保局", T("2026-03-09"))


def test_a_case_of_which_one_department_is_still_at_work_is_open(tmp_path: Path) -> None:
    lines = "G1,2026-03-02,油烟,城管局,主办,2026-03-05,\nG1,2026-03-02,油烟,环保局,协办,,\nG2,2026-03-02,停电,甲局,主办,2026-03-03,\nG2,2026-03-02,停电,乙局,协办,2026-03-04,\n"
    imported(tmp_path, "a.csv", HEAD + lines)
    closed = held(tmp_path)["closed_at"]
    assert pd.isna(closed["G1"])
    assert closed["G2"] == T("2026-03-04")


def test_where_only_leads_say_when_they_closed_the_lead_counts(tmp_path: Path) -> None:
    lines = "G1,2026-03-02,油烟,城管局,主办,2026-03-05,\nG1,2026-03-02,油烟,环保局,协办,,\n"
    imported(tmp_path, "a.csv", HEAD + lines)
    assert held(tmp_path)["closed_at"]["G1"] == T("2026-03-05")


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    lines = "G1,2026-03-02,油烟,城管局,主办,2026-03-05,满意\nG1,2026-03-02,油烟,环保局,协办,2026-03-09,\n"
    store = Store(tmp_path)
    imported(store, "a.csv", HEAD + lines)
    assert imported(store, "a.csv", HEAD + lines).unchanged == 2


def test_versions_stay_versions_where_rows_say_when_they_were_updated_or_a_person_does(tmp_path: Path) -> None:
    head = "工单编号,受理时间,诉求内容,承办部门,更新时间\n"
    lines = "G1,2026-03-02,油烟,城管局,2026-03-03\nG1,2026-03-02,油烟,环保局,2026-03-04\n"
    imported(tmp_path / "dated", "a.csv", head + lines)
    plain = "工单编号,受理时间,诉求内容,承办部门\nG1,2026-03-02,油烟,城管局\nG1,2026-03-02,油烟,环保局\n"
    store = Store(tmp_path / "said")
    imported(store, "a.csv", plain, ByHand(several="versions"))
    for folder in (tmp_path / "dated", store):
        case = held(folder).loc["G1"]
        assert (case["department"], case["co_departments"]) == ("环保局", None)
    imported(store, "b.csv", plain.replace("G1", "G2"))  # the profile keeps what was said
    assert held(store).loc["G2", "co_departments"] is None


def test_one_row_a_step_becomes_events(tmp_path: Path) -> None:
    head = "工单编号,受理时间,诉求内容,环节,操作时间,经办部门\n"
    lines = (
        "G1,2026-03-02 09:00,油烟,受理,2026-03-02 09:00,中心\nG1,2026-03-02 09:00,油烟,派单,2026-03-02 10:00,中心\n"
        "G1,2026-03-02 09:00,油烟,办理,2026-03-03 09:00,城管局\nG1,2026-03-02 09:00,油烟,办结,2026-03-05 09:00,城管局\n"
        "G2,2026-03-02 09:00,停电,受理,2026-03-02 09:00,中心\n"
    )
    result = imported(tmp_path, "a.csv", head + lines)
    assert (result.read, len(held(tmp_path))) == (5, 2)
    assert held(tmp_path, "events").sort_values("happened_at")["stage"].tolist() == [
        "transferred",
        "processing",
        "closed",
    ]
    facts = held(tmp_path, "case_facts")
    assert facts["closed_at"]["G1"] == T("2026-03-05 09:00")
    assert pd.isna(facts["closed_at"]["G2"])
    assert any("每个环节一行" in w for w in result.warnings)


def test_one_number_for_two_cases_is_refused_in_a_file_and_against_the_ledger(tmp_path: Path) -> None:
    head = "工单编号,受理时间,诉求内容\n"
    store = Store(tmp_path)
    result = imported(store, "a.csv", head + "1,2026-03-02,油烟\n1,2026-04-02,停电\n2,2026-03-02,漏水\n")
    assert (result.accepted, result.quarantined) == (1, 2)
    assert "诉求内容不同，不能并成一件" in result.quarantine[0].reason
    again = imported(store, "b.csv", head + "2,2027-03-02,噪音\n".replace("2027", "2025"))
    assert again.quarantined == 1
    assert "另一件诉求（2026-03-02 受理" in again.quarantine[0].reason
    assert held(store).loc["2", "content"] == "漏水"


def test_a_correction_of_the_time_or_of_the_words_alone_is_one(tmp_path: Path) -> None:
    head = "工单编号,受理时间,诉求内容\n"
    store = Store(tmp_path)
    imported(store, "a.csv", head + "1,2026-03-02,油烟\n2,2026-03-02,漏水\n")
    assert imported(store, "b.csv", head + "1,2026-03-03,油烟\n2,2026-03-02,漏水很急\n").updated == 2


STEPS = "工单编号,受理时间,诉求内容,企业名称,环节,发生时间,经办部门"


def test_steps_say_who_took_the_case_and_what_their_rows_say_otherwise(tmp_path: Path) -> None:
    rows = (
        "A1,2026-05-01 09:00,内容,甲公司,受理,2026-05-01 09:00,街道办",
        "A1,2026-05-01 09:00,内容,乙公司,办理,2026-05-02 10:00,科技局",
        "A1,2026-05-01 09:00,内容,乙公司,反馈,,科技局",
    )
    result = imported(tmp_path, "环节.csv", "\n".join([STEPS, *rows]))
    assert held(tmp_path).loc["A1", "first_department"] == "街道办"
    told = "".join(result.to_check)
    assert "企业名称（1 件）" in told
    assert "1 行的环节没有发生时间，没有记入环节记录" in told
