"""JSON: a line that is broken costs itself alone, lists inside a record are read or named, records have their numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analytics.ingest.reasons import BROKEN
from tests.ingest.stored import held, imported, repairs

GOOD = [{"工单编号": f"A{i}", "受理时间": f"2026-03-0{i} 09:00", "诉求内容": f"第{i}件"} for i in range(1, 5)]


def dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("bad", ['{"工单编号": "B1", "受理时间": "2026-03', "not json", '{"工单编号": }', '{"a": "x}'])
def test_a_broken_line_costs_itself_alone(tmp_path: Path, bad: str) -> None:
    lines = [dumped(GOOD[0]), "", dumped(GOOD[1]), bad, dumped(GOOD[2])]
    result = imported(tmp_path, "a.jsonl", "\n".join(lines))
    assert held(tmp_path).index.tolist() == ["A1", "A2", "A3"]
    assert (result.read, [q.row_no for q in result.quarantine]) == (4, [4])
    assert "a.jsonl第 4 行：" in result.quarantine[0].reason
    assert result.quarantine[0].kind == BROKEN
    assert "JSON" in result.quarantine[0].reason
    assert bad[:8] in str(result.quarantine[0].cells)


def test_a_fault_in_a_line_names_that_line(tmp_path: Path) -> None:
    lines = ["", dumped(GOOD[0]), "", dumped(GOOD[1] | {"受理时间": "昨天"})]
    result = imported(tmp_path, "a.jsonl", "\n".join(lines))
    assert [q.row_no for q in result.quarantine] == [4]


def test_a_fault_in_a_list_names_the_record(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.json", json.dumps([GOOD[0], GOOD[1] | {"受理时间": "昨天"}]))
    assert "第 2 条" in result.quarantine[0].reason


def test_a_list_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    from analytics.ingest import RefusedFile

    with pytest.raises(RefusedFile, match="JSON 格式有误"):
        imported(tmp_path, "a.json", json.dumps(GOOD, indent=1)[:-40])


def test_a_null_byte_costs_no_file(tmp_path: Path) -> None:
    lines = [dumped(GOOD[0]).replace("第1件", "第\x001件"), dumped(GOOD[1]), "\x00\x00" + dumped(GOOD[2])]
    result = imported(tmp_path, "a.jsonl", "\n".join(lines))
    assert held(tmp_path)["content"].to_dict() == {"A1": "第1件", "A2": "第2件", "A3": "第3件"}
    assert sum(repairs(result).values()) >= 1


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_null_bytes_in_a_text_file(tmp_path: Path, name: str) -> None:
    head = "工单编号,受理时间,诉求内容\n"
    rows = "A1,2026-03-01,漏\x00水\nA2\x00\x00,2026-03-02,停电\nA\x003,2026-03-03,噪音\nA4,2026-03-04,停车\n"
    result = imported(tmp_path, name, head + rows)
    assert held(tmp_path)["content"].to_dict() == {"A1": "漏水", "A2": "停电", "A4": "停车"}
    (kept_out,) = result.quarantine
    assert kept_out.row_no == 4
    assert sum(repairs(result).values()) >= 2


def test_a_list_of_steps_inside_a_case_becomes_events(tmp_path: Path) -> None:
    steps = [{"环节": "转办", "发生时间": "2026-03-01 10:00"}, {"环节": "办结", "发生时间": "2026-03-02 10:00"}]
    result = imported(tmp_path, "a.json", dumped([GOOD[0] | {"流程": steps}, GOOD[1]]))
    assert held(tmp_path).index.tolist() == ["A1", "A2"]
    events = held(tmp_path, "events")
    assert sorted(events["stage"]) == ["closed", "transferred"]
    assert set(events["case_no"]) == {"A1"}
    assert (result.read, result.left_out) == (4, [])


def test_a_list_inside_a_case_that_is_no_table_of_ours_is_named(tmp_path: Path) -> None:
    files = [{"文件名": "a.jpg", "大小": 3}, {"文件名": "b.jpg", "大小": 4}]
    result = imported(tmp_path, "a.json", dumped([GOOD[0] | {"附件": files}, GOOD[1] | {"附件": files[:1]}]))
    assert (result.accepted, result.quarantined) == (2, 0)
    (told,) = result.left_out
    assert "附件" in told
    assert "3 条" in told
    assert "文件名" in told


def test_what_lies_deeper_than_one_level_is_named(tmp_path: Path) -> None:
    deep = {"企业": {"名称": "甲", "联系": {"电话": "1"}}}
    result = imported(tmp_path, "a.json", dumped([GOOD[0] | deep, GOOD[1]]))
    assert any("联系" in w for w in result.warnings)
