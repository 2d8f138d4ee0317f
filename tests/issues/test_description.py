"""What is said of a type: counts that add up, nothing that the ledger doesn't hold."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from analytics.issues.description import ANSWERS, UNTOLD, act_of_text, describe
from analytics.settings import ROOT

REAL = ROOT.parent / "shared" / "real"


def cases(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    made = {"title": ["投诉物业乱收费"] * n, "content": ["物业乱收停车费"] * n}
    made["accepted_at"] = list(pd.date_range("2026-01-05", periods=n, freq="7D"))
    return pd.DataFrame(made | columns)


def test_what_is_asked_tells_days_count_and_intent() -> None:
    asked = describe(cases(title=["投诉物业乱收费", "咨询物业费标准", "请问物业费标准"]))[0]
    assert asked.startswith("2026年1月5日至2026年1月19日共 3 件")
    assert "咨询 2 件、投诉 1 件" in asked


def test_answers_are_told_by_what_they_do_and_add_up() -> None:
    told = describe(cases(reply=["问题已整改完毕", "我们将尽快处理", None, "根据规定不予退费", "谢谢"]))[1]
    assert "5 件中 4 件有答复" in told
    counts = [int(n) for n in re.findall(r"(?:" + "|".join([*ANSWERS, UNTOLD]) + r") (\d+) 件", told)]
    assert sum(counts) == 4


def test_what_cases_share_names_the_paper_the_department_and_the_words() -> None:
    texts = ["要求先提供居住证明才受理", "没有居住证明办不了", "居住证明开不出来"]
    told = describe(cases(content=texts, street=["甲街道", "甲街道", "乙街道"]), ["证明", "停车"])
    assert "街道最多的是甲街道（2 件，占写明的 3 件的 67%）" in told[-1]
    assert "居住证明（3 件）" in told[-1]
    assert "“证明”（3 件）" in told[-1]
    assert "停车" not in told[-1]


def test_what_is_said_of_some_says_of_how_many() -> None:
    every = pd.Series(pd.date_range("2026-01-05", periods=40, freq="7D"))
    some = cases(title=["求助停车"] * 10, content=["停车难"] * 10, reply=["已整改"] * 10)
    told = describe(some, ["停车"], every=every)
    assert "2026年1月5日至2026年10月5日共 40 件" in told[0]
    assert all(s.startswith("在均匀抽看的 10 件里，") for s in told[1:])
    assert len(told) >= 2


def test_nothing_is_said_of_what_the_ledger_lacks() -> None:
    told = describe(cases(title=["一", "二", "三"], content=["", "", ""]))
    assert len(told) == 1
    assert "答复" not in told[0]
    assert describe(cases(title=["一"]).iloc[:0]) == []


@pytest.mark.parametrize(
    ("title", "act"), [("请问何时开工", "咨询"), ("举报无证经营", "投诉"), ("恳请增设路灯", "诉求"), ("路灯不亮", "")]
)
def test_the_act_is_told_by_the_title(title: str, act: str) -> None:
    assert act_of_text(title, "") == act


@pytest.mark.skipif(not REAL.exists(), reason="the real messages lie beside the project, not in it")
@pytest.mark.parametrize(("file", "sentences"), [("messages_with_replies.xlsx", 2), ("board_messages.xlsx", 1)])
def test_real_types_are_described_with_their_own_counts(file: str, sentences: int) -> None:
    groups = pd.read_csv(Path(REAL) / f"{'replies' if 'replies' in file else 'board'}_groups.csv", dtype=str).fillna("")
    raw = pd.read_excel(Path(REAL) / file, dtype=str).drop_duplicates("留言编号")
    names = {"留言主题": "title", "留言详情": "content", "答复意见": "reply"}
    both = raw.rename(columns=names).merge(groups.drop_duplicates("留言编号"), on="留言编号")
    both["accepted_at"] = pd.to_datetime(both["留言时间"], format="mixed")
    for _, own in list(both[both["类型"] != ""].groupby("类型"))[:12]:
        if len(own) >= 10:
            told = describe(own)
            assert f"共 {len(own):,} 件" in told[0]
            assert len(told) >= sentences
