"""Servers that the tests of sources start, and a store to take into."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.store import Store
from tests.sources import servers


def needed(found: object, what: str) -> None:
    """Skip with a plain reason where something cannot be had; fail under CI, where it must be there."""
    if not found:
        said = f"{what} is not on this machine (make databases)"
        pytest.fail(said) if os.environ.get("CI") else pytest.skip(said)


@pytest.fixture(scope="session")
def postgresql_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    needed(servers.postgres(), "PostgreSQL")
    needed(importlib.util.find_spec("psycopg"), "psycopg")
    with servers.postgresql_running(tmp_path_factory.mktemp("pg")) as port:
        yield port


@pytest.fixture(scope="session")
def mariadb_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    needed(servers.mariadb(), "MariaDB")
    needed(importlib.util.find_spec("pymysql"), "PyMySQL")
    with servers.mariadb_running(tmp_path_factory.mktemp("maria")) as port:
        yield port


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "store").mkdir()
    return Store(tmp_path / "store")
