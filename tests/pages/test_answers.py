"""Answers are kept by snapshot and scope, found by another process, and forgotten with their snapshot."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from analytics.issues import IssueDesk
from analytics.issues.desk import TABLE
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import Slice
from analytics.store import Store
from analytics.viewer import ANALYST, LEADER, Viewer
from pages.common import answers, asking, preparing, warming
from pages.navigation.places import PLACES


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    for kept in (answers._kept, answers._recent, warming._ready, warming._since):
        kept.clear()
    yield
    for kept in (answers._kept, answers._recent, warming._ready, warming._since):
        kept.clear()


def counting(whole: bool = False, most: int = answers.MANY) -> tuple[list, object]:
    asked: list = []

    def question(ledger: Ledger, *given: object) -> int:
        asked.append((ledger.viewer.department, given))
        return len(asked)

    return asked, answers.kept(question, most, whole)


def test_a_question_is_answered_once_a_scope(demo_ledger: Ledger) -> None:
    asked, question = counting()
    people = [replace(demo_ledger, viewer=Viewer(n, r)) for n, r in (("甲", ANALYST), ("乙", LEADER))]
    tax = replace(demo_ledger, viewer=Viewer("丙", ANALYST, "区税务局"))
    assert [question(x, 1) for x in (*people, tax, tax)] == [1, 1, 2, 2]
    assert [d for d, _ in asked] == [None, "区税务局"]
    assert question(demo_ledger, 2) == 3
    assert question(demo_ledger, frozenset("abc")) == question(demo_ledger, frozenset("cab"))


def test_what_counts_is_asked_once_for_all_departments_and_of_all(demo_ledger: Ledger) -> None:
    asked, question = counting(whole=True)
    for name in ("区税务局", "区教育局"):
        question(replace(demo_ledger, viewer=Viewer("x", ANALYST, name)))
    assert [d for d, _ in asked] == [None]


def test_a_page_that_waits_says_so_once(demo_ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its turn behind others, or for the answer that another is at work on; one that is answered at once says nothing."""
    monkeypatch.setattr(answers, "PATIENT", 0.01)
    go_on, told = threading.Event(), []
    slow = answers.kept(lambda ledger, number: go_on.wait(600) and number)

    def page(number: int) -> None:
        with answers.told_when_waiting(lambda: told.append(number)):
            slow(demo_ledger, number)
            quick(demo_ledger, number)

    _, quick = counting()
    busy = [threading.Thread(target=page, args=(n,)) for n in range(answers.AT_ONCE)]
    for thread in busy:
        thread.start()
    while len(answers._kept.get(demo_ledger.snapshot.id, ())) < answers.AT_ONCE:
        time.sleep(0.01)
    late = [threading.Thread(target=page, args=(n,)) for n in (0, 99)]
    for thread in late:
        thread.start()
    while len(told) < 2:
        time.sleep(0.01)
    go_on.set()
    for thread in (*busy, *late):
        thread.join(600)
    assert sorted(told) == [0, 99]
    page(1)
    assert sorted(told) == [0, 99]


def test_two_who_ask_at_once_wait_for_one_answer(demo_ledger: Ledger) -> None:
    asked: list[int] = []

    def slow(ledger: Ledger) -> int:
        asked.append(1)
        time.sleep(0.2)
        return 7

    question, got = answers.kept(slow), []
    threads = [threading.Thread(target=lambda: got.append(question(demo_ledger))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (asked, got) == ([1], [7] * 5)


def test_a_failure_is_told_and_not_kept(demo_ledger: Ledger) -> None:
    tries: list[int] = []

    def failing(ledger: Ledger) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("once")
        return 1

    question = answers.kept(failing)
    with pytest.raises(ValueError, match="once"):
        question(demo_ledger)
    assert question(demo_ledger) == 1


def test_a_page_that_is_broken_off_breaks_off_nobody_else(demo_ledger: Ledger) -> None:
    class BrokenOff(BaseException):
        """As Streamlit ends a run when somebody clicks."""

    begun, go, tries = threading.Event(), threading.Event(), []

    def question(ledger: Ledger) -> int:
        tries.append(1)
        if len(tries) == 1:
            begun.set()
            go.wait(600)
            raise BrokenOff
        return 7

    asked, got, ended = answers.kept(question), [], []

    def first() -> None:
        try:
            asked(demo_ledger)
        except BrokenOff:
            ended.append("first")

    one = threading.Thread(target=first)
    one.start()
    begun.wait(600)
    other = threading.Thread(target=lambda: got.append(asked(demo_ledger)))
    other.start()
    time.sleep(0.1)
    go.set()
    one.join()
    other.join()
    assert (ended, got, len(tries)) == (["first"], [7], 2)


def test_few_are_answered_at_once_and_one_within_another_takes_no_further_turn(demo_ledger: Ledger) -> None:
    running, most, full = [], [], threading.Event()

    def inner(ledger: Ledger, number: int) -> int:
        return number

    def outer(ledger: Ledger, number: int) -> int:
        running.append(number)
        most.append(len(running))
        if len(running) >= answers.AT_ONCE:
            full.set()
        full.wait(600)
        time.sleep(0.05)  # for one too many to come in
        answer = ask_inner(ledger, number % 2)  # waits for another's answer, or finds it, while holding a turn
        running.remove(number)
        return answer

    ask_inner, ask = answers.kept(inner), answers.kept(outer)
    got: list[int] = []
    threads = [threading.Thread(target=lambda n=n: got.append(ask(demo_ledger, n)), daemon=True) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    assert sorted(got) == [0] * 6 + [1] * 6
    assert max(most) == answers.AT_ONCE


def test_answers_go_with_their_snapshot_and_the_few_stay_few(demo_ledger: Ledger) -> None:
    _, question = counting()
    for number in range(10):
        question(replace(demo_ledger, snapshot=replace(demo_ledger.snapshot, id=f"S{number:06d}-202601010000")))
    assert len(answers._kept) <= answers.SNAPSHOTS + 1
    few_asked, few = counting(most=3)
    for number in range(10):
        few(demo_ledger, number)
    few(demo_ledger, 9)
    assert len(few_asked) == 10
    assert len(answers._kept[demo_ledger.snapshot.id]) <= 4


def test_another_process_finds_the_same_answers(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSIGHT_STORE", str(demo_store.folder))
    viewer = Viewer("x", ANALYST)
    ledger = IssueDesk(demo_store).attach(open_ledger(demo_store, viewer))
    slice = Slice(ledger.first_day, ledger.as_of.date())
    own = asking.ask(("demand",), ledger, slice, by=("department",))
    answers._kept.clear()
    monkeypatch.setattr(warming, "NICE", 0)  # beside busy processes it would never come to an end
    monkeypatch.setattr(warming, "LONGEST", None)
    assert warming.prepare(demo_store, ledger.snapshot.id) > 5
    monkeypatch.setattr(asking, "compute_many", lambda *given: pytest.fail("asked again"))
    told = asking.ask(("demand",), replace(ledger, viewer=Viewer("y", LEADER, "区税务局")), slice, by=("department",))
    assert told.equals(own)


def test_a_process_that_fails_is_said_and_what_it_found_is_kept(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child answers one question and dies."""
    dying = (
        "import pickle, sys; pickle.dump({'q()': pickle.dumps(7)}, sys.stdout.buffer); sys.stdout.flush(); sys.exit(3)"
    )
    monkeypatch.setattr(warming, "PREPARING", ("-c", dying))
    snapshot = demo_store.current().id
    with pytest.raises(subprocess.CalledProcessError):
        warming._ask(demo_store, snapshot)
    assert answers._kept[snapshot]["q()"].result(0) == 7


def test_a_page_opened_beforehand_asks_nothing_more_of_whoever_comes(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSIGHT_STORE", str(demo_store.folder))
    monkeypatch.setattr(preparing, "PATIENCE", 600)
    for name in ("overview", "sla"):
        page = preparing.opened(next(p for p in PLACES if p.file == name))
        assert not page.exception
        assert len(page.caption) > 1
    monkeypatch.setattr(asking, "compute_many", lambda *given: pytest.fail("asked again"))
    monkeypatch.setattr(asking, "compared", lambda *given: pytest.fail("asked again"))
    for name in ("overview", "sla"):
        page = AppTest.from_string(f"from dashboard import main\nmain({name!r})", default_timeout=600).run()
        assert not page.exception
        assert not page.error


def test_what_is_remembered_names_no_types_and_of_the_few_only_those_that_fit(demo_ledger: Ledger) -> None:
    _, question = counting()
    few = answers.kept(lambda ledger, number: number, most=3)
    for run in range(5):
        ledger = demo_ledger.attach(f"{TABLE}R{run}_0", "issue_type")
        question(ledger, f"R{run}_0", "x")
        few(ledger, run)
    remembered = answers.recent()
    assert [g for n, g, _ in remembered if "x" in g] == [(answers.HERE, answers.TYPES, "x")]
    assert [g for n, g, _ in remembered if "x" not in g] == [(answers.HERE, 4), (answers.HERE, 3)]


def test_types_that_came_while_it_was_asked_are_asked_again(
    demo_store: Store, demo_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New cases join the types a moment after their snapshot is published."""
    tokens, asked = iter(["R1_0", "R2_0", "R2_0", "R2_0"]), []
    monkeypatch.setattr(warming, "_types", lambda store, snapshot: next(tokens))
    monkeypatch.setattr(warming, "_ask", lambda store, snapshot: asked.append(snapshot) or 3)
    assert warming.prepare(demo_store, demo_ledger.snapshot.id) == 3
    assert len(asked) == 2


def test_a_new_snapshot_is_asked_once_its_cases_have_joined_the_types(
    demo_store: Store, demo_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(warming, "prepare", lambda store, snapshot: asked.append(snapshot))
    joining = [True, True, False]
    monkeypatch.setattr(warming, "_joining", lambda store, snapshot: joining.pop(0))
    warming._ready[str(demo_store.folder)] = "S000000"
    assert [warming.look(demo_store) for _ in range(4)] == [False, False, True, False]
    assert asked == [demo_ledger.snapshot.id]


def test_a_new_snapshot_waits_until_it_is_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert warming.shown_id("S1", "f") == "S1"  # nobody watches
    warming._ready["f"] = "S1"
    assert warming.shown_id("S2", "f") == "S1"
    warming._ready["f"] = "S2"
    assert warming.shown_id("S2", "f") == "S2"
    monkeypatch.setattr(warming, "PATIENCE", -1)
    assert warming.shown_id("S3", "f") == "S3"  # not held back for ever
