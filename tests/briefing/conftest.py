"""One week's briefing of the demo ledger, written once in every form."""

from __future__ import annotations

import pytest

from analytics.briefing.compose import Request
from analytics.briefing.facts import Briefing
from analytics.briefing.office import Office
from analytics.briefing.period import parse
from analytics.demo import DemoLedger
from analytics.demo.generate import write_store
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.remedies.sample import place_cards
from analytics.store import Store
from tests.conftest import AS_OF

WEEK = Request(parse("2026-W47"), recipient="区政府办", secrecy="内部", number="雁企服〔2026〕47号", signer="某某")


@pytest.fixture(scope="session")
def office(demo: DemoLedger, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A store of its own, types found and the demo's cards on its board: deliveries and edits leave the other tests' store alone."""
    store = Store(tmp_path_factory.mktemp("office"))
    write_store(store, demo, AS_OF)
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    ledger = desk.attach(open_ledger(store))
    assert place_cards(store, ledger, desk.findings(ledger)) >= 6
    return Office(store)


@pytest.fixture(scope="session")
def week(office: Office) -> Briefing:
    return office.compose(WEEK)


@pytest.fixture(scope="session")
def month(office: Office) -> Briefing:
    return office.compose(Request(parse("2026-10")))
