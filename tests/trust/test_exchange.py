"""One hostile exchange file is refused at the door; one that lies there already is named and can be taken away."""

from __future__ import annotations

import hashlib
import json
import random
import re
from pathlib import Path

import pytest

from analytics.federation import Shelf, combine, make, read, written
from analytics.ledger import Ledger
from analytics.store import Store, StoreError
from tests.federation.test_shelf import AUGUST
from tests.trust.mutations import FEW, exchange_file


@pytest.fixture(scope="module")
def good(demo_ledger: Ledger) -> dict:
    return json.loads(written(make(demo_ledger, "东区", AUGUST)))


def packed(said: dict) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()


def with_cell(good: dict, place: int, value: object) -> dict:
    first = next(i for i, cell in enumerate(good["cells"]) if cell[2] and cell[3] is not None)
    cells = [list(cell) for cell in good["cells"]]
    cells[first][place] = value
    return good | {"cells": cells}


WRONG = {
    "empty": lambda g: g | {"cells": [], "sketches": []},
    "all hidden": lambda g: g | {"cells": [[*c[:3], None, None] for c in g["cells"]], "sketches": []},
    "month 99": lambda g: with_cell(g, 2, "2026-99-01"),
    "month 0": lambda g: with_cell(g, 2, "2026-00-01"),
    "another year": lambda g: with_cell(g, 2, "2025-08-01"),
    "negative": lambda g: with_cell(g, 3, -1),
    "much too large": lambda g: with_cell(g, 3, 10**15),
    "400 digits": lambda g: with_cell(g, 3, 10**400),
    "text": lambda g: with_cell(g, 3, "1"),
    "blank module": lambda g: with_cell(g, 1, " "),
    "no definition": lambda g: with_cell(g, 0, "unheard_of"),
    "blank district": lambda g: g | {"district": "   "},
    "unseen letters": lambda g: g | {"district": "东\u200b区"},
    "padded district": lambda g: g | {"district": " 东区"},
    "the city's name": lambda g: g | {"district": "全市"},
    "the wrong way round": lambda g: g | {"from": g["to"], "to": g["from"]},
    "another kind of snapshot": lambda g: g | {"snapshot": "![x](http://evil)"},
    "more": lambda g: g | {"more": 1},
    "an empty sketch": lambda g: g | {"sketches": [[*g["sketches"][0][:3], []]]},
    "sketches of counts": lambda g: g | {"sketches": [["demand", "", "", [[1, 1, 1]]]]},
}


@pytest.mark.parametrize("which", WRONG)
def test_a_hostile_file_is_refused_at_the_door(good: dict, which: str, tmp_path: Path) -> None:
    shelf = Shelf(Store(tmp_path))
    shelf.put("好.json", packed(good))
    with pytest.raises(StoreError, match=r"^坏\.json：.*[一-龥]{4}"):
        shelf.put("坏.json", packed(WRONG[which](good)))
    kept, damaged = shelf.contents()
    assert ([e.district for e in kept], damaged) == (["东区"], [])


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity", "9" * 400, "9" * 5000])
def test_numbers_that_are_none_are_refused(good: dict, number: str) -> None:
    text = packed(with_cell(good, 3, 987654321)).replace(b"987654321", number.encode())
    with pytest.raises(StoreError, match=r"^a\.json："):
        read("a.json", text)


@pytest.mark.parametrize("which", ["empty", "month 99", "another year", "400 digits", "blank module", "text"])
def test_one_that_lies_there_already_is_named_and_taken_away(good: dict, which: str, tmp_path: Path) -> None:
    """An older program took it: its name ends in the checksum of its content."""
    shelf, content = Shelf(Store(tmp_path)), packed(WRONG[which](good))
    shelf.put("好.json", packed(good))
    bad = shelf.folder / f"2026-08-01_2026-08-31_x_{hashlib.blake2b(content, digest_size=8).hexdigest()}.json"
    bad.write_bytes(content)
    kept, damaged = shelf.contents()
    assert [e.district for e in kept] == ["东区"] or which == "text"
    combine([e for e in kept if e.district == "东区"][:1])
    if which != "text":
        assert [d.file for d in damaged] == [bad.name]
    shelf.remove_file(bad.name)
    assert not bad.exists()
    for name in ("../../x", "none.json"):
        with pytest.raises(StoreError, match="没有这个文件"):
            shelf.remove_file(name)


def test_mutated_files_are_added_up_or_refused(good: dict, tmp_path: Path) -> None:
    rng, ends = random.Random(23), set()
    small = good | {"cells": good["cells"][:60], "sketches": good["sketches"][:6]}
    for _ in range(FEW):
        ends.add(_end(exchange_file(rng, small), Shelf(Store(tmp_path))))
    assert ends == {"kept", "refused"}


def _end(content: bytes, shelf: Shelf) -> str:
    try:
        shelf.put("变.json", content)
    except StoreError as error:
        return "refused" if re.search("[一-龥]{4}", str(error)) else f"without words: {error}"
    kept, damaged = shelf.contents()
    assert damaged == []
    for exchange in kept:
        combine([exchange])
        shelf.remove(exchange)
    return "kept"
