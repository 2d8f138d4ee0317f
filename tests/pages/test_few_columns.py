"""A ledger of few columns is the usual one: pages lead with what they can say, and name what is lacking in one line."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.metrics import unmet
from analytics.remedies.alike import alike
from analytics.store import Store
from tests.ingest.stored import imported
from tests.pages.test_pages import FILTERED, open_page, words

#: Pages for which number, time and text are enough.
ENOUGH = {"cases", "triage", "issues", "remedies", "explore"}
TEXTS = ("厂房屋顶漏水没有人修", "门口路灯不亮夜里很黑", "申请贷款被银行拒绝", "夜里施工噪音大睡不着")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A ledger of number, time and content alone, types found."""
    rng, lines = random.Random(5), ["编号,时间,内容"]
    lines += [
        f"A{n:03},2026-11-{1 + n % 20:02} 09:{n % 60:02},{rng.choice(TEXTS)}，请尽快处理{n % 9}" for n in range(120)
    ]
    store = Store(tmp_path_factory.mktemp("three"))
    assert imported(store, "登记.csv", "\n".join(lines) + "\n").accepted == 120
    IssueDesk(store).discover(open_ledger(store))
    return store


@pytest.mark.parametrize("name", FILTERED)
def test_a_page_says_what_is_lacking_in_one_line(name: str, three: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(name, three, monkeypatch)
    said = [str(e.value) for e in app.caption if "就能多看" in str(e.value)]
    assert len(said) == (name not in ENOUGH), said
    assert not [e.value for e in app.info if "台账里没有" in e.value or "补上后" in e.value]


def test_a_page_of_which_nothing_can_be_shown_says_so(three: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("satisfaction", three, monkeypatch)
    assert "这一页要看的，台账里还没有" in words(app)
    assert not app.subheader


def test_the_first_page_leads_with_the_types_where_no_module_is_known(
    three: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("overview", three, monkeypatch)
    assert [m.label for m in app.metric] == ["受理量"]
    assert "反映最多的一类问题" in words(app)


def test_without_closing_times_no_case_is_called_open(three: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = IssueDesk(three)
    ledger = desk.attach(open_ledger(three))
    found = desk.findings(ledger)
    assert all(unmet(code, ledger) for code in ("overdue_open", "at_risk", "backlog"))
    assert alike(ledger, found, str(found.types.index[0])).empty
    for name, more in (("issues", {"type": str(found.types.index[0])}), ("overview", {}), ("loop", {})):
        said = words(open_page(name, three, monkeypatch, **more))
        assert "未办结**" not in said
        assert "积压 " not in said


def test_a_due_day_alone_makes_nothing_overdue(tmp_path: Path) -> None:
    imported(Store(tmp_path), "a.csv", "编号,时间,内容,办理期限\nA1,2026-01-05,漏水,2026-01-09\n")
    assert unmet("overdue_open", open_ledger(Store(tmp_path)))


def test_modules_are_said_type_by_type(three: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("triage", three, monkeypatch)
    assert "没有可学的样本" in words(app)
    assert [b for b in app.button if b.label.startswith("采纳 0 件") and b.disabled]
