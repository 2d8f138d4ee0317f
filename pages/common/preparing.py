"""Asks a new snapshot in a process of its own what people ask: `python -m pages.common.preparing` (see warming).

A pickle of (store, snapshot, questions) on standard input, pickles of answers on standard output, each as soon as it
is found: key → pickled answer.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread

import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics.issues import IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.store import Store
from analytics.viewer import Viewer
from pages.common import answers, asking, discovered, frame, warming
from pages.common.warming import WARMER
from pages.entrance.who import VIEWER
from pages.navigation.places import PLACES, RESERVED, Place

#: Seconds that a page may take.
PATIENCE = 120


def again(ledger: Ledger, token: str, question: tuple[str, tuple, dict]) -> None:
    """Ask the ledger what was asked of the one before it."""
    here = {answers.HERE: ledger, answers.TYPES: token}
    name, given, more = question
    module, _, function = name.rpartition(".")
    asked = tuple(here[g] if isinstance(g, str) and g in here else g for g in given)
    getattr(importlib.import_module(module), function)(*asked, **more)


def open_page(first: str) -> None:
    """Draw a page as somebody meets it who has chosen nothing: what it asks is answered then."""
    frame.draw(first, _entered)


def _entered() -> Viewer:
    st.session_state[VIEWER] = WARMER
    return WARMER


def opened(place: Place) -> AppTest:
    """Run a page without a browser; returns what it shows."""
    script = f"from pages.common.preparing import open_page\nopen_page({place.file!r})"
    return AppTest.from_string(script, default_timeout=PATIENCE).run()


def steps(ledger: Ledger, questions: list[tuple[str, tuple, dict]]) -> Iterator[Callable[[], object]]:
    """Return what is to be asked: by each page, by a type or problem that is opened, and what was asked of the last snapshot."""
    found = asking.findings(ledger)
    for place in PLACES:
        if place.file not in RESERVED:
            yield lambda place=place: opened(place)
    for level in ("issue_problem", "issue_type") if found else ():
        yield lambda level=level: discovered.ask_watched(ledger, level)
    for question in questions:
        yield lambda question=question: again(ledger, found.token if found else "", question)


def end_with(parent: int) -> None:
    """End this process when its parent has ended, however that happened: nobody waits for the answers any more."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main() -> None:
    """Answer on standard output."""
    os.nice(int(sys.argv[1]))  # whoever looks at a page goes first
    Thread(target=end_with, args=(os.getppid(),), name="parent", daemon=True).start()
    logging.disable(logging.WARNING)
    folder, snapshot, questions = pickle.load(sys.stdin.buffer)
    os.environ["INSIGHT_STORE"] = folder
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    store = Store(folder)
    warming.hold(folder, snapshot)
    ledger = IssueDesk(store).attach(open_ledger(store, WARMER, snapshot_id=snapshot))
    told: set[str] = set()
    for step in steps(ledger, questions):
        with suppress(Exception):  # what no longer makes sense is asked by whoever wants it
            step()
        found = answers.answered(snapshot, told)
        told |= found.keys()
        if found:
            pickle.dump(found, out, protocol=5)
            out.flush()


if __name__ == "__main__":
    main()
