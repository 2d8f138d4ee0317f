"""Take the screenshots of the manual: `make screenshots`.

Runs the dashboard on a demo ledger of a fixed day and photographs every page, wide and on a
phone, so that the pictures of the manual are always those of the code beside them.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analytics.demo import generate, write_store
from analytics.federation import Shelf, make, written
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.metrics import Slice, period
from analytics.remedies.cards import CardBook
from analytics.remedies.sample import place_cards
from analytics.store import Store
from tests.browser import chromium
from tests.browser.conftest import serving

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
IMAGES = Path(__file__).resolve().parent / "images"
PAGES = {
    "overview": "",
    "load": "demand-load",
    "sla": "time-limits?period=this_quarter",
    "satisfaction": "ratings?period=this_quarter",
    "loop": "closed-loop?period=this_quarter",
    "teams": "teams-rota",
    "items": "service-list?period=this_year",
    "reform": "reform-plan?period=this_year",
    "issues": "recurring",
    "issue": "recurring?type=T0001",
    "remedies": "remedies-board",
    "remedy": "remedies-board?card={card}",
    "explore": "exploration?find=房租减免",
    "triage": "suggestions",
    "briefing": "briefings",
    "cases": "case-list?metric=overdue_open&sort=overdue_days",
    "city": "city-view",
    "data": "ledger",
    "administration": "system",
    "glossary": "definitions",
}
WIDE, PHONE = (1440, 900), (390, 844)


def photograph(page: Page, address: str, path: Path, size: tuple[int, int]) -> None:
    """Photograph a page from its top once everything on it stands."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    page.wait_for_selector("h1")
    for _ in range(3):  # a page that fills in parts is quiet for a moment in between
        for busy in ("stStatusWidget", "stSpinner", "stSkeleton"):
            page.wait_for_function(f"() => !document.querySelector('[data-testid=\"{busy}\"]')")
        page.wait_for_timeout(1500)
    page.screenshot(path=path)


def taken_up(store: Store) -> str:
    """Find the types, put the demo's cards on the board, and return one whose remedy is being evaluated."""
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    ledger = desk.attach(open_ledger(store))
    found = desk.findings(ledger)
    assert found is not None
    place_cards(store, ledger, found)
    return next(c.id for c in CardBook(store).cards() if c.stage == "evaluating")


def received(store: Store, folder: Path) -> None:
    """Put the exchange files of three invented districts on the shelf."""
    last_month = Slice(*period("last_month", open_ledger(store).as_of))
    for district, cases in (("甲区", 4000), ("乙区", 9000), ("丙县", 2500)):
        other = Store(folder / district)
        write_store(other, generate(AS_OF, cases=cases, enterprises=cases // 8), AS_OF)
        Shelf(store).put(f"{district}.json", written(make(open_ledger(other), district, last_month)))


def main() -> None:
    """Write docs/images/NAME.png (wide) and NAME-phone.png."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        write_store(Store(folder), generate(AS_OF), AS_OF)
        card = taken_up(Store(folder))
        with tempfile.TemporaryDirectory() as others:
            received(Store(folder), Path(others))
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.ARGUMENTS))
        page = browser.new_context(locale="zh-CN").new_page()
        with serving(Path(folder)) as site:
            photograph(page, site, IMAGES / "overview.png", WIDE)  # the first visit warms everything up
            for name, address in PAGES.items():
                photograph(page, f"{site}/{address.format(card=card)}", IMAGES / f"{name}.png", WIDE)
            for name in ("overview", "sla"):
                photograph(page, f"{site}/{PAGES[name]}", IMAGES / f"{name}-phone.png", PHONE)
        browser.close()


if __name__ == "__main__":
    main()
