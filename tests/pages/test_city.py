"""全市汇总 shows what combine says, names from files as text."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from analytics.federation import Exchange, Shelf, combine, make, written
from analytics.federation.city import CITY
from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.store import Store
from analytics.wording import short
from pages.common import answers
from tests.pages.test_pages import open_page, words

YEAR = Slice(dt.date(2026, 1, 1), dt.date(2026, 10, 31))
HOSTILE = "<b>西区</b>"


@pytest.fixture
def store(demo_store: Store, tmp_path: Path) -> Store:
    shutil.copytree(demo_store.folder, tmp_path / "store")
    answers._kept.clear()
    return Store(tmp_path / "store")


@pytest.fixture
def sent(demo_ledger: Ledger, store: Store) -> list[Exchange]:
    one = make(demo_ledger, "东区", YEAR)
    few = {p: (None if p[0] == "demand" and p[1] else c) for p, c in one.cells.items()}
    both = [one, replace(one, district=HOSTILE, cells=few)]
    for exchange in both:
        Shelf(store).put("a.json", written(exchange))
    return both


def test_the_page_shows_what_was_added_up(sent: list[Exchange], store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("city", store, monkeypatch)
    rows = combine(sent).rows.set_index(["metric", "district", "module", "period"])
    shown = {m.label: m.value for m in app.metric}
    for code, label, unit in (
        ("demand", f"受理量（{CITY}，件）", "件"),
        ("on_time_rate", f"按期办结率（{CITY}）", "%"),
        ("handling_median", f"办理时长中位数（{CITY}，个工作日）", "个工作日"),
    ):
        assert shown[label] == short(rows.loc[(code, CITY, "", ""), "value"], unit)
    table = app.dataframe[0].value
    assert table["区县"].tolist() == [HOSTILE, "东区", CITY]
    said = words(app)
    assert "2026年1月1日至10月31日" in said
    assert sent[0].snapshot in said
    assert "小于 5 的计数已隐去" in said


def test_one_is_taken_away(sent: list[Exchange], store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("city", store, monkeypatch)
    app.selectbox(key="city_gone").set_value(0).run()
    app.button(key="city_remove").click().run()
    assert not app.exception
    assert [e.district for e in Shelf(store).contents()[0]] == ["东区"]


def test_who_may_not_import_sees_the_city_and_no_form(
    sent: list[Exchange], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analytics.viewer import LEADER, Viewer

    monkeypatch.setattr("pages.entrance.who.enter", lambda: Viewer("甲", LEADER))
    monkeypatch.setattr("pages.common.asking.viewer", lambda: Viewer("甲", LEADER))
    monkeypatch.setattr("pages.common.acting.viewer", lambda: Viewer("甲", LEADER))
    app = open_page("city", store, monkeypatch)
    assert len(app.metric) == 4  # one of the five has too few cases, and is a word
    assert not [b for b in app.button if b.key == "city_remove"]
    assert "不能导入台账" in words(app)
