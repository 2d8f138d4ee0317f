"""A workbook is read in a process of its own: what ends that process is a refusal in words, and nothing else ends."""

from __future__ import annotations

import dataclasses
import random
import re
from pathlib import Path

import pytest

from analytics import confined
from analytics.ingest import RefusedFile, workbooks
from analytics.ingest.readers import read_file
from analytics.settings import load_settings
from analytics.untrusted import reader, web, xlsx
from tests.ingest.books import book
from tests.trust.test_fuzz import edited, sheet
from tests.trust.workbook_mutations import CHANGES, SEED, STRINGS, packed, parts_of, run

PAGE = "<table><tr><th>工单编号<th>受理时间<th>诉求内容<tr><td>A1<td>2026-05-01<td>内容</table>".encode()
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
    assert [Path(a[0]).name for a in asked] == [Path(reader.__file__).name]


def test_the_xml_of_sheets_is_searched_in_that_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that a body makes long would stop every reader's page, for it holds the interpreter."""

    def refuse(*_: object) -> None:
        raise AssertionError("the server looks through a sheet")

    for searching in ("beside_values", "sheet_parts", "formats", "blocks_of_rows"):
        monkeypatch.setattr(xlsx, searching, refuse)
    monkeypatch.setattr(reader, "beside_values", refuse)
    for parsing in ("page", "spreadsheet_2003"):
        monkeypatch.setattr(web, parsing, refuse)
    (read,) = read_file("台账.xlsx", book([ROW] * 3), load_settings())
    assert len(read.rows) == 4
    (read,) = read_file("台账.xls", PAGE, load_settings())
    assert len(read.rows) == 2


@pytest.mark.parametrize("body", ["<c " * 20_000, "hidden" + "<row " * 20_000, "<c><f>" * 20_000])
def test_a_body_of_open_tags_is_told_in_words(body: str) -> None:
    with pytest.raises(RefusedFile):
        read_file("坏.xlsx", edited({"xl/worksheets/sheet1.xml": sheet(body)}), load_settings())


def test_no_pattern_for_tags_looks_past_the_next_one() -> None:
    """What looks on from every tag to the end of the sheet takes the square of its length."""
    patterns = [p.pattern for p in vars(xlsx).values() if isinstance(p, re.Pattern)]
    of_tags = [p.decode() if isinstance(p, bytes) else p for p in patterns]
    assert any("[^<>]*" in p for p in of_tags)
    assert not [p for p in of_tags if "[^>]" in p or re.search(r"\.[*+]", p)]


def test_spans_that_fill_a_table_from_a_few_tags_are_refused() -> None:
    spans = '<td rowspan="9999" colspan="9999">x</td>' * 400
    with pytest.raises(RefusedFile, match="表外"):
        read_file("大.xls", f"<table><tr>{spans}</tr></table>".encode(), load_settings())


@pytest.mark.parametrize("content", [b"<table>" * 50_000, b"<table><tr><td>" * 20_000, b"<div hidden>" * 50_000])
def test_a_page_of_open_tags_ends_in_words_or_rows(content: bytes) -> None:
    try:
        ended = [sheet.rows[:] for sheet in read_file("页.xls", content, load_settings())]
    except RefusedFile as error:
        ended = [error.reason]
    assert all(ended)
