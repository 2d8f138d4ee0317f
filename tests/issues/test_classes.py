"""An office's own class tree: read, types hung under it, demand counted by it; nothing changes without one."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.issues import IssueDesk
from analytics.issues.classes import SUGGESTED, read_tree, suggested_leaves
from analytics.issues.corpus import count_words
from analytics.metrics import NotMeasurable, Slice, compute
from analytics.settings import ROOT
from analytics.store import Store, StoreError
from tests.issues.test_discovery import texts_of_three_kinds
from tests.small import ledger_of

EVER = Slice(dt.date(2020, 1, 1), dt.date(2030, 12, 31))
TREE = [["一级分类", "二级分类"], ["交通", "公交线路"], ["交通", "停车"], ["劳动", "拖欠工资"], ["环保", "噪音扰民"]]
REAL = ROOT.parent / "shared" / "real"


def sheet(rows: list[list[str]]) -> bytes:
    held = io.BytesIO()
    pd.DataFrame(rows[1:], columns=rows[0]).to_excel(held, index=False)
    return held.getvalue()


def test_a_tree_is_read_by_level_and_says_where_it_is_wrong() -> None:
    tree = read_tree("分类.xlsx", sheet([*TREE, ["交通", ""], ["交通", "停车"]]))
    assert tree.names == ["交通/公交线路", "交通/停车", "劳动/拖欠工资", "环保/噪音扰民"]
    assert tree.nodes["停车"] == "交通/停车"
    with pytest.raises(StoreError, match=r"分类\.xlsx 第 3 行：上级分类空着而下级填了“停车”"):
        read_tree("分类.xlsx", sheet([TREE[0], TREE[1], ["", "停车"]]))
    with pytest.raises(StoreError, match="没有分类"):
        read_tree("分类.xlsx", sheet([TREE[0]]))
    with pytest.raises(StoreError, match="读不出来"):
        read_tree("分类.xlsx", b"no workbook")


def test_types_hang_under_leaves_until_a_person_says_where(tmp_path: Path) -> None:
    desk = IssueDesk(Store(tmp_path))
    ledger = ledger_of(tmp_path, texts_of_three_kinds())
    desk.discover(ledger)
    with pytest.raises(NotMeasurable, match="还没有导入分类表"):
        compute("demand", desk.attach(ledger), EVER, by=("issue_class",))
    seq = desk.import_classes("分类.xlsx", sheet(TREE), "王某").names and desk.history()[-1].seq
    found = desk.findings(ledger)
    assert set(found.classes) == set(found.types.index)
    assert all(c.endswith(SUGGESTED) for c in found.classes.values())
    id = str(found.types.index[0])
    desk.put_under(id, "交通/停车", "王某")
    assert desk.findings(ledger).classes[id] == "交通/停车"
    counted = compute("demand", desk.attach(ledger), EVER, by=("issue_class",)).set_index("issue_class")["value"]
    assert counted["交通/停车"] == found.types.loc[id, "cases"]
    assert counted.sum() == len(found.cases)
    with pytest.raises(StoreError, match="分类表里没有"):
        desk.put_under(id, "没有这一类", "王某")
    desk.undo(seq, "王某")
    assert desk.findings(ledger).classes == {}


def test_a_case_whose_class_the_ledger_gives_keeps_it(tmp_path: Path) -> None:
    rows = [r | {"module": "劳动"} if n == 0 else r for n, r in enumerate(texts_of_three_kinds())]
    desk, ledger = IssueDesk(Store(tmp_path)), ledger_of(tmp_path, rows)
    desk.discover(ledger)
    desk.import_classes("分类.xlsx", sheet(TREE), "王某")
    counted = compute("demand", desk.attach(ledger), EVER, by=("issue_class",)).set_index("issue_class")["value"]
    assert counted["劳动"] == 1


def test_suggestions_on_labelled_messages_agree_with_their_labels() -> None:
    """Of 495 messages labelled with a top class, eight to a type: a floor under what is reached (95%)."""
    if not (REAL / "taxonomy.xlsx").exists():
        pytest.skip("the class tree of real messages (../shared/real) is not on this machine")
    tree = read_tree("taxonomy.xlsx", (REAL / "taxonomy.xlsx").read_bytes())
    messages = pd.read_excel(REAL / "messages_labelled.xlsx", dtype=str, engine="calamine")
    corpus = count_words(list(zip(messages["留言主题"], messages["留言详情"], strict=True)))
    label = messages["一级分类"].to_numpy()
    order = np.argsort(label, kind="stable")
    kind = np.empty(len(label), dtype=np.int64)
    kind[order] = np.unique(label[order], return_inverse=True)[1] * 1000 + np.arange(len(order)) // 8
    kind = np.unique(kind, return_inverse=True)[1]
    told = suggested_leaves(tree, corpus.counts, corpus.vocabulary, kind, kind.max() + 1)
    first = np.array([t.split("/")[0] for t in told])[kind]
    assert (first == label).mean() > 0.85
