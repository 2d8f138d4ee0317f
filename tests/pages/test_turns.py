"""A few pages are drawn at once; who looks for an answer lets others draw, who waits long is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from pages.common import turns


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(turns, "AT_ONCE", 2)
    monkeypatch.setattr(turns, "PATIENT", 0.01)
    monkeypatch.setattr(turns, "LONGEST", 3600.0)
    yield
    assert not turns._drawing  # every turn has come back


class Pages:
    """Pages that draw until they are let go; ``most``: how many drew at once, ``told``: how many were told to wait."""

    def __init__(self) -> None:
        self.go, self.guard = threading.Event(), threading.Lock()
        self.now = self.most = self.told = 0
        self.threads: list[threading.Thread] = []

    def count(self, by: int) -> None:
        with self.guard:
            self.now += by
            self.most = max(self.most, self.now)

    def tell(self) -> None:
        with self.guard:
            self.told += 1

    def draw(self, *, looks: bool = False) -> None:
        with turns.drawing(self.tell):
            if looks:
                with turns.aside():
                    self.go.wait(600)
            self.count(1)
            self.go.wait(600)
            self.count(-1)

    def begin(self, how_many: int, *, looks: bool = False) -> None:
        for _ in range(how_many):
            self.threads.append(threading.Thread(target=self.draw, kwargs={"looks": looks}))
            self.threads[-1].start()

    def end(self) -> None:
        self.go.set()
        for thread in self.threads:
            thread.join(600)


def until(so: Callable[[], bool]) -> None:
    for _ in range(60_000):
        if so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to be so")


def test_no_more_than_so_many_draw_and_the_others_are_told() -> None:
    pages = Pages()
    pages.begin(6)
    until(lambda: pages.told >= 4)
    pages.end()
    assert (pages.most, pages.told, pages.now) == (2, 4, 0)


def test_who_looks_for_an_answer_lets_others_draw() -> None:
    pages = Pages()
    pages.begin(2, looks=True)
    drawn = threading.Event()

    def other() -> None:
        with turns.drawing():
            drawn.set()

    thread = threading.Thread(target=other)
    thread.start()
    assert drawn.wait(600)
    thread.join(600)
    pages.end()
    assert pages.most <= 2


def test_a_page_that_fails_gives_its_turn_back() -> None:
    for _ in range(5):
        with pytest.raises(ValueError, match="x"), turns.drawing(), turns.aside():
            raise ValueError("x")


def test_outside_a_page_nothing_is_waited_for() -> None:
    with turns.aside(), turns.aside():
        pass


def test_a_page_that_is_long_at_work_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two imports from the page would else shut every page to everybody for minutes."""
    monkeypatch.setattr(turns, "LONGEST", 0.05)
    pages = Pages()
    pages.begin(2)
    until(lambda: pages.now == 2)
    with turns.drawing():
        assert pages.now == 2
    pages.end()
