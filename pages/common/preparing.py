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

from analytics.briefing.compose import Request
from analytics.briefing.period import last_whole
from analytics.issues import IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.store import Store
from analytics.viewer import Viewer
from pages.common import answers, asking, discovered, frame, mechanisms, opening, remedied, warming
from pages.common.remembered import ask_briefing
from pages.common.warming import WARMER
from pages.entrance.who import VIEWER
from pages.navigation.places import PLACES, RESERVED, Place

#: Seconds that a page may take.
PATIENCE = 120


def first_questions(ledger: Ledger) -> Iterator[Callable[[], object]]:
    """Return what pages ask first of a ledger, the dearest of it."""
    view = opening.first_view(ledger)
    slice, basis = view.slice, view.basis
    found = asking.findings(ledger)
    yield lambda: opening.ask_first(ledger)
    yield lambda: asking.ask_findings(ledger, slice)
    if found is not None:
        yield lambda: discovered.ask_alarms(ledger, found.token)
        yield lambda: discovered.ask_watched(ledger, "issue_problem")
        yield lambda: discovered.ask_watched(ledger, "issue_type")
        yield lambda: discovered.ask_measured(ledger, basis, "issue_type")
        yield lambda: remedied.ask_waiting(ledger, found)
        yield lambda: remedied.ask_effects(ledger, found)
    yield lambda: mechanisms.ask_consult_effect(ledger, slice)
    yield lambda: mechanisms.ask_variants(ledger, slice)
    yield lambda: mechanisms.ask_milestones(ledger)
    yield lambda: asking.ask_forecast(ledger, slice)
    yield lambda: ask_briefing(ledger, Request(last_whole("week", ledger.as_of)), found.token if found else "")


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
    """Return what is to be asked, the most wanted first: the dearest questions, each page, what was asked of the last snapshot."""
    found = asking.findings(ledger)
    yield from first_questions(ledger)
    for place in PLACES:
        if place.file not in RESERVED:
            yield lambda place=place: opened(place)
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
