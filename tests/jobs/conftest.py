"""A store whose settings a test writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.store import Store
from analytics.store.files import write_whole

Settle = Callable[[str], Store]


@pytest.fixture
def settled(tmp_path: Path) -> Settle:
    """Return what writes a store's settings; IN and OUT in them are folders outside the store."""
    (tmp_path / "store").mkdir()
    (tmp_path / "in").mkdir()

    def write(text: str) -> Store:
        text = text.replace("IN", str(tmp_path / "in")).replace("OUT", str(tmp_path / "out"))
        write_whole(tmp_path / "store" / "settings.toml", text.encode())
        return Store(tmp_path / "store")

    return write
