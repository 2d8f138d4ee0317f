"""Every page by Streamlit's own test driver: on the demo, on real messages, on nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics.briefing.office import Office
from analytics.demo import DemoLedger
from analytics.demo.generate import write_store
from analytics.issues import IssueDesk
from analytics.items.proposals import ProposalBook
from analytics.ledger import open_ledger
from analytics.metrics import Slice, compute, period
from analytics.remedies.cards import CardBook
from analytics.remedies.sample import place_cards
from analytics.store import Store
from analytics.wording import short
from tests.conftest import AS_OF

PAGES = (
    "overview", "load", "sla", "satisfaction", "cases", "loop", "teams", "items", "reform", "issues", "remedies", "explore", "triage", "briefing", "city", "data", "glossary", "administration",
)  # fmt: skip
FILTERED = PAGES[:13]


def open_page(name: str, store: Store, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """Run the dashboard with a page in front; the query is spelt as the URL spells it."""
    monkeypatch.setenv("INSIGHT_STORE", str(store.folder))
    app = AppTest.from_string(f"from dashboard import main\nmain({name!r})", default_timeout=600)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    assert not [e.value for e in app.error if "出错" in e.value]
    return app


def words(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "success", "error", "subheader", "title")
    return "\n".join(str(e.value) for kind in kinds for e in getattr(app, kind))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_on_the_demo_ledger(name: str, demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(name, demo_store, monkeypatch)
    said = words(app)
    assert "演示数据" in said
    assert len(said) > 100


@pytest.mark.parametrize("name", FILTERED)
def test_every_figure_page_names_its_snapshot_and_period(
    name: str, demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = words(open_page(name, demo_store, monkeypatch))
    assert demo_store.current_id() in said
    assert "统计期 2026年11月1日至11月24日（本月未完）" in said
    assert "统计时刻 2026年11月24日" in said


@pytest.mark.parametrize("name", PAGES)
def test_every_page_on_real_messages_alone(name: str, real_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(name, real_store, monkeypatch)
    said = words(app)
    assert "演示数据" not in said
    if name == "sla":
        assert "承诺时限" in said
    if name == "satisfaction":
        assert "好差评" in said
    if name in FILTERED:
        assert "没有更新" in said  # the newest message is years old


@pytest.mark.parametrize("name", PAGES)
def test_every_page_on_an_empty_store(name: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(name, Store(tmp_path), monkeypatch)
    assert "还没有台账" in words(app) or name == "glossary"


def test_the_five_numbers_are_the_catalogues(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("overview", demo_store, monkeypatch)
    ledger = open_ledger(demo_store)
    slice = Slice(*period("this_month", ledger.as_of))
    shown = {m.label: m.value for m in app.metric}
    for code, name, unit in (
        ("demand", "受理量", "件"),
        ("on_time_rate", "按期办结率", "%"),
        ("overdue_open", "超期未办", "件"),
        ("satisfaction", "满意率", "%"),
    ):
        assert shown[name] == short(compute(code, ledger, slice)["value"].iloc[0], unit)


def test_a_filter_changes_the_numbers_and_stands_in_the_footer(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("overview", demo_store, monkeypatch)
    before = app.metric[1].value
    app.multiselect(key="module").set_value(["finance"]).run()
    assert not app.exception
    assert app.metric[1].value != before
    assert "模块：金融服务" in words(app)


def test_a_view_is_a_link(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("overview", demo_store, monkeypatch, period="上月", compare="去年同期", module="金融服务")
    said = words(app)
    assert "统计期 2026年10月1日至10月31日" in said
    assert "去年同期 2025年10月1日至10月31日" in said
    assert "金融服务" in said


def test_an_earlier_as_of_shows_that_day(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    said = words(open_page("overview", demo_store, monkeypatch, as_of="2026-06-30"))
    assert "统计时刻 2026年7月1日 00:00" in said


@pytest.mark.parametrize(
    "query",
    [
        {"period": "x'"},
        {"from": "昨天", "period": "own"},
        {"module": "<script>"},
        {"as_of": "1900-01-01"},
        {"metric": "nothing"},
        {"sort": "'; DROP"},
    ],
)
def test_nonsense_in_the_url_is_borne(query: dict, demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page("cases", demo_store, monkeypatch, **query)


def test_cases_are_masked_until_asked_for(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    number = (
        open_ledger(demo_store)
        .reader.frame("SELECT case_no FROM cases ORDER BY accepted_at DESC LIMIT 1")["case_no"]
        .iloc[0]
    )
    app = open_page("cases", demo_store, monkeypatch, case=number)
    shown = "".join(f.value.astype(str).to_string() for f in app.dataframe)
    assert "联系电话" in shown
    assert "1****" in shown
    assert not re.search(r"154\d{8}", shown)


def test_the_glossary_finds_by_word(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("glossary", demo_store, monkeypatch)
    app.text_input(key="find").set_value("严格满意率").run()
    found = [m.value for m in app.markdown if "satisfaction" in m.value]
    assert any("严格满意率" in f for f in found)
    assert len(app.markdown) < 5


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"weekday": "0", "hour": "9"}, "只列：周一、9时"),
        ({"overdue_band": "4–10|11–30", "metric": "超期未办"}, "超期 4–10 个工作日"),
        ({"grade": "2", "metric": "评价量"}, "只列：不满意"),
        ({"grade": "<b>", "metric": "评价量"}, "没有符合条件"),
    ],
)
def test_the_address_may_narrow_the_list(
    query: dict, said: str, demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said in words(open_page("cases", demo_store, monkeypatch, period="本年", **query))


def test_a_fault_is_said_in_chinese_and_leaks_nothing(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    phone = "138" + "12345678"

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(phone)

    monkeypatch.setattr("pages.common.asking.ask_findings", fail)
    monkeypatch.setenv("INSIGHT_STORE", str(demo_store.folder))
    app = AppTest.from_string("from dashboard import main\nmain('overview')", default_timeout=600).run()
    assert "这一页出错了" in app.error[0].value
    assert not app.exception
    assert "RuntimeError" in caplog.text
    assert phone not in caplog.text + words(app)


def test_issue_pages_show_what_discovery_found(
    demo_store: Store, demo_found: IssueDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = demo_found.findings(open_ledger(demo_store))
    said = words(open_page("issues", demo_store, monkeypatch))
    assert f"归为 {len(found.types)} 类、{len(found.problems):,} 个具体问题" in said
    first = found.types.index[0]
    one = words(open_page("issues", demo_store, monkeypatch, type=first))
    assert str(found.types.loc[first, "name"]) in one
    assert "其中的具体问题" in one
    for look in ("分布图", "层级树"):
        open_page("issues", demo_store, monkeypatch, look=look)
    assert "找到" in words(open_page("explore", demo_store, monkeypatch, find="房租"))
    case = found.cases["case_no"].iloc[0]
    assert "像工单" in words(open_page("explore", demo_store, monkeypatch, like=case))
    assert "把握" in "\n".join(t.value for t in open_page("cases", demo_store, monkeypatch, case=case).text)


def test_a_type_that_does_not_exist_shows_the_overview(
    demo_store: Store, demo_found: IssueDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "正在抬头" in words(open_page("issues", demo_store, monkeypatch, type="T9999<script>"))


def test_the_new_mechanisms_say_what_they_found(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = open_page("loop", demo_store, monkeypatch, period="本年")
    assert "不能证明是会商的作用" in words(loop)
    load = open_page("load", demo_store, monkeypatch)
    assert any("触达企业" in d.value.columns for d in load.dataframe)


def test_a_draft_is_reviewed_on_the_page_and_wants_a_name(
    demo: DemoLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    write_store(store, demo, AS_OF)
    book = ProposalBook(store)
    book.draft({"item_name": "合同纠纷指引", "module": "legal"}, "甲局 王")
    app = open_page("items", store, monkeypatch)
    app.button(key="draft_reviewed").click().run()
    assert any("要留痕" in e.value for e in app.error)
    app.text_input(key="draft_who").input("审批局 李").run()
    app.button(key="draft_reviewed").click().run()
    assert [(s.kind, s.who) for s in book.proposals()[0].steps] == [("draft", "甲局 王"), ("reviewed", "审批局 李")]
    app.button(key="draft_approved").click().run()
    assert "待印发 1 项" in words(app)


def test_the_briefing_is_read_changed_and_made_on_its_page(
    demo: DemoLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    write_store(store, demo, AS_OF)
    app = open_page("briefing", store, monkeypatch)
    assert "一、总体情况" in words(app)
    assert "本周受理企业诉求" in words(app)
    sentence = app.text_area[0]
    sentence.input("本周受理 98,765 件。").run()
    assert "98,765" in words(app)
    app.text_input(key="editor").input("综合科 王").run()
    next(b for b in app.button if b.label == "保存这句").click().run()
    assert "本周受理 98,765 件" in words(app)
    next(b for b in app.button if b.label == "生成").click().run()
    made = Office(store).deliveries()
    assert [d.name for d in made] == ["周报-2026-W47"]
    assert "本周受理 98,765 件" in (made[0].folder / "周报-2026-W47.html").read_text("utf-8")
    assert not app.exception


def test_the_loop_page_lists_what_broke_a_rule(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("loop", demo_store, monkeypatch, period="本年")
    said = words(app)
    for title in ("规矩守得怎么样", "最常见的办理路径", "走了回头路的", "久拖未办"):
        assert title in said
    rules = next(f.value for f in app.dataframe if "规矩" in f.value.columns)
    row = compute("follow_up_rate", open_ledger(demo_store), Slice(*period("this_year", open_ledger(demo_store).as_of)))
    shown = rules.set_index("规矩").loc["办结后要回访", "守住的"]
    assert shown == row["value"].iloc[0]


@pytest.fixture
def governed(demo_store: Store, demo_found: IssueDesk, tmp_path: Path) -> Store:
    """The demo's store with the demo's cards on its board."""
    shutil.copytree(demo_store.folder, tmp_path / "store")
    store = Store(tmp_path / "store")
    desk = IssueDesk(store)
    ledger = desk.attach(open_ledger(store))
    assert place_cards(store, ledger, desk.findings(ledger)) >= 6
    return store


def test_the_board_shows_each_card_and_what_was_measured(governed: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    said = words(open_page("remedies", governed, monkeypatch))
    for stage in ("识别", "立项", "会商", "整改措施", "实施", "评估", "销号"):
        assert f"**{stage}**" in said
    cards = CardBook(governed).cards()
    opened = (words(open_page("remedies", governed, monkeypatch, card=c.id)) for c in cards if c.in_force)
    one = next(o for o in opened if "至少要" not in o)  # of a small ledger's cards some have too few cases before
    for title in ("整改见效了吗", "举一反三", "根源线索", "会不会是别的缘故"):
        assert title in one
    assert "95% 区间" in one
    fresh = next(c for c in cards if c.stage == "identified")
    assert "整改见效了吗" not in words(open_page("remedies", governed, monkeypatch, card=fresh.id))
    assert "没有这张卡片" in words(open_page("remedies", governed, monkeypatch, card="<b>"))
    following = words(open_page("remedies", governed, monkeypatch, board_look="先解决什么"))
    assert "这是假定，不是预测" in following
    assert "背后是" in following
    assert "在治理" in words(open_page("overview", governed, monkeypatch))


def test_two_people_edit_one_card(governed: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is told what the first changed; what they typed stays, and only that is written."""
    book = CardBook(governed)
    card = next(c for c in book.cards() if c.stage == "chartered")
    first = open_page("remedies", governed, monkeypatch, card=card.id)
    second = open_page("remedies", governed, monkeypatch, card=card.id)

    def type_in(app: AppTest, measures: str, who: str) -> None:
        next(t for t in app.text_area if t.label == "整改措施").input(measures)
        app.text_input(key="edit_who").input(who)
        next(b for b in app.button if b.label == "保存").click().run()

    next(t for t in first.text_input if t.label == "责任人").input("王科长")
    type_in(first, "一次性告知", "综合科 甲")
    assert book.card(card.id).text("measures") == "一次性告知"
    type_in(second, "减少材料", "综合科 乙")
    assert any("刚由综合科 甲" in e.value for e in second.error)
    assert book.card(card.id).text("measures") == "一次性告知"
    second.run()
    assert "被别人改过" in words(second)
    assert "一次性告知" in words(second)
    second.button(key="seen_news").click().run()
    assert next(t for t in second.text_area if t.label == "整改措施").value == "减少材料"
    next(b for b in second.button if b.label == "保存").click().run()
    kept = book.card(card.id)
    assert (kept.text("measures"), kept.text("people")) == ("减少材料", "王科长")
    assert [s.who for s in kept.steps[-2:]] == ["综合科 甲", "综合科 乙"]
