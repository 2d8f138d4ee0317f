"""What was asked is answered once a snapshot: kept by snapshot, and forgotten with it.

Streamlit's own cache forgets by number or time; here a question's snapshot is part of it, and with a new
snapshot the answers of old ones go at once, so that memory stays flat however often one is published.

See docs/decisions/0014.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator, Set
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import wraps
from threading import Lock, Semaphore, local
from typing import Any

from analytics.issues.desk import TABLE
from analytics.ledger import Ledger
from pages.common.turns import PATIENT, aside

#: Snapshots whose answers are kept: the newest, the one before it, one that somebody looks back at.
SNAPSHOTS = 3
MANY, FEW = 3000, 6
#: Questions remembered for the next snapshot.
RECENT = 400
#: How many are answered at once: more only take the interpreter from each other and from pages that ask nothing new.
AT_ONCE = 2
#: Where the ledger stands among a question's arguments, and where the token of its types does.
HERE, TYPES = "\x00ledger", "\x00types"


class Interrupted(Exception):
    """Whoever was to answer was broken off (a click ends a page's run): the next who waits asks again."""


_kept: OrderedDict[str, OrderedDict[str, Future]] = OrderedDict()
_recent: OrderedDict[str, tuple[str, tuple, dict]] = OrderedDict()
_guard = Lock()
_turns = Semaphore(AT_ONCE)
_mine = local()
_waits: ContextVar[Callable[[], object] | None] = ContextVar("waits", default=None)


@contextmanager
def told_when_waiting(tell: Callable[[], object]) -> Iterator[None]:
    """Have ``tell`` called, once, when a question of this thread must wait for others."""
    before = _waits.set(tell)
    try:
        yield
    finally:
        _waits.reset(before)


def _tell_that_it_waits() -> None:
    tell = _waits.get()
    if tell is not None:
        _waits.set(None)
        tell()


def kept(function: Callable[..., Any], most: int = MANY, whole: bool = False) -> Callable[..., Any]:
    """Let a function answer each question once; ``whole``: of all departments, for what counts cases and shows none.

    The first argument that is a Ledger says of which snapshot it is. Arguments are told apart by
    their ``repr``; two who ask the same at once wait for one answer.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def asked(*given: Any, **more: Any) -> Any:
        if whole:
            given = tuple(g.whole if isinstance(g, Ledger) else g for g in given)
        ledger = next((g for g in given if isinstance(g, Ledger)), None)
        key = f"{name}({_written(given)}, {_written(sorted(more.items()))})"
        _remember(name, ledger, given, more, most)
        snapshot = ledger.snapshot.id if ledger else ""
        while True:
            waiting = _found(snapshot, key)
            if waiting is None:
                with (
                    aside(),
                    _turn(),
                ):  # before the place is taken: who waits for an answer waits for somebody at work on it
                    waiting, mine = _place(snapshot, key, name, most)
                    if mine:
                        return _answer(waiting, snapshot, key, lambda: function(*given, **more))
            with suppress(Interrupted):
                return _awaited(waiting)

    return asked


def _awaited(waiting: Future) -> Any:
    """Return the answer that another is at work on."""
    if waiting.done():
        return waiting.result()
    with aside():
        with suppress(NotYet):
            return waiting.result(PATIENT)
        if not waiting.done():
            _tell_that_it_waits()
        return waiting.result()


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for one's turn to answer; who answers a question within a question has it already."""
    if getattr(_mine, "turn", False):
        yield
        return
    if not _turns.acquire(timeout=PATIENT):
        _tell_that_it_waits()
        _turns.acquire()
    try:
        _mine.turn = True
        yield
    finally:
        _mine.turn = False
        _turns.release()


def _answer(waiting: Future, snapshot: str, key: str, ask: Callable[[], Any]) -> Any:
    """Answer a question for all who wait; a failure is theirs too, a page that was broken off is not."""
    try:
        answer = ask()
    except BaseException as error:
        _drop(snapshot, key)
        waiting.set_exception(error if isinstance(error, Exception) else Interrupted())
        raise
    waiting.set_result(answer)
    return answer


def _written(value: object) -> str:
    if isinstance(value, frozenset | set):
        return f"{{{', '.join(sorted(map(repr, value)))}}}"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_written, value))})"
    return repr(value)


def _found(snapshot: str, key: str) -> Future | None:
    """Return the place of an answer that is there or on its way, None where nobody has asked."""
    with _guard:
        held = _kept.get(snapshot)
        if held is None or key not in held:
            return None
        _kept.move_to_end(snapshot)
        held.move_to_end(key)
        return held[key]


def _place(snapshot: str, key: str, name: str, most: int) -> tuple[Future, bool]:
    """Return the place of an answer, and whether the caller is to fill it."""
    with _guard:
        held = _kept.setdefault(snapshot, OrderedDict())
        _kept.move_to_end(snapshot)
        while len(_kept) > SNAPSHOTS + 1:  # what is of no snapshot has a shelf of its own
            _kept.popitem(last=False)
        if key in held:
            held.move_to_end(key)
            return held[key], False
        held[key] = Future()
        mine = [k for k in held if k.startswith(f"{name}(")] if most < MANY else list(held)
        for old in mine[: max(0, len(mine) - most)]:
            del held[old]
        return held[key], True


def _drop(snapshot: str, key: str) -> None:
    with _guard:
        _kept.get(snapshot, OrderedDict()).pop(key, None)


def _remember(name: str, ledger: Ledger | None, given: tuple, more: dict, most: int) -> None:
    """Remember a question that the next snapshot will be asked too: of the newest day, of all departments, masked.

    Of a question whose answers are few no more are remembered than fit beside each other.
    """
    if ledger is None or ledger.as_of < ledger.snapshot.as_of:
        return
    if ledger.viewer.department is not None or ledger.viewer.sees_personal:
        return
    token = ledger.issues.removeprefix(TABLE)
    others = tuple(HERE if g is ledger else TYPES if token and g == token else g for g in given)
    mark = f"{name}({_written(others)}, {_written(sorted(more.items()))})"
    with _guard:
        _recent[mark] = (name, others, more)
        _recent.move_to_end(mark)
        alike = [m for m in _recent if m.startswith(f"{name}(")] if most < MANY else []
        for old in alike[: max(0, len(alike) - most + 1)]:
            del _recent[old]
        while len(_recent) > RECENT:
            _recent.popitem(last=False)


def recent() -> list[tuple[str, tuple, dict]]:
    """Return the questions asked of late, the newest first: function, arguments (HERE for the ledger, TYPES for its types), named."""
    with _guard:
        return list(_recent.values())[::-1]


def answered(snapshot: str, but: Set[str] = frozenset()) -> dict[str, bytes]:
    """Return what was answered of a snapshot in this process ``but`` some, each answer pickled; what cannot be is left out."""
    with _guard:
        held = dict(_kept.get(snapshot, {}))
    found = {}
    for key, waiting in held.items():
        if key in but or not waiting.done():
            continue
        try:
            found[key] = pickle.dumps(waiting.result(), protocol=5)
        except Exception:
            continue
    return found


def take_in(snapshot: str, found: dict[str, bytes]) -> None:
    """Keep answers that another process has found."""
    for key, content in found.items():
        answer = pickle.loads(content)  # before its place is taken, for others wait there
        waiting, mine = _place(snapshot, key, "", MANY)
        if mine:
            waiting.set_result(answer)
