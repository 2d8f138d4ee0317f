"""Every page and the core of every task on a desk, a tablet and a phone: the menu leads there, nothing sticks out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from analytics.store import Store
from tests.browser.journeys import sight
from tests.browser.journeys.journey import MENU, PATIENCE, PHONE, TABLET, WIDE, travelled
from tests.browser.journeys.oracle import Oracle
from tests.browser.journeys.test_tasks import open_row

#: The words a person sees: not those of a label shrunk to nothing.
VISIBLE = """() => [...document.querySelectorAll('[data-testid="stMain"] *')]
  .filter(e => e.children.length === 0 && parseFloat(getComputedStyle(e).fontSize) > 0 && e.offsetParent
    && !getComputedStyle(e).fontFamily.includes('Material'))
  .map(e => e.textContent).join(' ')"""
ENGLISH = (
    "Upload", "Browse", "Drag and drop", "No results", "Choose", "Select", "Running", "error", "None", "nan", "NaT",
)  # fmt: skip
WIDTH = "() => document.querySelector('[data-testid=\"stMain\"]').scrollWidth"


@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=["desk", "tablet", "phone"])
def test_every_page_and_the_way_of_a_decision(
    size: tuple[int, int], browser: Browser, found_site: str, found_store: Store, folder: Path
) -> None:
    with travelled(browser, found_site, folder, size) as journey:
        journey.open("/")
        wide, narrow = (journey.page.locator(m).is_visible() for m in MENU)
        assert (wide, narrow) == (size[0] > 820, size[0] <= 820)
        for title in journey.titles():
            journey.menu(title)
            assert journey.page.evaluate(WIDTH) <= size[0], f"{title} is wider than the window"
            text = journey.page.evaluate(VISIBLE)
            assert [word for word in ENGLISH if word in text] == [], title
        journey.menu("总览")
        first = sight.numbers(journey.page)
        way = next(x for x in sight.links(journey.page) if x.label.startswith("看工单（"))
        journey.follow(sight.located(journey.page, way))
        assert journey.listed() == way.promised == Oracle(found_store).cases(journey.address)
        open_row(journey, 0)
        journey.back()
        journey.back()
        assert sight.numbers(journey.page) == first
        journey.menu("一类问题")
        kind = next(x for x in sight.links(journey.page) if "type" in x.query)
        journey.follow(sight.located(journey.page, kind))
        name = journey.page.get_by_role("heading", level=3).first.inner_text()
        journey.link(re.compile("看统计期内的这些工单"))
        assert journey.listed() == Oracle(found_store).cases(journey.address)
        journey.back()
        expect(journey.page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=PATIENCE)
