"""A new snapshot is shown once its first questions are answered: till then everybody keeps the one before it.

A thread of the server notices what was published and has another process ask what people ask, so that nobody
waits for it and nobody is slowed by it. Whoever published it is shown it at once.

See docs/decisions/0014.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Thread, Timer

from analytics.issues import IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.settings import ROOT
from analytics.store import Store, StoreError
from analytics.viewer import ANALYST, Viewer
from pages.common import answers, asking, opening

#: Seconds that whoever opens a server just started is left alone with it, and between two looks after that.
ALONE, EVERY = 8.0, 2.0
#: How many seconds new cases may take to join the types, and the longest that a new snapshot is held back.
JOINING, PATIENCE = 10.0, 180.0
#: How far the process that asks beforehand yields to others, and how many seconds it may take.
NICE: int = 19
LONGEST: float | None = 300.0
#: What pages import when they are first opened, and takes long.
LATER = ("analytics.issues.search", "analytics.issues.assigning", "analytics.briefing.drawing")
#: The process that asks beforehand.
PREPARING = ("-m", "pages.common.preparing")
#: Who asks beforehand: what is counted for everybody.
WARMER = Viewer("预备", ANALYST)
_ready: dict[str, str] = {}
_since: dict[str, float] = {}


def shown_id(current: str, folder: str) -> str:
    """Return the snapshot to show: the current one, or the one before it while its first questions are being answered."""
    ready = _ready.get(folder)
    if ready is None or ready == current:
        return current
    return current if time.monotonic() - _since.setdefault(current, time.monotonic()) > PATIENCE else ready


def hold(folder: str, snapshot: str) -> None:
    """Let pages of this process show one snapshot of a store, whatever is published meanwhile."""
    _ready[folder] = snapshot


def start() -> None:
    """Begin to watch the store that is shown, in a thread that ends with the server; not with INSIGHT_WARM=off."""
    if os.environ.get("INSIGHT_WARM") == "off":
        return
    Thread(target=_watch, name="warming", daemon=True).start()


def _watch() -> None:
    _try(lambda store: opening.ask_first(_opened(store)))
    time.sleep(ALONE)
    _try(lambda store: [importlib.import_module(module) for module in LATER])
    while True:
        _try(look)
        time.sleep(EVERY)


def _try(act: Callable[[Store], object]) -> None:
    try:
        act(asking.store())
    except StoreError:
        pass  # the pages say what is wrong with the store
    except Exception as error:
        logging.getLogger(__name__).warning("warming failed: %s", type(error).__name__)


def _opened(store: Store) -> Ledger:
    return IssueDesk(store).attach(open_ledger(store, WARMER))


def look(store: Store) -> bool:
    """Warm the current snapshot if that is to be done; returns whether it was."""
    folder, current = str(store.folder), store.current()
    if current is None or _ready.get(folder) == current.id:
        return False
    known = time.monotonic() - _since.setdefault(current.id, time.monotonic())
    if folder in _ready and known < JOINING and _joining(store, current.id):
        return False
    try:
        prepare(store, current.id)
    finally:
        _ready[folder] = current.id
    return True


def prepare(store: Store, snapshot: str) -> int:
    """Have another process answer the questions of now for a snapshot, and keep its answers; returns how many.

    What was asked before new cases had joined the types is asked again.
    """
    while True:
        before = _types(store, snapshot)
        count = _ask(store, snapshot)
        if _types(store, snapshot) == before:
            return count


def _joining(store: Store, snapshot: str) -> bool:
    """Tell whether the types may be about to take in the new cases of a snapshot."""
    run = IssueDesk(store).runs.current()
    return run is not None and str(run.card["snapshot"]) < snapshot


def _types(store: Store, snapshot: str) -> str:
    """Return the token of the types as a snapshot has them, '' before the first run."""
    found = IssueDesk(store).findings(open_ledger(store, WARMER, snapshot_id=snapshot))
    return found.token if found else ""


def _ask(store: Store, snapshot: str) -> int:
    request = (str(store.folder.resolve()), snapshot, answers.recent())
    command = [sys.executable, *PREPARING, str(NICE)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        ending = Timer(LONGEST, process.kill) if LONGEST else None
        if ending:
            ending.start()
        count = 0
        try:
            process.stdin.write(pickle.dumps(request))
            process.stdin.close()
            while True:
                found = pickle.load(process.stdout)
                answers.take_in(snapshot, found)
                count += len(found)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):  # it has ended, or was ended in the midst
            if code := process.wait():
                raise subprocess.CalledProcessError(code, command) from None
            return count
        finally:
            if ending:
                ending.cancel()
