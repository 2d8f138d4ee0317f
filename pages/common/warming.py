"""A new snapshot is shown once its first questions are answered: till then everybody keeps the one before it.

A thread of the server notices what was published and asks what most pages ask first, so that nobody
waits for it. Whoever published it is shown it at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from threading import Thread

from analytics.briefing.compose import Request
from analytics.briefing.office import Office
from analytics.briefing.period import last_whole
from analytics.issues import IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import Slice, period
from analytics.store import Store, StoreError
from analytics.viewer import ANALYST, Viewer
from pages.common import asking, discovered, mechanisms, remedied
from pages.common.filters import DEFAULT_COMPARISON, DEFAULT_PERIOD
from pages.common.remembered import ask_briefing

#: Seconds between two looks, and the longest that a new snapshot is held back.
EVERY, PATIENCE = 2.0, 60.0
FIVE = ("demand", "on_time_rate", "overdue_open", "handling_median", "satisfaction")
_WARMER = Viewer("预备", ANALYST)
_ready: dict[str, str] = {}
_since: dict[str, float] = {}


def shown_id(current: str, folder: str) -> str:
    """Return the snapshot to show: the current one, or the one before it while its first questions are being answered."""
    ready = _ready.get(folder)
    if ready is None or ready == current:
        return current
    return current if time.monotonic() - _since.setdefault(current, time.monotonic()) > PATIENCE else ready


def start() -> None:
    """Begin to watch the store that is shown, in a thread that ends with the server."""
    Thread(target=_watch, name="warming", daemon=True).start()


def _watch() -> None:
    while True:
        try:
            look(asking.store())
        except StoreError:
            pass  # the pages say what is wrong with the store
        except Exception as error:
            logging.getLogger(__name__).warning("warming failed: %s", type(error).__name__, exc_info=error)
        time.sleep(EVERY)


def look(store: Store) -> bool:
    """Warm the current snapshot if that is to be done; returns whether it was."""
    folder, current = str(store.folder), store.current()
    if current is None or _ready.get(folder) == current.id:
        return False
    _since.setdefault(current.id, time.monotonic())
    try:
        ledger = IssueDesk(store).attach(open_ledger(store, _WARMER, snapshot_id=current.id))
        for ask in first_questions(ledger):
            ask()
            time.sleep(0.02)  # whoever clicks meanwhile comes first
    finally:
        _ready[folder] = current.id
    return True


def first_questions(ledger: Ledger) -> Iterator[Callable[[], object]]:
    """Return what pages ask first of a ledger, the dearest of it."""
    slice = Slice(*period(DEFAULT_PERIOD, ledger.as_of))
    before = slice.compared(DEFAULT_COMPARISON, ledger.as_of)
    found = asking.findings(ledger)
    yield lambda: ledger.counts
    yield lambda: asking.ask(FIVE, ledger, slice)
    yield lambda: asking.ask_findings(ledger, slice)
    if found is not None:
        yield lambda: discovered.ask_watched(ledger, "issue_problem")
        yield lambda: discovered.ask_watched(ledger, "issue_type")
        yield lambda: discovered.ask_measured(ledger, slice, before, "issue_type")
        yield lambda: remedied.ask_waiting(ledger, found)
    yield lambda: mechanisms.ask_consult_effect(ledger, slice)
    yield lambda: mechanisms.ask_variants(ledger, slice)
    yield lambda: mechanisms.ask_milestones(ledger)
    yield lambda: asking.ask_forecast(ledger, slice)
    office = Office(Store(ledger.folder), viewer=_WARMER)
    request = Request(last_whole("week", ledger.as_of))
    yield lambda: ask_briefing(office, ledger, request, found.token if found else "")
