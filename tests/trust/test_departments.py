"""What a department's viewer writes is its own, and what others keep or wrote tells it nothing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from analytics.briefing.compose import Request
from analytics.briefing.office import Office
from analytics.briefing.period import parse
from analytics.issues import IssueDesk, looking
from analytics.issues.searching import alike
from analytics.ledger import open_ledger
from analytics.store import StoreError
from analytics.viewer import ANALYST, Viewer
from tests.trust.conftest import Marked
from tests.trust.test_roles import viewer_of


@pytest.fixture
def three(marked: Marked) -> tuple[Viewer, Viewer, Viewer]:
    """An analyst of the whole district, one of a department, one of another."""
    other = next(d for d in open_ledger(marked.store).values("department") if d != marked.department)
    return Viewer("wang", ANALYST), Viewer("zhang", ANALYST, marked.department), Viewer("li", ANALYST, other)


def test_a_department_changes_no_sentence_but_its_own(marked: Marked, three: tuple[Viewer, ...]) -> None:
    week = Request(parse("2026-W45"))
    desks = [Office(marked.store, viewer=viewer) for viewer in three]

    def first(desk: Office) -> tuple[str, str | None]:
        sentence = desk.compose(week).sections[0].sentences[0]
        return sentence.text, sentence.edited_by

    before = first(desks[0])
    for number, desk in enumerate(desks):
        desk.edit(week, desk.compose(week).sections[0].sentences[0], f"改成{number}。", "冒名的人")
    assert before[1] is None
    assert [first(desk) for desk in desks] == [(f"改成{n}。", v.name) for n, v in enumerate(three)]
    assert [desk.stale(desk.compose(week), week) for desk in desks] == [[], [], []]


def test_a_department_overwrites_no_shared_profile(marked: Marked, three: tuple[Viewer, ...]) -> None:
    week = Request(parse("2026-W45"))
    district, mine, other = (Office(marked.store, viewer=viewer) for viewer in three)
    district.keep_profile("每周", replace(week, recipient="区政府办"), "王")
    mine.keep_profile("每周", replace(week, recipient="别处", parts=("limits",)), "张")
    mine.keep_profile("本局", week, "张")
    for desk in (district, other, Office(marked.store)):  # the last: as cron runs it
        assert desk.with_profile(week, "每周").recipient == "区政府办"
        assert "本局" not in desk.profiles()
        with pytest.raises(StoreError, match="没有名为"):
            desk.with_profile(week, "本局")
    assert mine.with_profile(week, "每周").parts == ("limits",)
    assert mine.profiles() == ["本局", "每周"]


def test_kept_views_are_ones_own(marked: Marked, three: tuple[Viewer, ...]) -> None:
    desks = [IssueDesk(marked.store, viewer=viewer) for viewer in three]
    kept = [desk.keep_view(f"视图{n}", {"find": ["秘密"]}, "冒名的人") for n, desk in enumerate(desks)]
    assert [[d.seq for d in desk.views()] for desk in desks] == [[seq] for seq in kept]
    for desk in desks[1:]:
        for foreign in (kept[0], 1, 10**9):
            with pytest.raises(StoreError, match="没有这个视图"):
                desk.drop_view(foreign, "")
    for desk, seq in zip(desks, kept, strict=True):
        desk.drop_view(seq, "")
        assert desk.views() == []


def test_what_is_like_anothers_case_tells_nothing(marked: Marked) -> None:
    """Not whether it exists, nor what it is like, nor by a repeat's link to it."""
    desk = IssueDesk(marked.store)
    scoped = desk.attach(open_ledger(marked.store, viewer_of(ANALYST, marked, scoped=True)))
    found = desk.findings(scoped)
    assert found is not None
    assert alike(scoped, found, marked.own_case)
    assert alike(scoped, found, marked.other_case) == alike(scoped, found, "没有的编号") == ()
    rows = found.cases.assign(repeat_of=None).set_index("case_no", drop=False)
    rows.loc[[marked.own_case, marked.other_case], "repeat_of"] = [marked.other_case, marked.own_case]
    repeating = SimpleNamespace(cases=rows, run=found.run)
    told = [looking.belonging(ledger, repeating, marked.own_case) for ledger in (scoped, open_ledger(marked.store))]
    assert [placed and placed.repeat_of for placed in told] == [None, marked.other_case]
    for case_no in (marked.other_case, "没有的编号"):
        assert looking.belonging(scoped, found, case_no) is None
