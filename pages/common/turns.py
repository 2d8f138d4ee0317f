"""Pages are drawn a few at a time: together they would only take the interpreter from each other, and all end late.

See docs/decisions/0014.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, get_ident

#: How many pages are drawn at once.
AT_ONCE = 2
#: Seconds after which a page that waits for its turn says so.
PATIENT = 0.5
#: Seconds after which a page that is still at work (on an import, a briefing) keeps nobody waiting.
LONGEST = 1.0
#: Thread → since when it draws.
_drawing: dict[int, float] = {}
_changed = Condition()


@contextmanager
def drawing(tell: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Wait for one's turn to draw a page; ``tell`` is called, once, where that takes long."""
    if not _taken(PATIENT):
        tell()
        _taken()
    try:
        yield
    finally:
        _given_back()


@contextmanager
def aside() -> Iterator[None]:
    """Let others draw while this thread finds an answer or waits for one."""
    if get_ident() not in _drawing:
        yield
        return
    _given_back()
    try:
        yield
    finally:
        _taken()


def _taken(patience: float | None = None) -> bool:
    """Wait for a turn and take it; returns False where the patience ended first."""
    ends = None if patience is None else time.monotonic() + patience
    with _changed:
        while (begun := _in_the_way()) is not None:
            now = time.monotonic()
            if ends is not None and now >= ends:
                return False
            wait = begun + LONGEST - now
            _changed.wait(max(0.0, wait if ends is None else min(wait, ends - now)))
        _drawing[get_ident()] = time.monotonic()
        return True


def _in_the_way() -> float | None:
    """Return since when the page draws that will be the first out of the way; None where there is room."""
    late = time.monotonic() - LONGEST
    counted = sorted(begun for begun in _drawing.values() if begun > late)
    return counted[0] if len(counted) >= AT_ONCE else None


def _given_back() -> None:
    with _changed:
        _drawing.pop(get_ident(), None)
        _changed.notify()
