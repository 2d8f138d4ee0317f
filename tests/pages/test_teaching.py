"""教一教 as a person uses it: a question, an answer, the next question, and the answer taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.issues import IssueDesk
from analytics.issues.answers import TEACH
from analytics.store import Store
from tests.issues.test_discovery import texts_of_three_kinds
from tests.pages.test_pages import open_page, words
from tests.small import ledger_of


def test_an_answer_brings_the_next_question_and_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = IssueDesk(Store(tmp_path))
    desk.discover(ledger_of(tmp_path, texts_of_three_kinds()))
    app = open_page("issues", desk.store, monkeypatch, look="teach")
    assert "已答 0 问" in words(app)
    unsure = [b for b in app.button if b.label == "说不清"]
    assert len(unsure) == 1
    first = next(m.value for m in app.markdown if m.value.startswith("1/10"))
    unsure[0].click().run()
    told = [d for d in desk.book.standing() if d.kind == TEACH]
    assert [d.detail["yes"] for d in told] == [None]
    assert "已答 1 问" in words(app)
    assert next(m.value for m in app.markdown if m.value.startswith("2/10")) != first
    next(b for b in app.button if b.label == "撤销上一答").click().run()
    assert not [d for d in desk.book.standing() if d.kind == TEACH]
    assert next(m.value for m in app.markdown if m.value.startswith("1/10")) == first
