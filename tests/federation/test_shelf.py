"""Exchange files are kept one a district and period, whole, and by who may import."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from analytics.federation import Exchange, Shelf, make, written
from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.store import Store, StoreError
from analytics.store.audit import AuditLog
from analytics.viewer import LEADER, NotAllowed, Viewer

AUGUST = Slice(dt.date(2026, 8, 1), dt.date(2026, 8, 31))


@pytest.fixture(scope="module")
def exchange(demo_ledger: Ledger) -> Exchange:
    return make(demo_ledger, "东区/../../<b>", AUGUST)


def test_a_later_file_of_a_district_and_period_takes_the_place(exchange: Exchange, tmp_path: Path) -> None:
    shelf = Shelf(Store(tmp_path))
    marks = [shelf.mark]
    for one in (exchange, replace(exchange, district="西区"), replace(exchange, snapshot="S000009-202601010000")):
        assert shelf.put("a.json", written(one)) == one
        marks.append(shelf.mark)
    kept, damaged = shelf.contents()
    assert [(e.district, e.snapshot) for e in kept] == [
        (exchange.district, "S000009-202601010000"),
        ("西区", exchange.snapshot),
    ]
    assert damaged == []
    assert {p.parent for p in tmp_path.rglob("*.json")} == {tmp_path / "federation"}
    shelf.remove(exchange)
    assert [e.district for e in shelf.contents()[0]] == ["西区"]
    assert len({*marks, shelf.mark}) == 5
    told = [(e.act, e.target) for e in AuditLog(tmp_path).entries()]
    assert told.count(("import", exchange.district)) == 3


def test_a_file_that_was_spoiled_is_said_and_not_counted(exchange: Exchange, tmp_path: Path) -> None:
    shelf = Shelf(Store(tmp_path))
    shelf.put("a.json", written(exchange))
    path = next((tmp_path / "federation").glob("*.json"))
    said = json.loads(path.read_bytes())
    said["cells"][0][3] = 999_999
    path.write_text(json.dumps(said), "utf-8")
    kept, damaged = shelf.contents()
    assert kept == []
    assert "校验和不符" in damaged[0].fault


def test_only_who_may_import_puts_and_removes(exchange: Exchange, tmp_path: Path) -> None:
    shelf = Shelf(Store(tmp_path), Viewer("甲", LEADER))
    with pytest.raises(NotAllowed):
        shelf.put("a.json", written(exchange))
    with pytest.raises(NotAllowed):
        shelf.remove(exchange)
    with pytest.raises(StoreError, match=r"^坏的\.json："):
        Shelf(Store(tmp_path)).put("坏的.json", b"{}")
    assert not (tmp_path / "federation").exists()
