"""The server listens before it imports what it computes with, and its first numbers wait for nothing that later pages need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from analytics.settings import ROOT
from analytics.store import Store
from pages.common import answers, opening, warming
from tests.pages.test_pages import open_page

HEAVY = ("pandas", "ibis", "scipy", "sklearn")
#: What only later pages, imports and exports compute with.
LATER = ("scipy.special", "scipy.stats", "sklearn", "statsmodels", "analytics.ingest.readers")


@pytest.mark.parametrize(
    ("imported", "not_needed"),
    [("pages.entrance.serving", HEAVY), ("pages.common.drawing, pages.common.frame, pages.common.warming", LATER)],
    ids=["listening", "first numbers"],
)
def test_starting_loads_nothing_that_it_does_not_need(imported: str, not_needed: tuple[str, ...]) -> None:
    code = f"import {imported}, sys; print([m for m in {not_needed} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert told.stdout.strip() == "[]", told.stderr[-2000:]


def test_what_the_first_numbers_ask_has_been_asked_before(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    answers._kept.clear()
    ledger = warming._opened(demo_store)  # with the types, where another test has had them found
    opening.ask_first(ledger)
    before = set(answers._kept[ledger.snapshot.id])
    assert len(before) == len(opening.OFFERED) + 2
    app = open_page("overview", demo_store, monkeypatch)
    assert len(app.metric) == len(opening.FIVE)
    asked = answers._kept[ledger.snapshot.id]
    assert {k for k in asked if ".values_of(" in k or f"(({opening.FIVE}, " in k} == before


def test_preparing_ends_with_its_server() -> None:
    child = "import sys; from pages.common.preparing import end_with; end_with(int(sys.argv[1]))"
    server = f"import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}, str(os.getpid())])"
    # The child holds the server's output open: this returns when both have ended, or not in time.
    ended = subprocess.run([sys.executable, "-c", server], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert not ended.stderr
