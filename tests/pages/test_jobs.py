"""自动导入 and 任务 on their pages, and the line on 总览 for who may mend what failed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics.demo import DemoLedger, write_store
from analytics.jobs.declared import job_named
from analytics.jobs.history import History
from analytics.jobs.runner import SERVICE, run_job
from analytics.ledger import open_ledger
from analytics.store import Store
from analytics.viewer import ADMIN, ANALYST, OPERATOR, Viewer
from pages.entrance import who
from tests.conftest import AS_OF
from tests.pages.test_pages import open_page, words

SETTINGS = """
[[sources]]
name = "热线 *导出*"
kind = "folder"
folder = "{place}/in"
settle_seconds = 0

[[jobs]]
run = "retention"
at = "06:30"
days = "workdays"
"""


@pytest.fixture
def store(tmp_path: Path, demo: DemoLedger) -> Store:
    (tmp_path / "in").mkdir()
    store = Store(tmp_path / "store")
    write_store(store, demo, AS_OF)
    (store.folder / "settings.toml").write_text(SETTINGS.format(place=tmp_path), "utf-8")
    return store


def seen_by(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(who, "enter", lambda: Viewer("某", role))
    for module in ("pages.common.asking", "pages.common.acting", "pages.entrance.who"):
        monkeypatch.setattr(f"{module}.viewer", lambda: Viewer("某", role))


def labels(app: AppTest) -> list[str]:
    return [b.label for b in app.button]


def test_a_source_says_what_it_gave_and_is_taken_from_now(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("data", store, monkeypatch)
    assert "还没有取到过" in words(app)
    assert r"热线 \*导出\*" in words(app)  # a name is no Markdown
    (tmp_path / "in" / "a.csv").write_text("工单编号,受理时间,内容\nK1,2026-11-02 09:00,贷款难\n", "utf-8")
    (tmp_path / "in" / "坏.csv").write_text("甲,乙\n1,2\n", "utf-8")
    next(b for b in app.button if b.label == "现在取一次").click().run()
    assert not app.exception
    said = words(app)
    assert "导入 1 个，未导入 1 个" in said
    assert "未导入 1 份" in said
    assert "下次查看" in said
    assert open_ledger(store).counts["cases"] == 1  # the demo made room for what is real
    log = next(d.value for d in app.dataframe if "来源" in d.value)
    assert set(log["结果"]) == {"已导入", "未导入"}


def test_who_may_not_import_sees_the_source_but_no_button(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen_by(ANALYST, monkeypatch)
    app = open_page("data", store, monkeypatch)
    assert "热线" in words(app)
    assert "/in" not in words(app)
    assert "现在取一次" not in labels(app)


def test_without_sources_the_page_says_what_they_would_do(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "会自己进来" in words(open_page("data", demo_store, monkeypatch))
    assert "还没有任务" in words(open_page("administration", demo_store, monkeypatch))


def test_the_table_of_jobs_says_when_and_how_and_does_one_now(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("administration", store, monkeypatch)
    table = next(d.value for d in app.dataframe if "什么时候" in d.value)
    assert list(table["任务"]) == ["取数：热线 *导出*", "留存期限试算"]
    assert list(table["什么时候"]) == ["每 5 分钟", "工作日 06:30"]
    assert set(table["结果"]) == {"还没有做过"}
    app.selectbox(key="job").select_index(1)
    next(b for b in app.button if b.label == "现在做一次").click().run()
    assert "没有设留存期" in "\n".join(e.value for e in app.error)
    table = next(d.value for d in app.dataframe if "什么时候" in d.value)
    assert table["结果"].iloc[1] == "没有做成"
    assert History(store.folder).runs()[0].job == "留存期限试算"


def test_a_failed_job_is_said_on_the_first_page_to_who_may_mend_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_job(store, job_named(store.folder, "留存期限试算"), lambda: dt.datetime(2026, 11, 25, 6, 30), SERVICE)
    line = "任务“留存期限试算”"
    assert line in words(open_page("overview", store, monkeypatch))
    assert line not in words(open_page("load", store, monkeypatch))
    for role, told in ((ADMIN, True), (OPERATOR, False), (ANALYST, False)):
        seen_by(role, monkeypatch)
        assert (line in words(open_page("overview", store, monkeypatch))) is told


def test_settings_that_cannot_be_read_are_said_and_take_no_page_along(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (store.folder / "settings.toml").write_text("[[sources]]\nkind = 'ftp'\n", "utf-8")
    for page in ("data", "administration"):
        assert "kind 要写" in "\n".join(e.value for e in open_page(page, store, monkeypatch).error)
    assert "自动任务停着" in words(open_page("overview", store, monkeypatch))
