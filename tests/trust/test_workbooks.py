"""A workbook is read in a process of its own: what ends that process is a refusal in words, and nothing else ends."""

from __future__ import annotations

import dataclasses
import random
import re
from pathlib import Path

import pytest

from analytics import confined
from analytics.ingest import RefusedFile, apart, workbooks
from analytics.ingest.readers import read_file
from analytics.settings import load_settings
from tests.ingest.books import book
from tests.trust.test_fuzz import edited, sheet
from tests.trust.workbook_mutations import CHANGES, SEED, STRINGS, packed, parts_of, run

ROW = ["A1", "2024.7.5", "x", "金融服务", "甲局", None, "满意"]


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_a_workbooks_structure_is(seed: int) -> None:
    """A hundred a seed; `python -m tests.trust.workbook_mutations 5000` tries more (see docs/trust.md)."""
    ends = run(100, seed)
    assert sum(ends.values()) == 100
    assert min(ends["refused"], ends["read"]) > 10


def test_every_change_changes_something() -> None:
    untouched = parts_of(SEED)
    for change in CHANGES:
        changed = []
        for number in range(20):
            parts = dict(untouched)
            change(random.Random(number), parts)
            changed.append(parts)
        assert any(parts != untouched for parts in changed), change.__name__


def test_a_count_of_four_billion_texts_ends_nothing_else() -> None:
    parts = parts_of(SEED)
    assert b"uniqueCount=" in parts[STRINGS]
    parts[STRINGS] = re.sub(rb'uniqueCount="\d+"', b'uniqueCount="4000000000"', parts[STRINGS])
    with pytest.raises(RefusedFile, match="限度"):
        read_file("多.xlsx", packed(random.Random(0), parts), load_settings())


@pytest.mark.parametrize(
    ("limit", "message"),
    [({"memory": 300 << 20}, "限度"), ({"patience": 0}, "太久"), ({"output": 1000}, "Excel"), ({"seconds": 1}, "限度")],
)
def test_what_goes_beyond_a_limit_is_refused(
    limit: dict[str, int], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "BOUNDS", dataclasses.replace(workbooks.BOUNDS, **limit))
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1000000"><c r="AX1000000"><v>1</v></c></row>'
    if "seconds" in limit:
        cells = '<row r="1">' + '<c r="A1"><v>1</v></c>' * 3_000_000 + "</row>"
    many = edited({"xl/worksheets/sheet1.xml": sheet(cells)})
    with pytest.raises(RefusedFile, match=message):
        read_file("大.xlsx", many, load_settings())


def test_an_honest_workbook_stays_well_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    run_within = confined.run
    monkeypatch.setattr(confined, "run", lambda *a: asked.append(a) or run_within(*a))
    (read,) = read_file("台账.xlsx", book([ROW] * 100), load_settings())
    assert len(read.rows) == 101
    assert [Path(a[0]).name for a in asked] == [Path(apart.__file__).name]
