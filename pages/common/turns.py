"""Pages are drawn a few at a time: together they would only take the interpreter from each other, and all end late.

See docs/decisions/0014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Semaphore, local

#: How many pages are drawn at once.
AT_ONCE = 2
#: Seconds after which a page that waits for its turn says so.
PATIENT = 0.5
_turns = Semaphore(AT_ONCE)
_mine = local()


@contextmanager
def drawing(tell: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Wait for one's turn to draw a page; ``tell`` is called, once, where that takes long."""
    if not _turns.acquire(timeout=PATIENT):
        tell()
        _turns.acquire()
    _mine.drawing = True
    try:
        yield
    finally:
        if _mine.drawing:
            _turns.release()
        _mine.drawing = False


@contextmanager
def aside() -> Iterator[None]:
    """Let others draw while this thread finds an answer or waits for one."""
    if not getattr(_mine, "drawing", False):
        yield
        return
    _mine.drawing = False
    _turns.release()
    try:
        yield
    finally:
        _turns.acquire()
        _mine.drawing = True
