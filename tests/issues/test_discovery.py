"""Discovery on made, demo and real texts: every case once, order does not matter, ids last."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.demo import DemoLedger
from analytics.issues import IssueDesk
from analytics.issues.corpus import count_words
from analytics.issues.identity import match
from analytics.issues.kinds import find_kinds, units_of
from analytics.issues.problems import problems_of
from analytics.issues.repeats import repeats_of
from analytics.issues.texts import plain, words
from analytics.ledger import Ledger, open_ledger
from analytics.store import Store
from tests.small import ledger_of, publish

KINDS = {
    "公交": ("公交线路太少", "请求增加公交车班次，公交站台离小区太远，公交车经常不来"),
    "欠薪": ("公司拖欠工资", "包工头拖欠农民工工资三个月，劳动监察一直没有结果，工资至今未发"),
    "噪音": ("夜间施工噪音扰民", "工地夜间施工噪音很大，搅拌机通宵作业，噪音扰民无法休息"),
}


def texts_of_three_kinds(each: int = 20) -> list[dict]:
    streets = ("东关", "西塔", "南池", "北苑", "曲水", "丁家", "小寨", "长安", "未央", "灞桥")
    rows = []
    for number in range(each * len(KINDS)):
        title, content = list(KINDS.values())[number % len(KINDS)]
        place = streets[(number // 3) % len(streets)]
        rows.append(
            {
                "case_no": f"C{number:04d}",
                "accepted_at": dt.datetime(2024, 1, 1, 9) + dt.timedelta(days=number),
                "title": title,
                "content": f"{place}街道{content}，影响{place}街道的企业",
                "credit_code": f"91610000MA6{number:05d}X",
            }
        )
    return rows


def b_cubed(found: pd.Series, true: pd.Series) -> float:
    """Return the B-cubed F1; a case without a group stands alone."""
    own = found.where(found.notna(), pd.Series([f"alone{i}" for i in range(len(found))], index=found.index))
    pairs = pd.DataFrame({"own": own.to_numpy(), "true": true.to_numpy()})
    both = pairs.groupby(["own", "true"])["own"].transform("size")
    precision = (both / pairs.groupby("own")["own"].transform("size")).mean()
    recall = (both / pairs.groupby("true")["true"].transform("size")).mean()
    return float(2 * precision * recall / (precision + recall))


@pytest.fixture
def made(tmp_path: Path) -> tuple[IssueDesk, Ledger]:
    ledger = ledger_of(tmp_path, texts_of_three_kinds())
    desk = IssueDesk(Store(tmp_path))
    desk.discover(ledger)
    return desk, ledger


def test_words_leave_out_masks_greetings_and_markup() -> None:
    assert words("尊敬的领导：您好！<b>A市B3区</b>公交线路 请问１２３ 谢谢") == ["公交线路"]
    assert plain("<script>x</script>  ａ　ｂ&amp;") == "x a b&"
    assert words(None) == words("") == words("😀👍 123") == []


def test_every_case_is_once_in_the_run_with_at_most_one_type(made: tuple[IssueDesk, Ledger]) -> None:
    desk, ledger = made
    found = desk.findings(ledger)
    assert sorted(found.cases["case_no"]) == [f"C{i:04d}" for i in range(60)]
    assert found.cases["type_id"].nunique() == 3
    assert (found.cases["confidence"].between(0, 1)).all()
    inside = found.cases.dropna(subset=["problem_id"])
    assert (inside.groupby("problem_id")["type_id"].nunique() == 1).all()
    truth = pd.Series([list(KINDS)[i % 3] for i in range(60)])
    assert b_cubed(found.cases["type_id"], truth) == 1.0


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    rows = texts_of_three_kinds()
    shuffled = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))]
    runs = []
    for name, order in (("a", rows), ("b", shuffled)):
        ledger = ledger_of(tmp_path / name, order)
        runs.append(IssueDesk(Store(tmp_path / name)).discover(ledger))
    pd.testing.assert_frame_equal(runs[0].cases, runs[1].cases)
    pd.testing.assert_frame_equal(runs[0].groups, runs[1].groups)


def test_the_same_again_keeps_every_id(made: tuple[IssueDesk, Ledger]) -> None:
    desk, ledger = made
    before = desk.findings(ledger).cases
    run = desk.discover(ledger)
    pd.testing.assert_frame_equal(before, desk.findings(ledger).cases)
    assert run.card["changes"]["type"] == {"born": [], "grown": [], "split": [], "merged": [], "vanished": []}


def test_new_cases_join_known_types_and_move_no_other(made: tuple[IssueDesk, Ledger], tmp_path: Path) -> None:
    desk, ledger = made
    before = desk.findings(ledger).cases.set_index("case_no")["type_id"]
    more = [
        *texts_of_three_kinds(),
        *({**r, "case_no": "N" + r["case_no"], "credit_code": None} for r in texts_of_three_kinds(2)),
    ]
    publish(tmp_path, {"cases": more}, dt.datetime(2025, 1, 1))
    fresh = open_ledger(Store(tmp_path))
    assert desk.join_new(fresh) == 6
    assert desk.join_new(fresh) == 0
    after = desk.findings(fresh).cases.set_index("case_no")["type_id"]
    assert (after.loc[before.index] == before).all()
    assert [after[f"NC{i:04d}"] for i in range(3)] == [before[f"C{i:04d}"] for i in range(3)]
    earlier = desk.findings(ledger).cases.set_index("case_no")["type_id"]  # the snapshot before, shown again
    pd.testing.assert_series_equal(earlier, before)


@pytest.mark.parametrize(
    "texts",
    [
        [("", None)] * 5,
        [("公交线路太少", "请增加公交车")],
        [("公交线路太少", "请增加公交车")] * 30,
        [("😀😀", "👍"), ("🙏", "")] * 4,
        [("噪音扰民", "搅拌机噪音" * 20_000)] + [("公交线路", "公交车太少")] * 4,
        [("Need a visa for staff", "our foreign staff need visa renewal soon")] * 6,
    ],
    ids=["empty", "one case", "all the same", "emoji", "100,000 characters", "English"],
)
def test_odd_texts_have_a_result(texts: list[tuple[str, str | None]], tmp_path: Path) -> None:
    rows = [
        {"case_no": f"C{i}", "accepted_at": dt.datetime(2024, 1, 1 + i % 28), "title": t, "content": c}
        for i, (t, c) in enumerate(texts)
    ]
    ledger = ledger_of(tmp_path, rows)
    desk = IssueDesk(Store(tmp_path))
    desk.discover(ledger)
    found = desk.findings(desk.attach(ledger))
    assert len(found.cases) == len(texts)
    if len(texts) < 3 or not any(words(t) or words(c) for t, c in texts):
        assert found.unassigned == len(texts)
    else:
        assert found.cases["type_id"].notna().sum() >= 4


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([*KINDS, "其他", ""]), min_size=1, max_size=40))
def test_kinds_and_problems_are_defined_for_any_mixture(chosen: list[str]) -> None:
    texts = [KINDS.get(c, (c, c)) for c in chosen]
    corpus = count_words(texts)
    matter = problems_of(corpus, texts, np.full(len(texts), np.datetime64("2024-01-01", "s"))).found
    kinds, told, _ = find_kinds(corpus.counts, texts, units_of(matter))
    assert len(told) == len(matter) == len(chosen)
    assert set(told[told >= 0]) == set(range(len(kinds.centres)))
    for number in set(matter[matter >= 0]):
        assert len(set(told[matter == number])) == 1


def test_repeats_are_of_one_sender_and_soon() -> None:
    text = KINDS["公交"]
    corpus = count_words([text, text, text, KINDS["欠薪"], text])
    sender = pd.Series(["甲", "甲", "乙", "甲", "甲"])
    at = pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-03", "2024-01-04", "2024-06-01"]).to_numpy()
    assert repeats_of(corpus.counts, sender, at).tolist() == [-1, 0, -1, -1, -1]


def test_identity_follows_the_cases() -> None:
    old = pd.Series(["T0001"] * 10 + ["T0002"] * 10 + ["T0003"] * 4 + [None] * 6, dtype=object)
    new = np.array([1] * 10 + [0] * 6 + [2] * 4 + [1] * 4 + [3] * 6)
    found = match(old, new, "T", 3)
    assert found.ids == ["T0002", "T0001", "T0004", "T0005"]
    assert found.born == ["T0004", "T0005"]
    assert found.grown == ["T0001"]
    assert found.split == ["T0002"]
    assert found.merged == ["T0001"]
    assert found.vanished == ["T0003"]


def test_demo_truth_is_found(demo: DemoLedger, demo_ledger: Ledger, demo_found: IssueDesk) -> None:
    found = demo_found.findings(demo_ledger)
    both = found.cases.merge(demo.truth, on="case_no", suffixes=("", "_true"))
    assert len(both) == len(demo.truth)
    assert b_cubed(both["type_id"], both["type_no"]) >= 0.90
    assert b_cubed(both["problem_id"], both["problem_no"]) >= 0.90
