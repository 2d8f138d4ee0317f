"""The small inputs of ../shared/cases: what expected.json says of each, and what its notes say beyond."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analytics.ingest import ByHand, RefusedFile
from analytics.settings import ROOT
from tests.ingest.stored import held, imported

CASES = ROOT.parent / "shared" / "cases"
if not CASES.exists():
    pytest.skip("the small inputs (../shared/cases) are not on this machine", allow_module_level=True)
EXPECTED = json.loads((CASES / "expected.json").read_text("utf-8"))


def load(folder: Path, name: str, **more):
    return imported(folder, name, (CASES / name).read_bytes(), **more)


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if {"read", "cases"} & set(e)])
def test_counts_and_what_is_stored(tmp_path: Path, name: str) -> None:
    expected = EXPECTED[name]
    result = load(tmp_path, name)
    for count in {"read", "accepted", "updated", "quarantined"} & set(expected):
        assert getattr(result, count) == expected[count], count
    assert result.accepted >= expected.get("accepted_at_least", 0)
    if result.published:
        cases = held(tmp_path)
        assert len(cases) == expected.get("cases", len(cases))
        assert set(cases.index) == set(expected.get("numbers", cases.index))
        for number, at in expected.get("stored", {}).items():
            assert f"{cases.loc[number, 'accepted_at']:%Y-%m-%d %H:%M}" == at


def test_units_in_cells(tmp_path: Path) -> None:
    load(tmp_path, "unit_in_the_cell.csv")
    cases = held(tmp_path)
    assert cases["promised_days"].fillna(-1).astype(int).to_dict() == {
        "B1": -1, "B2": 5, "B3": 5, "B4": 5, "B5": 3, "B6": 5, "B7": 0, "B8": -1,
    }  # fmt: skip
    assert cases["promised_hours"].dropna().to_dict() == {"B1": 48}
    due = held(tmp_path, "case_facts")["due_at"]
    assert due["B1"] == pd.Timestamp("2026-03-04 09:00")
    assert due["B7"] == pd.Timestamp("2026-03-03")
    assert pd.isna(due["B8"])


def test_side_words_are_listed_and_no_rating_is_made_up(tmp_path: Path) -> None:
    result = load(tmp_path, "side_words.csv")
    told = {(e.head, e.word): e.count for e in result.left_empty}
    assert told[("满意度", "默认满意")] == told[("是否解决", "解决中")] == 1
    assert held(tmp_path, "ratings")["grade"].to_dict() == {"C0": 4, "C3": 5, "C4": 5, "C7": 4, "C8": 3}


def test_several_departments(tmp_path: Path) -> None:
    result = load(tmp_path, "several_departments.csv", dry_run=True)
    assert any("合成一件" in w for w in result.warnings)
    load(tmp_path, "several_departments.csv")
    case = held(tmp_path).loc["GD1"]
    assert (case["department"], case["co_departments"]) == ("城管局", "环保局、住建局")
    assert case["closed_at"] == pd.Timestamp("2026-03-09 10:00")
    assert held(tmp_path, "ratings")["grade"]["GD1"] == 4


def test_mojibake_is_put_right(tmp_path: Path) -> None:
    load(tmp_path, "mojibake.csv")
    assert set(held(tmp_path)["content"]) == {"材料退回请答复"}


def test_an_open_quote_swallows_nothing(tmp_path: Path) -> None:
    load(tmp_path, "unclosed_quote.csv")
    cases = held(tmp_path)
    assert cases.loc["GD002", "content"] == "业主称物业说不管"
    assert cases.loc["GD003", "department"] == "住建局"


def test_a_file_of_another_shape_is_mapped_by_hand(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="找不到"):
        load(tmp_path, "us_dates.csv")
    heads = {
        "工单编号": "Unique Key",
        "受理时间": "Created Date",
        "办结时间": "Closed Date",
        "诉求内容": "Descriptor",
        "承办部门": "Agency Name",
    }
    assert load(tmp_path, "us_dates.csv", by_hand=ByHand(heads)).accepted == 3
    assert held(tmp_path)["accepted_at"].tolist()[0] == pd.Timestamp("2022-05-13 00:00:03")


def test_what_lacks_a_day_says_that_alone_and_may_be_given_one(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="只是找不到：受理时间；"):
        load(tmp_path, "no_dates.csv")
    assert load(tmp_path, "no_dates.csv", by_hand=ByHand(accepted_on=pd.Timestamp("2026-03-01").date())).accepted == 2
    assert set(held(tmp_path)["accepted_at"]) == {pd.Timestamp("2026-03-01")}
