"""Ledgers and addresses that mean harm: text stays text, cells are no formulas, names no paths, parameters no errors."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from pathlib import Path
from urllib.parse import urlencode

import openpyxl
import pytest
import streamlit as st
from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from analytics import ingest
from analytics.briefing.compose import Request
from analytics.briefing.office import FORMATS, Office
from analytics.briefing.period import parse
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.remedies.cards import CardBook
from analytics.settings import load_settings
from analytics.store import Store
from pages.address.links import WAITING
from pages.navigation.places import FIRST, PLACES
from tests.browser.conftest import serving
from tests.browser.journeys.journey import COUNT_RUNS, Journey
from tests.trust.foreign import harmful as in_words_of_harm
from tests.trust.foreign import harmful_store
from tests.trust.killing import NOW
from tests.trust.test_foreign import OPENING, named_parameters

SCRIPT = (
    "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script><a href='javascript:window.hacked=1'>x</a>"
)
MARKDOWN = "[点我](javascript:window.hacked=1) **粗** `code` $x^2$ :red[红] ~~删~~ | 表 | # 题"
FORMULA = '=HYPERLINK("http://evil.example","点我")'
OTHER_FORMULAS = ("+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1")

TOPICS = (
    "银行贷款到期不给续期，企业资金周转困难，请协调银行办理续贷",
    "厂房屋顶漏水影响生产，物业公司一直不维修，请督促处理",
    "高层次人才子女入学学位不足，请教育局协调安排学校",
    "商标被外地公司抢注，请知识产权部门帮助维权取证",
    "社保系统不能批量导入员工信息，窗口排队时间太长",
    "专精特新奖励资金迟迟没有拨付，请核实拨付进度",
)


def cell(kind: int) -> str:
    return (SCRIPT, MARKDOWN, FORMULA, *OTHER_FORMULAS)[kind % 8]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store in which every text of every table means harm, types found, a card, a briefing's edit."""
    store, settings = Store(tmp_path_factory.mktemp("hostile")), load_settings()
    cases = [["工单编号", "受理时间", "诉求主题", "诉求内容", "承办部门", "首接部门", "来源渠道", "所属街道", "行业门类", "企业规模", "产业链", "全生命周期阶段",
              "企业名称", "服务模块", "事项编码", "承诺时限（工作日）", "办结时间", "评价等级", "评价内容", "答复意见", "联系人"]]  # fmt: skip
    for i in range(240):
        bad = cell(i)
        closed = "" if i % 3 == 0 else f"2026-11-{i % 4 + 20} 10:00"
        cases.append([
            f"H{i:03d}{bad if i % 9 == 0 else ''}", f"2026-{i % 2 + 10}-{i % 19 + 1:02d} 09:00", f"{TOPICS[i % 6][:6]}{bad}", f"{TOPICS[i % 6]}{bad}",
            f"甲局{bad}", f"乙局{bad}", f"渠道{bad}", f"街道{bad}", f"行业{bad}", f"大型{bad}", bad, bad, f"企业{bad}", "金融服务", f"SX{bad}", "3",
            closed, ["满意", "不满意"][i % 2] if closed else "", f"评语{bad}" if closed else "", f"答复{bad}", bad,
        ])  # fmt: skip
    others = {
        "部门": [["部门名称", "牵头模块"], *([f"甲局{cell(k)}", "金融服务"] for k in range(8))],
        "人员": [["人员编号", "姓名", "服务队", "队内职务", "所属部门"], *([f"P{k}", cell(k), "金融服务", "服务专员", cell(k)] for k in range(8))],
        "清单": [["清单版本", "事项编码", "事项名称", "服务模块", "牵头部门", "生效日期"], *([cell(0), f"SX{cell(k)}", cell(k), "金融服务", cell(k), "2026-1-1"] for k in range(8))],
        "活动": [["活动日期", "活动类别", "活动主题", "服务模块", "主办部门", "备注"], *([f"2026-11-{k + 1}", "走访", cell(k), "金融服务", cell(k), cell(k)] for k in range(8))],
        "场景": [["场景名称", "服务模块", "上线日期"], *([f"{cell(k)}{k}", "金融服务", "2026-6-1"] for k in range(8))],
    }  # fmt: skip
    for name, rows in {"台账": cases, **others}.items():
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        result = ingest.run_import(
            store, ingest.plan_files([(f"{name}{SCRIPT[:4]}.csv", text.getvalue().encode())], settings), settings, NOW
        )
        assert result.accepted, (name, result.sentence(), [q.reason for q in result.quarantine[:3]])
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    found = desk.findings(open_ledger(store))
    assert found is not None
    type_id = str(found.types.index[0])
    for step in ("rename", "note"):
        desk.rename(type_id, SCRIPT, SCRIPT, MARKDOWN) if step == "rename" else desk.mark(
            "note", type_id, MARKDOWN, SCRIPT
        )
    found = desk.findings(open_ledger(store))
    assert found is not None
    book = CardBook(store)
    book.take_up(found, type_id, SCRIPT, NOW, MARKDOWN)
    book.edit(
        book.cards()[0], {"measures": SCRIPT, "note": FORMULA, "people": MARKDOWN, "papers": [SCRIPT]}, SCRIPT, NOW
    )
    desk.keep_view(MARKDOWN, {"period": ["本月"]}, SCRIPT)
    Office(store).keep_profile(SCRIPT, Request(parse("2026-W46"), title=SCRIPT), MARKDOWN)
    return store


def more(store: Store) -> list[str]:
    """Return addresses that open one thing: a case, a type, a card, a search."""
    card = CardBook(store).cards()[0]
    return [
        "case-list?period=本年&case=H001", f"recurring?type={card.type_id}", f"remedies-board?card={card.id}", "recurring?look=分布图",
        "recurring?look=层级树", "exploration?search=贷款", "case-list?q=<script>window.hacked=1</script>", "demand-load?period=本年",
    ]  # fmt: skip


def begun(page: Page, site: str) -> Journey:
    """Open the first page of a session that goes through many."""
    page.add_init_script(COUNT_RUNS)
    journey = Journey(page, site)
    journey.open()
    return journey


def test_script_and_markup_are_shown_as_text_in_every_page(hostile: Store, page: Page) -> None:
    with serving(hostile.folder) as address:
        journey = begun(page, address)
        for path in (*("" if p is FIRST else p.address for p in PLACES), *more(hostile)):
            journey.go(f"/{path}")
            assert page.evaluate("window.hacked") is None, path
            assert page.locator("[data-testid=stMain] a[href^=javascript]").count() == 0, path
            scripts = page.locator("[data-testid=stMain] script").all_text_contents()
            assert set(scripts) <= {WAITING.read_text("utf-8")}, path  # the one of our own
            assert page.locator("[data-testid=stMain] img[src=x]").count() == 0, path


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Every text column of every table in words of harm (tests/trust/foreign.py)."""
    return harmful_store(tmp_path_factory.mktemp("harmful") / "store")


#: What of a page leads to, or would load from, another host.
ELSEWHERE = """
[...document.querySelectorAll('a, img, image, iframe, use')]
  .map(e => e.getAttribute('href') || e.getAttribute('xlink:href') || e.getAttribute('src') || '')
  .filter(a => !a.startsWith('data:') && new URL(a, location).host !== location.host)
"""


def test_no_words_make_the_browser_ask_another_host(harmful: Store, page: Page) -> None:
    """Of a ledger, and of every parameter: nothing is asked of another host, and nothing is even tried (the policy would say so)."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    names = sorted(named_parameters() - set(OPENING) - {"period"})
    with serving(harmful.folder) as address:
        journey = begun(page, address)
        for number, place in enumerate(PLACES):
            harm = {name: in_words_of_harm(name) for name in names[number % 2 :: 2]}
            journey.go(f"/{'' if place is FIRST else place.address}?{urlencode({'period': 'this_year'} | harm)}")
            assert page.evaluate("window.hacked") is None, place.file
            assert page.evaluate(ELSEWHERE) == [], place.file
    assert not [t for t in told if "Content Security Policy" in t or "evil.example" in t]


def test_briefings_show_text_as_text(hostile: Store, tmp_path: Path, page: Page) -> None:
    office = Office(hostile)
    request = office.with_profile(Request(parse("2026-W46")), SCRIPT)
    made = office.deliver(request, FORMATS, SCRIPT, tmp_path)
    files = {p.suffix: p for p in tmp_path.iterdir()}
    page.set_content(files[".html"].read_text("utf-8"))
    assert page.evaluate("window.hacked") is None
    assert page.locator("script, img[src=x], a[href^=javascript]").count() == 0
    assert not formulas(files[".xlsx"].read_bytes())
    with zipfile.ZipFile(files[".docx"]) as parts:
        assert "HYPERLINK" not in re.sub(r"<w:t[ >].*?</w:t>", "", parts.read("word/document.xml").decode())
    assert made.folder.parent.name == "delivered"
    assert all(".." not in f and "/" not in f for f in made.files)


def formulas(content: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def visited(store: Store, monkeypatch: pytest.MonkeyPatch, name: str, query: dict[str, str]) -> AppTest:
    monkeypatch.setenv("INSIGHT_STORE", str(store.folder))
    app = AppTest.from_string(f"from dashboard import main\nmain({name!r})", default_timeout=600)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    return app


def test_no_download_holds_a_formula(hostile: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, bytes] = {}

    def keep(label: str, data: object, name: str = "", *given: object, **given_more: object) -> bool:
        made = data() if callable(data) else data
        files[f"{len(files)}-{given_more.get('file_name', name)}"] = made if isinstance(made, bytes) else b""
        return False

    monkeypatch.setattr(st, "download_button", keep)
    for name in (p.file for p in PLACES):
        visited(hostile, monkeypatch, name, {"period": "本年"})
    card = CardBook(hostile).cards()[0]
    visited(hostile, monkeypatch, "remedies", {"card": card.id})
    visited(hostile, monkeypatch, "issues", {"type": card.type_id})
    books = {n: c for n, c in files.items() if n.endswith(".xlsx")}
    texts = {n: c for n, c in files.items() if n.endswith(".csv")}
    assert len(books) > 8
    assert texts
    for name, content in books.items():
        assert not formulas(content), name
    for name, content in texts.items():
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
            assert not [c for c in row if c.startswith(("=", "+", "-", "@", "\t", "\r"))], name


PARAMETERS = (
    "period", "from", "to", "compare", "module", "department", "channel", "street", "as_of", "metric", "part", "sort", "q", "case", "type", "card",
    "take", "look", "board_look", "find", "find_within", "like", "cards", "what", "order", "share", "hours", "goal", "whom", "only", "mix", "issue_type", "issue_problem", "grade", "overdue_band", "item_no", "path", "hour", "weekday",
    "stage", "w_demand", "ascending", "strict", "answers", "cross_rows", "cross_columns", "old_version", "new_version", "draft", "grain", "day", "about", "subject",
    "branch", "profile", "sentence", "act", "by", "days", "span", "unknown", "alarm", "who", "embed", "page", "mark",
)  # fmt: skip
VALUES = (
    "", "0", "-1", "99999999999999999999", "nan", "2026-13-45", "0001-01-01", "9999-12-31", "本月", "本年", "自定义", "'; DROP TABLE cases; --",
    "\" OR 1=1", "../../etc/passwd", "<script>window.hacked=1</script>", "{{7*7}}", "%00", "\x00", "字" * 3000, "T0001", "Z0001", "H001", "true", "\U0001f600",
    "a|b|c", "|", "（未填）", "__import__('os')",
)  # fmt: skip


@pytest.mark.parametrize("name", [p.file for p in PLACES])
def test_no_address_breaks_a_page(name: str, hostile: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(name)
    for _ in range(6):
        query = {p: rng.choice(VALUES) for p in rng.sample(PARAMETERS, 8)}
        app = visited(hostile, monkeypatch, name, query)
        assert not app.exception, (query, [e.value for e in app.exception])
        assert not [e.value for e in app.error if "出错" in e.value], query
