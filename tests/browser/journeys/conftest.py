"""Stores and sites that the journeys share: a demo with types found and cards on the board, real messages with types."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.remedies.sample import place_cards
from analytics.store import Store
from tests.browser.conftest import serving


@pytest.fixture(scope="session")
def found_store(demo_found: IssueDesk, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The demo with types found and the demo's cards on the board, in a folder of its own."""
    folder = tmp_path_factory.mktemp("journeys") / "store"
    shutil.copytree(demo_found.store.folder, folder)
    store = Store(folder)
    desk = IssueDesk(store)
    ledger = desk.attach(open_ledger(store))
    assert place_cards(store, ledger, desk.findings(ledger)) >= 6
    return store


@pytest.fixture(scope="session")
def found_site(found_store: Store) -> Iterator[str]:
    with serving(found_store.folder) as address:
        yield address


@pytest.fixture(scope="session")
def messages_store(real_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The real messages with their types found, in a folder of its own."""
    folder = tmp_path_factory.mktemp("messages") / "store"
    shutil.copytree(real_store.folder, folder)
    IssueDesk(Store(folder)).discover(open_ledger(Store(folder)))
    return Store(folder)


@pytest.fixture(scope="session")
def messages_site(messages_store: Store) -> Iterator[str]:
    with serving(messages_store.folder) as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a picture of a failed journey is kept."""
    return tmp_path
