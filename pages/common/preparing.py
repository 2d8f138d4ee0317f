"""Asks a new snapshot in a process of its own what people ask: `python -m pages.common.preparing` (see warming).

A pickle of (store, snapshot, questions) on standard input, a pickle of the
answers on standard output.
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

from analytics.briefing.compose import Request
from analytics.briefing.period import last_whole
from analytics.issues import IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.store import Store
from pages.common import answers, asking, discovered, mechanisms, opening, remedied
from pages.common.remembered import ask_briefing
from pages.common.warming import WARMER


def first_questions(ledger: Ledger) -> Iterator[Callable[[], object]]:
    """Return what pages ask first of a ledger, the dearest of it."""
    view = opening.first_view(ledger)
    slice, basis = view.slice, view.basis
    found = asking.findings(ledger)
    yield lambda: opening.ask_first(ledger)
    yield lambda: asking.ask_findings(ledger, slice)
    if found is not None:
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


def again(ledger: Ledger, token: str, questions: list[tuple[str, tuple, dict]]) -> None:
    """Ask the ledger what was asked of the one before it."""
    here = {answers.HERE: ledger, answers.TYPES: token}
    for name, given, more in questions:
        module, _, function = name.rpartition(".")
        asked = tuple(here[g] if isinstance(g, str) and g in here else g for g in given)
        with suppress(Exception):  # a question that no longer makes sense is asked by whoever wants it
            getattr(importlib.import_module(module), function)(*asked, **more)


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
    ledger = IssueDesk(store).attach(open_ledger(store, WARMER, snapshot_id=snapshot))
    found = asking.findings(ledger)
    for ask in first_questions(ledger):
        with suppress(Exception):
            ask()
    again(ledger, found.token if found else "", questions)
    pickle.dump(answers.answered(snapshot), out, protocol=5)


if __name__ == "__main__":
    main()
