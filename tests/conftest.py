"""Stores that many tests share: the demo ledger (small), and the real messages."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from analytics.demo import DemoLedger, generate, write_store
from analytics.issues import IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.settings import ROOT, load_settings
from analytics.store import Store

#: No example fails for the time it took (load is no fault), and every run tries the same ones: a commit passes or not.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
#: Looks for new examples, at length: HYPOTHESIS_PROFILE=search python -m pytest tests/ingest
settings.register_profile("search", settings.get_profile("calm"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "calm"))

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
#: Servers that tests start do no jobs; a test of jobs asks for them.
os.environ.setdefault("INSIGHT_JOBS", "off")
REAL = ROOT.parent / "shared" / "real"


@pytest.fixture(scope="session")
def demo() -> DemoLedger:
    """A demo ledger of about 6,000 cases."""
    return generate(AS_OF, cases=6000, enterprises=800)


@pytest.fixture(scope="session")
def demo_store(demo: DemoLedger, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("demo"))
    write_store(store, demo, AS_OF)
    return store


@pytest.fixture(scope="session")
def demo_ledger(demo_store: Store) -> Ledger:
    return open_ledger(demo_store)


@pytest.fixture(scope="session")
def demo_found(demo_store: Store, demo_ledger: Ledger) -> IssueDesk:
    """The desk of the demo store, types and problems found."""
    desk = IssueDesk(demo_store)
    desk.discover(demo_ledger)
    return desk


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """The folder of real messages; absent on a plain clone, never silently under CI."""
    if not REAL.exists():
        if os.environ.get("CI"):
            pytest.fail("the real messages (../shared/real) must be there under CI")
        pytest.skip("the real messages (../shared/real) are not on this machine")
    return REAL


@pytest.fixture(scope="session")
def real_store(real_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store into which messages_with_replies.xlsx was imported as it is."""
    from analytics import ingest

    store, settings = Store(tmp_path_factory.mktemp("real")), load_settings()
    file = real_folder / "messages_with_replies.xlsx"
    plans = ingest.plan_files([(file.name, file.read_bytes())], settings)
    ingest.run_import(store, plans, settings, AS_OF)
    return store
