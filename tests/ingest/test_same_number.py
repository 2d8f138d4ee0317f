"""Rows under one number are one case only where their words and times agree; what differs is never merged."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.ingest import ByHand
from analytics.ingest.reasons import CONTRADICTION, NUMBER
from analytics.store import Store
from tests.ingest.books import book
from tests.ingest.stored import held, imported

HEAD = "工单编号,受理时间,诉求内容,承办部门,办结时间\n"


@pytest.mark.parametrize("word", ["待定", "0", "000", "暂无", "未编号", "XXX"])
@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-03"])
def test_a_word_in_place_of_a_number_is_no_number(tmp_path: Path, word: str, day: str) -> None:
    lines = f"{word},2026-03-02,油烟,城管局,\nG2,2026-03-02,停水,水务局,\n{word},{day},停电,供电局,\n{word},2026-03-02,漏水,住建局,\n"
    result = imported(tmp_path, "台账.csv", HEAD + lines)
    assert held(tmp_path).index.tolist() == ["G2"]
    assert [(q.row_no, q.kind) for q in result.quarantine] == [
        (2, CONTRADICTION),
        (4, CONTRADICTION),
        (5, CONTRADICTION),
    ]
    for said in ("台账.csv第 2 行", "列「工单编号」", f"“{word}”", "第 2、4、5 行", "补上"):
        assert said in result.quarantine[0].reason


@pytest.mark.parametrize("word", ["无", "—", "-", "N/A"])
def test_a_dash_in_place_of_a_number_is_named(tmp_path: Path, word: str) -> None:
    result = imported(
        tmp_path, "台账.csv", HEAD + f"{word},2026-03-02,油烟,,\n{word},2026-03-03,停电,,\nG1,2026-03-03,停水,,\n"
    )
    assert result.quarantined == 2
    assert f"“{word}”" in result.quarantine[0].reason


@pytest.mark.parametrize("second", ["2026-03-02", "2026-03-05"])
def test_two_texts_under_one_number_are_no_lead_and_helper(tmp_path: Path, second: str) -> None:
    result = imported(tmp_path, "台账.csv", HEAD + f"7,2026-03-02,油烟,城管局,\n7,{second},停电,供电局,\n")
    assert (result.accepted, result.quarantined) == (0, 2)
    assert "内容不同" in result.quarantine[0].reason


def test_departments_of_one_text_that_took_it_at_different_times_are_not_joined(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", HEAD + "7,2026-03-02,油烟,城管局,\n7,2026-03-05,油烟,环保局,\n")
    assert (result.accepted, result.quarantined) == (0, 2)
    assert "受理时间不同" in result.quarantine[0].reason


def test_a_day_agrees_with_a_time_of_that_day(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", HEAD + "7,2026-03-02 09:30,油烟,城管局,\n7,2026-03-02,油烟,环保局,\n")
    assert result.quarantined == 0
    case = held(tmp_path).loc["7"]
    assert (case["department"], case["co_departments"]) == ("城管局", "环保局")
    assert case["accepted_at"] == pd.Timestamp("2026-03-02 09:30")


@pytest.mark.parametrize("word", ["待定", "同上", "0"])
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_one_word_among_numbers_is_none(tmp_path: Path, word: str, name: str) -> None:
    rows = [
        ["A1", "2026-03-01", "漏水"],
        [word, "2026-03-01", "停电"],
        *([f"A{i}", "2026-03-02", "噪音"] for i in range(3, 7)),
    ]
    heads = ["工单编号", "受理时间", "诉求内容"]
    content = book(rows, heads) if name == "a.xlsx" else "\n".join(map(",".join, [heads, *rows])).encode()
    result = imported(tmp_path, name, content)
    assert [(q.row_no, q.kind) for q in result.quarantine] == [(3, NUMBER)]
    assert f"“{word}”不是编号" in result.quarantine[0].reason


def test_what_a_row_leaves_empty_agrees(tmp_path: Path) -> None:
    head = "工单编号,受理时间,诉求主题,诉求内容,承办部门\n"
    result = imported(tmp_path, "台账.csv", head + "7,2026-03-02,油烟,楼下油烟,城管局\n7,2026-03-02,油烟,,环保局\n")
    assert (result.quarantined, held(tmp_path).loc["7", "co_departments"]) == (0, "环保局")


def test_two_times_of_one_case_are_told_and_the_later_row_counts(tmp_path: Path) -> None:
    result = imported(tmp_path, "台账.csv", "工单编号,受理时间,诉求内容\n7,2026-03-02,油烟\n7,2026-03-05,油烟\n")
    assert held(tmp_path)["accepted_at"].tolist() == [pd.Timestamp("2026-03-05")]
    account = result.account()
    assert account.state == "amber"
    assert any("“7”" in t and "2026-03-02" in t and "2026-03-05" in t for t in account.to_check)
    assert "核对" in account.next_step


def test_versions_may_change_their_words_but_not_be_other_cases(tmp_path: Path) -> None:
    head = "工单编号,受理时间,诉求内容,更新时间\n"
    lines = (
        "1,2026-03-02,油烟,2026-03-03\n1,2026-03-02,油烟很大,2026-03-04\n"
        "2,2026-03-02,停电,2026-03-03\n2,2026-03-09,停水,2026-03-10\n"
        "待定,2026-03-02,停车,2026-03-03\n待定,2026-03-02,占道,2026-03-04\n"
        "3,2026-03-02,漏水,2026-03-03\n3,2026-03-02,漏电,2026-03-03\n"
    )
    result = imported(tmp_path, "台账.csv", head + lines)
    assert held(tmp_path)["content"].to_dict() == {"1": "油烟很大"}
    assert result.quarantined == 6


def test_a_person_may_say_that_rows_are_versions(tmp_path: Path) -> None:
    lines = HEAD + "1,2026-03-02,油烟,城管局,\n1,2026-03-02,油烟很大,城管局,\n"
    assert imported(tmp_path / "a", "台账.csv", lines).quarantined == 2
    result = imported(tmp_path / "b", "台账.csv", lines, ByHand(several="versions"))
    assert (result.quarantined, held(tmp_path / "b")["content"].tolist()) == (0, ["油烟很大"])


def test_rows_of_steps_that_speak_of_different_things_are_not_one_case(tmp_path: Path) -> None:
    head = "工单编号,受理时间,诉求内容,环节,操作时间\n"
    lines = "1,2026-03-02,油烟,受理,2026-03-02\n1,2026-03-02,停电,办结,2026-03-04\n2,2026-03-02,停水,办结,2026-03-04\n"
    result = imported(tmp_path, "台账.csv", head + lines)
    assert (held(tmp_path).index.tolist(), result.quarantined) == (["2"], 2)


def test_a_word_in_place_of_a_number_is_not_another_file_s_case(tmp_path: Path) -> None:
    store = Store(tmp_path)
    imported(store, "a.csv", "工单编号,受理时间,诉求内容\n待定,2026-03-02,油烟\n")
    result = imported(store, "b.csv", "工单编号,受理时间,诉求内容\n待定,2026-03-02,停电\n")
    assert (result.quarantined, held(store)["content"].tolist()) == (1, ["油烟"])


def test_a_changed_time_of_acceptance_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    imported(
        store, "a.csv", "工单编号,受理时间,诉求内容\n1,2026-03-02 09:00,油烟\n2,2026-03-02,停电\n3,2026-03-02,漏水\n"
    )
    account = imported(
        store, "b.csv", "工单编号,受理时间,诉求内容\n1,2026-03-04 09:00,油烟\n2,2026-03-05,停电\n3,2026-03-02,漏水\n"
    ).account()
    (told,) = account.to_check
    assert "2 件" in told
    assert "“1”2026-03-02 09:00 → 2026-03-04 09:00" in told
    assert account.state == "amber"
    assert account.as_json()["to_check"] == [told]
    assert imported(store, "c.csv", "工单编号,受理时间,诉求内容\n1,2026-03-04 09:00,油烟\n").account().to_check == ()
